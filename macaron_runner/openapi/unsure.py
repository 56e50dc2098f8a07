"""Which operations of a faulty document may take something else than it now seems: nothing is said of their functions.

A fault in one parameter must not hide what is wrong elsewhere. Not for finding the faults (validation.document).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.openapi.document import Place, Pointer
from macaron_runner.openapi.kinds import FIELDS
from macaron_runner.openapi.operation import Operation
from macaron_runner.openapi.reading import Endpoint
from macaron_runner.openapi.references import BrokenReference, Node
from macaron_runner.openapi.survey import Survey

_SHELVES: Final = (
    "parameters",
    "requestBodies",
    "headers",
    "responses",
    "schemas",
    "examples",
    "links",
    "callbacks",
    "mediaTypes",
)
_HARMLESS: Final = frozenset(
    {"info", "tags", "externalDocs", "servers", "webhooks", "definitions", "responses"}
)
"""Sections that change nothing of what operations take, but by references."""
_OF_ANSWERS: Final = frozenset(
    {"responses", "callbacks", "tags", "summary", "description", "externalDocs", "servers", "deprecated"}
)
"""Parts of an operation that change nothing of what it takes, or who may call it."""
_OPERATIONS: Final = frozenset(name for name, kind in FIELDS["path item"].items() if "operation" in kind)
_OF_PARAMETERS: Final = frozenset({"MAC312", "MAC313", "MAC314", "MAC316", "MAC317", "MAC318", "MAC329"})
"""Rules about parameters."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """The operations by path and method, all of them where `everything`; and the security schemes at fault by name."""

    everything: bool = False
    operations: frozenset[tuple[str, str]] = frozenset()
    schemes: frozenset[str] = frozenset()

    def about(self, operation: Operation) -> bool:
        """Tell whether an operation may take something else, or be somebody else's to call."""
        return self.everything or (operation.path, operation.method) in self.operations

    def __bool__(self) -> bool:
        return self.everything or bool(self.operations or self.schemes)


SURE: Final = Unsure()
"""Nothing is at fault."""


def unsure_of(survey: Survey, faults: Collection[Place], meaning: Iterable[Diagnostic]) -> Unsure:
    """Return what of a document is not sure, by the places of its faults and by the rules that it breaks."""
    own = [pointer for file, pointer in faults if file == survey.root.file.name and pointer]
    wrong = [found.location for found in meaning if found.code in _OF_PARAMETERS and found.location]
    if any(map(_is_everywhere, own)):
        return Unsure(everything=True)
    if not (faults or wrong or survey.lacks_parts):
        return SURE
    operations: set[tuple[str, str]] = set()
    explained: set[Location] = set()
    for endpoint in survey.endpoints:
        reached = _Reached(survey, endpoint)
        broken = reached.places_among(wrong)
        explained |= broken
        if reached.is_broken or broken or any(reached.holds(*fault) for fault in faults):
            operations.add((endpoint.path, endpoint.method))
    everything = any(place not in explained for place in wrong)
    return Unsure(everything, frozenset(operations), frozenset(filter(None, map(_scheme, own))))


def _is_everywhere(fault: Pointer) -> bool:
    """Tell whether a fault may be about every operation: in what is used without being referred to, or unknown."""
    section, *rest = map(str, fault)
    if section == "paths" or section in _HARMLESS:
        return section == "paths" and not rest
    if section == "components":
        return len(rest) < 2 or rest[0] not in (*_SHELVES, "securitySchemes", "pathItems")
    return section not in ("parameters", "securityDefinitions") or not rest


def _scheme(fault: Pointer) -> str:
    """Return the security scheme that a fault is in, or ""."""
    steps = [str(step) for step in fault if step != "components"]
    return steps[1] if steps[0] in ("securitySchemes", "securityDefinitions") and len(steps) > 1 else ""


class _Reached:
    """What one operation is made of: itself, and what it and its path refer to other than for schemas and answers."""

    def __init__(self, survey: Survey, endpoint: Endpoint) -> None:
        self._survey = survey
        self._endpoint = endpoint
        self.is_broken = False
        written = survey.root.child("paths").child(endpoint.path)
        self._owners = [*self._chain(written), endpoint.path_item]
        parts = [node for owner in (endpoint.path_item, endpoint.operation) for node in _parts(owner)]
        self._parts = [node for part in parts for node in self._chain(part)]

    def _chain(self, node: Node) -> Iterator[Node]:
        """Yield a node and what it refers to, step by step."""
        try:
            yield from self._survey.references.way(node)
        except BrokenReference:
            self.is_broken = True

    def holds(self, file: str, fault: Pointer) -> bool:
        """Tell whether a fault is in what the operation takes, or who may call it."""
        if any(_is_about(node, file, fault, lambda rest: "schema" not in rest) for node in self._parts):
            return True
        if _is_about(self._endpoint.operation, file, fault, _is_of_operation):
            return True
        return any(_is_about(node, file, fault, _is_of_path) for node in self._owners)

    def places_among(self, places: Iterable[Location]) -> set[Location]:
        """Return which of these places are where rules about parameters tell of this operation."""
        wanted = set(places)
        if not wanted:
            return wanted
        written = self._survey.root.child("paths").child(self._endpoint.path)
        own = {self._endpoint.operation.locate(key=True), written.locate(key=True)}
        own |= {self._endpoint.operation.child("consumes").locate(key=True)}
        own |= {node.child(name).locate() for node in self._parts for name in ("in", "name", "type", "$ref")}
        return wanted & own


def _parts(owner: Node) -> Iterator[Node]:
    """Yield the parameters and the body of a path item or an operation."""
    yield from owner.child("parameters").elements()
    if owner.has("requestBody"):
        yield owner.child("requestBody")


def _is_about(node: Node, file: str, fault: Pointer, counts: Callable[[Pointer], bool]) -> bool:
    """Tell whether a fault holds a node, or is in it at a way down that counts."""
    if file != node.file.name:
        return False
    length = len(node.pointer)
    if len(fault) < length:
        return bool(fault) and node.pointer[: len(fault)] == fault
    return fault[:length] == node.pointer and counts(fault[length:])


def _is_of_operation(rest: Pointer) -> bool:
    return not rest or (rest[0] not in _OF_ANSWERS and "schema" not in rest)


def _is_of_path(rest: Pointer) -> bool:
    """Tell whether a fault in a path item is outside its operations and of their schemas."""
    return not rest or (rest[0] not in _OPERATIONS and rest[0] not in _OF_ANSWERS and "schema" not in rest)
