"""What a document refers to beyond itself, as a document of its own that can be held against the specification.

A published schema sees of a reference only its `$ref`: a path item in another file, or in an `x-…` section of the same
one, would go unchecked, and a misspelt `security` there leave its operation open. Not for following references
(references).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, Final, NamedTuple, TypeAlias

from macaron_runner.diagnostics import Location
from macaron_runner.openapi.definitions import safe_name
from macaron_runner.openapi.document import Document, File, Place, Pointer
from macaron_runner.openapi.kinds import DEFINITION_KEYWORDS, FIELDS
from macaron_runner.openapi.references import Node
from macaron_runner.openapi.survey import Survey

_Steps: TypeAlias = tuple[str, ...]

_SHELVES_2: Final[Mapping[str, _Steps]] = {
    "path item": ("paths",),
    "operation": ("paths",),
    "parameter": ("parameters",),
    "response": ("responses",),
    "schema": ("definitions",),
}
_SHELVES_3: Final[Mapping[str, _Steps]] = {
    "path item": ("paths",),
    "operation": ("paths",),
    "parameter": ("components", "parameters"),
    "response": ("components", "responses"),
    "schema": ("components", "schemas"),
    "body": ("components", "requestBodies"),
    "header": ("components", "headers"),
    "example": ("components", "examples"),
    "link": ("components", "links"),
    "callback": ("components", "callbacks"),
    "security scheme": ("components", "securitySchemes"),
}
_SHELVES_3_2: Final[Mapping[str, _Steps]] = {**_SHELVES_3, "content": ("components", "mediaTypes")}
"""Where a document keeps what references of each kind lead to."""

_SHELVES: Final[Mapping[str, Mapping[str, _Steps]]] = {"2.0": _SHELVES_2, "3.2": _SHELVES_3_2}

_OF_JSON_SCHEMA: Final = DEFINITION_KEYWORDS | {"$schema", "$id", "id"}
"""What a file that is a JSON Schema of its own may have beside the keywords of our specifications."""

_KEPT: Final = ("swagger", "openapi", "jsonSchemaDialect")


class Surroundings(NamedTuple):
    """What a document refers to beyond itself, as a document; and where what is in it really stands."""

    document: Document
    places: Mapping[_Steps, Node]

    def origin(self, pointer: Pointer) -> Place | None:
        """Return the file and the place in it of what stands at a pointer."""
        for length in (2, 3):
            node = self.places.get(tuple(map(str, pointer[:length])))
            if node is not None:
                return node.file.name, (*node.pointer, *pointer[length:])
        return None


def read_surroundings(document: Document, survey: Survey | None = None) -> Surroundings | None:
    """Return what the document's references lead to outside of it, or None where they lead nowhere else.

    It is a document of the same specification, and everything in it is located where it really stands. `survey` is the
    document taken apart, where somebody has done it already.
    """
    shelves = _SHELVES.get(document.specification, _SHELVES_3)
    places: dict[_Steps, Node] = {}
    outside = [(kind, node) for kind, node in (survey or Survey(document)).outside if kind in shelves]
    inside = _steps_inward(node for _, node in outside)
    for kind, node in outside:
        lodgers = inside[node.place] - FIELDS[kind].keys() | (_OF_JSON_SCHEMA if kind == "schema" else set())
        within = ("get",) if kind == "operation" else ()
        places[_free_place(places, shelves[kind], node, within)] = _without(node, lodgers)
    if not places:
        return None
    tree = _tree(document, places)
    source = File(document.source.path, document.file, tree, _locator(document, places))
    found = Document(document.file, tree, document.specification, source, document.files)
    return Surroundings(found, places)


def _free_place(taken: Mapping[_Steps, Node], shelf: _Steps, node: Node, within: _Steps) -> _Steps:
    """Return a place on a shelf, or `within` an object there."""
    name = f"/{safe_name(node.name)}" if shelf == ("paths",) else safe_name(node.name)
    place, number = (*shelf, name, *within), 1
    while place in taken:
        number += 1
        place = (*shelf, f"{name}_{number}", *within)
    return place


def _steps_inward(targets: Iterable[Node]) -> Mapping[Place, set[str | int]]:
    """Return, for each place on the way to a target, the steps that lead on from it."""
    steps: defaultdict[Place, set[str | int]] = defaultdict(set)
    for node in targets:
        for depth, step in enumerate(node.pointer):
            steps[node.file.name, node.pointer[:depth]].add(step)
    return steps


def _without(node: Node, lodgers: Set[str | int]) -> Node:
    """Return a node without the members that only live in its file and are targets of their own, or nobody's."""
    if not isinstance(node.value, dict):
        return node
    return node._replace(value={key: value for key, value in node.value.items() if key not in lodgers})


def _tree(document: Document, places: Mapping[_Steps, Node]) -> dict[str, Any]:
    tree: dict[str, Any] = {key: document.tree[key] for key in _KEPT if key in document.tree}
    tree |= {"info": {"title": "", "version": ""}, "paths": {}}
    for (*shelf, name), node in places.items():
        found = tree
        for step in shelf:
            found = found.setdefault(step, {})
        found[name] = node.value
    return tree


def _locator(document: Document, places: Mapping[_Steps, Node]) -> Callable[[Pointer, bool], Location]:
    def locate(pointer: Pointer, key: bool) -> Location:  # noqa: FBT001 - File calls it so
        for length in (2, 3):
            node = places.get(tuple(map(str, pointer[:length])))
            if node is not None:
                return node.file.locate((*node.pointer, *pointer[length:]), key=key)
        return document.source.locate(())

    return locate
