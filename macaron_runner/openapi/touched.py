"""Which operations of a faulty document its faults touch: the others can be served all the same.

What is wrong in a schema touches none: there, what is wrong is not checked. Who may call an operation is part of it:
where that was not understood, the operation counts as touched. Not for finding the faults (validation.document, rules).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from macaron_runner.diagnostics import nearest
from macaron_runner.openapi.document import Place, Pointer
from macaron_runner.openapi.kinds import parts_of
from macaron_runner.openapi.reading import Endpoint
from macaron_runner.openapi.references import BrokenReference, Node
from macaron_runner.openapi.sound import kinds_along
from macaron_runner.openapi.survey import Survey

OperationKey: TypeAlias = tuple[str, str]
"""The path and the method (in capitals) of an operation."""

_OF_ALL: Final = frozenset({"paths", "servers", "basePath", "consumes", "produces"})
"""Sections that are about every operation; a fault below a path is about that path."""
_OF_MANY: Final = frozenset(
    {"security", "securityDefinitions", "components", "parameters", "responses", "definitions"}
)
"""Sections whose parts are about the operations that use them."""
_ONLY_SAID: Final = frozenset(
    {
        *("summary", "description", "tags", "externalDocs", "deprecated", "servers"),
        *("example", "examples", "links", "callbacks"),
    }
)
"""Fields by which nothing is served."""
_NOT_SERVED: Final = frozenset({"schema", "example", "link", "callback"})
"""Kinds of things whose faults touch no operation."""


def touched_by(
    faults: Collection[Place], survey: Survey, *, base_path_known: bool
) -> frozenset[OperationKey]:
    """Return the operations that faults are about, by the places of the faults.

    `base_path_known` says that macaron.yaml has the base path, so that faults in the document's own do not matter.
    """
    here = survey.root.file.name
    if any(_is_about_all(pointer, base_path_known) for file, pointer in faults if file == here and pointer):
        return frozenset((each.path, each.method) for each in survey.endpoints)
    by_prefix: dict[Place, list[Pointer]] = {}
    for file, pointer in faults:
        for length in range(len(pointer) + 1 if pointer else 0):
            by_prefix.setdefault((file, pointer[:length]), []).append(pointer[length:])
    whole = {(file, pointer) for file, pointer in faults if pointer}

    def is_touched(endpoint: Endpoint) -> bool:
        return any(
            _is_inside(node.place, whole)
            or any(_counts(kind, rest) for rest in by_prefix.get(node.place, ()))
            for kind, node in _made_of(endpoint, survey)
        )

    return frozenset((each.path, each.method) for each in survey.endpoints if is_touched(each))


def _is_about_all(fault: Pointer, base_path_known: bool) -> bool:  # noqa: FBT001 - what the caller was told
    section = str(fault[0])
    if section in ("servers", "basePath"):
        return not base_path_known
    if section in _OF_ALL:
        return section != "paths" or len(fault) == 1
    if section in _OF_MANY:
        return len(fault) == 1 and section != "security"
    # A section that is not known may be meant to be one of these.
    return len(fault) == 1 and nearest(section, _OF_ALL | _OF_MANY) is not None


def _is_inside(place: Place, faults: Collection[Place]) -> bool:
    """Tell whether something stands in what is at fault as a whole: a component whose section is no map."""
    file, pointer = place
    return any((file, pointer[:length]) in faults for length in range(1, len(pointer)))


def _counts(kind: str, rest: Pointer) -> bool:
    """Tell whether a fault so far below something of a kind is about more than what is only said, or in a schema."""
    along = list(zip(rest, kinds_along(rest, kind), strict=True))
    elsewhere = _NOT_SERVED | {"operation"} if kind == "path item" else _NOT_SERVED
    if any(found in elsewhere for _, found in along):
        return False
    return not any(found == "" and step in _ONLY_SAID for step, found in along)


def _made_of(endpoint: Endpoint, survey: Survey) -> Iterator[tuple[str, Node]]:
    """Yield kind and node of all that an operation is made of, the references on the way among them; no schemas."""
    written = survey.root.child("paths").child(endpoint.path)
    yield from (("path item", node) for node in _chain(written, survey))
    yield from _security_of(endpoint, survey)
    pending = [("parameter", node) for node in endpoint.path_item.child("parameters").elements()]
    pending.append(("operation", endpoint.operation))
    seen = set()
    while pending:
        kind, node = pending.pop()
        for step in _chain(node, survey):
            yield kind, step
            node = step
        if node.place not in seen and isinstance(node.value, dict):
            seen.add(node.place)
            pending += (part for part in parts_of(kind, node) if part[0] not in _NOT_SERVED)


def _security_of(endpoint: Endpoint, survey: Survey) -> Iterator[tuple[str, Node]]:
    """Yield what says who may call: the document's requirements, where they count, and the schemes that are named."""
    owner = endpoint.operation if endpoint.operation.has("security") else survey.root
    if owner is survey.root:
        yield "", owner.child("security")
    for requirement in owner.child("security").elements():
        for name, _ in requirement.members():
            yield from (
                ("security scheme", node) for node in _chain(survey.security_schemes.child(name), survey)
            )


def _chain(node: Node, survey: Survey) -> Iterator[Node]:
    """Yield a node and what it refers to, step by step, as far as that leads somewhere."""
    with suppress(BrokenReference):
        yield from survey.references.way(node)
