"""Where a `$dynamicRef` leads: to the schema that whoever referred here put in the place of the anchor it names.

    Page:  {"items": {"$dynamicRef": "#item"}, "$defs": {"any": {"$dynamicAnchor": "item"}}}
    Users: {"$ref": "Page", "$defs": {"of": {"$dynamicAnchor": "item", "$ref": "User"}}}     a page of users

Each way of reaching such a schema makes a schema of its own of it, so that afterwards there are plain references only:
checks are compiled from them, and models are classes. How many there may be is bounded elsewhere (definitions). JSON
Schema 2020-12 core, sections 8.2.3.2 and 7.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from macaron_runner.openapi.document import Place
from macaron_runner.openapi.kinds import DEFINITION_KEYWORDS, parts_of
from macaron_runner.openapi.references import BrokenReference, Node, References


class Scope(NamedTuple):
    """What the dynamic anchors mean on one way to a schema: the outermost schema of each name on that way.

    `key` tells this scope from others.
    """

    anchors: Mapping[str, Node]
    key: tuple[tuple[str, Place], ...]

    @classmethod
    def of(cls, anchors: Mapping[str, Node]) -> Scope:
        """Return the scope in which names mean these schemas."""
        return cls(anchors, tuple((name, anchors[name].place) for name in sorted(anchors)))


NOWHERE: Final = Scope({}, ())
"""The scope where no dynamic anchor matters."""


class DynamicScopes:
    """Follows the dynamic references of one document."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._mentioned: dict[Place, tuple[frozenset[str], tuple[Node, ...]]] = {}

    def entered(self, scope: Scope, node: Node) -> Scope:
        """Return the scope inside a schema reached from another: what is outermost stays, what matters not goes."""
        own = self._references.resources.of(node).dynamic
        if not own and not scope.anchors:
            return NOWHERE
        anchors = {**own, **scope.anchors}
        matter = self._matter(node)
        found = {name: anchors[name] for name in anchors if name in matter}
        return Scope.of(found) if found else NOWHERE

    def target(self, scope: Scope, node: Node) -> Node:
        """Return the schema to which a `$dynamicRef` leads. Raises BrokenReference."""
        text = node.text("$dynamicRef")
        found = self._references.step(_as_reference(node))
        name = text.partition("#")[2]
        return scope.anchors.get(name, found) if found.text("$dynamicAnchor") == name else found

    def _matter(self, node: Node) -> frozenset[str]:
        """Return the names of the dynamic anchors on which it depends, somewhere, what a schema is."""
        names: set[str] = set()
        seen: set[Place] = set()
        pending = [node]
        while pending:
            schema = pending.pop()
            if schema.place not in seen:
                seen.add(schema.place)
                mentioned, targets = self._mentions(schema)
                names |= mentioned
                pending += targets
        return frozenset(names)

    def _mentions(self, node: Node) -> tuple[frozenset[str], tuple[Node, ...]]:
        """Return the dynamic anchors that a schema names itself, and the schemas to which it refers."""
        if node.place not in self._mentioned:
            names: set[str] = set()
            targets: list[Node] = []
            for schema in _inside(node):
                name = schema.text("$dynamicRef").partition("#")[2]
                if name:
                    names.add(name)
                    targets += self._references.resources.dynamic(name)
                targets += self._targets(schema)
            self._mentioned[node.place] = frozenset(names), tuple(targets)
        return self._mentioned[node.place]

    def _targets(self, schema: Node) -> Iterator[Node]:
        for reference in (schema, _as_reference(schema)):
            if reference.reference:
                try:
                    yield self._references.step(reference)
                except BrokenReference:
                    continue  # told where it is followed


def _as_reference(node: Node) -> Node:
    """Return a node whose `$ref` is the `$dynamicRef` of this one."""
    return node._replace(value={"$ref": node.text("$dynamicRef")})


def _inside(node: Node) -> Iterator[Node]:
    """Yield a schema and all that stand in it, but those that only references reach."""
    pending = [node]
    while pending:
        schema = pending.pop()
        if isinstance(schema.value, dict):
            yield schema
            applied = {name: part for name, part in schema.value.items() if name not in DEFINITION_KEYWORDS}
            pending += [part for _, part in parts_of("schema", schema._replace(value=applied))]
