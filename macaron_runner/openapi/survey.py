"""A document taken apart: every object of it by kind, references followed, each object once.

The table says which kind stands where, so that a property called "default" is never taken for the keyword,
nor an example for a schema. Not for judging what it finds (rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.document import Document, Pointer
from macaron_runner.openapi.normalise import (
    DEFINITION_KEYWORDS,
    DIALECTS,
    SCHEMA_KEYWORDS,
    SCHEMA_LIST_KEYWORDS,
    SCHEMA_MAP_KEYWORDS,
)
from macaron_runner.openapi.reading import METHODS, Endpoint, endpoints_of, parameters_of
from macaron_runner.openapi.references import BrokenReference, Node, References

_Fields: TypeAlias = Mapping[str, str]

_Seen: TypeAlias = tuple[str, int | tuple[str, Pointer]]

_COMPONENTS: Final[_Fields] = {
    "schemas": "schema*",
    "responses": "response*",
    "parameters": "parameter*",
    "examples": "example*",
    "requestBodies": "body*",
    "headers": "header*",
    "links": "link*",
    "callbacks": "callback*",
    "pathItems": "path item*",
    "mediaTypes": "content*",
    "securitySchemes": "security scheme*",
}
_ENCODINGS: Final = {
    "encoding": "encoding*",
    "prefixEncoding": "encoding*",
    "itemEncoding": "encoding",
}
FIELDS: Final[Mapping[str, _Fields]] = {
    "document": {
        "paths": "path item*",
        "webhooks": "path item*",
        "components": "components",
        "definitions": "schema*",
        "parameters": "parameter*",
        "responses": "response*",
    },
    "components": _COMPONENTS,
    "path item": {"parameters": "parameter*", "additionalOperations": "operation*"}
    | dict.fromkeys(METHODS, "operation"),
    "operation": {
        "parameters": "parameter*",
        "requestBody": "body",
        "responses": "response*",
        "callbacks": "callback*",
    },
    "parameter": {"schema": "schema", "items": "items", "content": "content*", "examples": "example*"},
    "header": {"schema": "schema", "items": "items", "content": "content*", "examples": "example*"},
    "items": {"items": "items"},
    "body": {"content": "content*"},
    "content": {"schema": "schema", "itemSchema": "schema", "examples": "example*"} | _ENCODINGS,
    "encoding": {"headers": "header*"} | _ENCODINGS,
    "response": {"schema": "schema", "headers": "header*", "content": "content*", "links": "link*"},
    "schema": dict.fromkeys(SCHEMA_KEYWORDS, "schema")
    | dict.fromkeys(SCHEMA_LIST_KEYWORDS | SCHEMA_MAP_KEYWORDS | DEFINITION_KEYWORDS, "schema*"),
    "example": {},
    "link": {},
    "callback": {},
    "security scheme": {},
}
"""Kind -> field -> kind of what stands there; with a star, of the members of the map or list there."""


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
        self.references = References(document.files)
        self.broken: list[Diagnostic] = []
        self.lacks_parts = False
        self.outside: list[tuple[str, Node]] = []
        self.led_outside: list[tuple[Node, Node]] = []
        self._nodes: dict[str, list[Node]] = {}
        self._led: set[tuple[str, Pointer]] = set()
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
            pending += reversed(list(_parts(kind, node)))
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


def _parts(kind: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield kind and node of everything that stands directly in an object."""
    if kind == "callback":  # a map of path items by expression
        yield from (("path item", child) for _, child in node.fields())
        return
    fields = FIELDS[kind]
    for name in node.value:
        if name not in fields:
            continue
        child, member_kind = node.child(name), fields[name]
        if member_kind.endswith("*"):
            yield from ((member_kind[:-1], member) for _, member in child.fields())
            yield from ((member_kind[:-1], member) for member in child.elements())
        else:
            yield member_kind, child
            yield from ((member_kind, member) for member in child.elements())
