"""A document taken apart: every object of it by kind, references followed, each object once.

Not for which kind stands where (kinds), nor for judging what is found (rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.dialects import DIALECTS
from macaron_runner.openapi.document import Document, Place
from macaron_runner.openapi.kinds import parts_of
from macaron_runner.openapi.reading import Endpoint, endpoints_of, parameters_of
from macaron_runner.openapi.references import BrokenReference, Node, References

_Seen: TypeAlias = tuple[str, int | Place]


class Survey:
    """The objects of one document by kind, and the references in it that lead nowhere (`broken`).

    `lacks_parts` tells whether one of these should have led to more than a schema.

    `outside` are kind and node of what references lead to beyond the places where the document itself has objects of
    that kind: in another file, in an extension, in an example. `led_outside` are the places in other files that
    references lead to, each with the first reference to it.
    """

    def __init__(self, document: Document) -> None:
        self.specification = document.specification
        self.root = Node(document.source, (), document.tree)
        self.references = References(document)
        self.broken: list[Diagnostic] = []
        self.lacks_parts = False
        self.outside: list[tuple[str, Node]] = []
        self.led_outside: list[tuple[Node, Node]] = []
        self._nodes: dict[str, list[Node]] = {}
        self._led: set[Place] = set()
        self._explore()
        self.endpoints = tuple(endpoints_of(self.root, self.follow))

    def nodes(self, *kinds: str) -> Iterator[Node]:
        """Yield every map of these kinds ("schema", "parameter", …); references are not among them."""
        return (node for kind in kinds for node in self._nodes.get(kind, ()))

    def follow(self, node: Node) -> Node:
        """Return what stands at `node`, references followed; an empty map where one is broken."""
        try:
            return self.references.follow(node)
        except BrokenReference:
            return Node(node.file, node.pointer, {})

    def parameters(self, endpoint: Endpoint) -> list[Node]:
        """Return an operation's parameters, those of its path item among them."""
        return parameters_of(endpoint, self.follow)

    @property
    def security_schemes(self) -> Node:
        """The map of the security schemes, as they are written."""
        if self.specification == "2.0":
            return self.root.child("securityDefinitions")
        return self.root.child("components").child("securitySchemes")

    def _explore(self) -> None:
        seen: set[_Seen] = set()
        targets = self._explore_below("document", self.root, seen)
        for kind, node in targets:  # grows while it is walked
            if _seen_as(kind, node) not in seen:
                if node.reference is None or self._counts_beside_reference(kind):
                    self.outside.append((kind, node))
                targets += self._explore_below(kind, node, seen)

    def _explore_below(self, kind: str, node: Node, seen: set[_Seen]) -> list[tuple[str, Node]]:
        """Keep every object from here down; return kind and node of what the references among them lead to."""
        pending, targets = [(kind, node)], []
        while pending:
            kind, node = pending.pop()
            key = _seen_as(kind, node)
            if key in seen:
                continue
            seen.add(key)
            if not isinstance(node.value, dict):
                continue
            if node.reference is not None:
                targets += self._target(kind, node)
                if not self._counts_beside_reference(kind):
                    continue
            self._nodes.setdefault(kind, []).append(node)
            pending += reversed(list(parts_of(kind, node)))
        return targets

    def _counts_beside_reference(self, kind: str) -> bool:
        """Tell whether keywords beside a `$ref` count."""
        return kind == "schema" and DIALECTS[self.specification].reference_siblings

    def _target(self, kind: str, node: Node) -> list[tuple[str, Node]]:
        try:
            self.references.follow(node)
            target = self.references.step(node)
            if target.file is not node.file and target.place not in self._led:
                self._led.add(target.place)
                self.led_outside.append((target, node))
            return [(kind, target)]
        except BrokenReference as error:
            self.broken.append(error.diagnostic)
            self.lacks_parts |= kind != "schema"
            return []


def _seen_as(kind: str, node: Node) -> _Seen:
    """Return what an object is known by: itself, so that YAML's aliases of it are not taken apart again."""
    return kind, id(node.value) if isinstance(node.value, dict) else node.place
