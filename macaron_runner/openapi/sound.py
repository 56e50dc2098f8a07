"""The part of a document that is left when what breaks its specification is taken out, for the checks that follow.

Whoever mends a document wants to see everything at once, also what is wrong with its meaning. Not for finding the
faults (validation.document).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeAlias

from macaron_runner.openapi.document import Document, Files, Place, Pointer
from macaron_runner.openapi.kinds import FIELDS

_WHOLE: Final = ("path item", "operation")
"""What is taken out whole when something in it, other than a schema, is at fault: half an operation is another one."""

_Gone: TypeAlias = "dict[str | int, _Gone | None]"
"""What goes of a tree, by the steps to it; None where it goes whole."""
_STAYS: Final[_Gone] = {}


def sound_part(document: Document, faults: Iterable[Place], *, halves: bool = False) -> Document:
    """Return a document without the values at the places; the places of all that is left stay the same.

    A fault inside a schema takes that keyword away, one elsewhere in an operation the whole operation, or with `halves`
    only that field of it: good for looking for its function, not for judging it. In other files it takes away what is
    at fault and no more. The pointer () takes nothing away.
    """
    gone: defaultdict[str, _Gone] = defaultdict(dict)
    for name, fault in faults:
        if fault:
            in_document = name == document.source.name
            _mark(gone[name], _extent(fault, 1 if halves else 0) if in_document else fault)
    files = [replace(file, value=_without(file.value, gone.get(file.name))) for file in document.files.loaded]
    source = next(file for file in files if file.path == document.source.path)
    return replace(document, tree=source.value, source=source, files=Files(*files))


def _mark(gone: _Gone, pointer: Pointer) -> None:
    """Note that the value at a pointer goes."""
    for step in pointer[:-1]:
        below = gone.setdefault(step, {})
        if below is None:
            return
        gone = below
    gone[pointer[-1]] = None


def _extent(fault: Pointer, below: int) -> Pointer:
    """Return the pointer to what a fault spoils: a keyword, or so many steps `below` what is taken out whole."""
    kinds = kinds_along(fault)
    if "schema" in kinds:
        return fault
    depth = max((depth for depth, kind in enumerate(kinds, 1) if kind in _WHOLE), default=len(fault))
    return fault[: depth + below]


def kinds_along(pointer: Pointer, kind: str = "document") -> list[str]:
    """Return the kind of what stands at each step below something; "" where that is a map, a list or unknown."""
    kinds, members = [], ""
    for step in pointer:
        kind, members = (members, "") if members else _below(kind, step)
        kinds.append(kind)
    return kinds


def _below(kind: str, step: str | int) -> tuple[str, str]:
    """Return the kind that stands under a step, and the kind of its members where it is a map or list of them."""
    if kind == "callback":
        return "path item", ""
    found = FIELDS.get(kind, {}).get(str(step), "")
    return ("", found[:-1]) if found.endswith("*") else (found, "")


def _without(tree: Any, gone: _Gone | None) -> Any:
    """Return a tree without what is gone; in a list null takes its place, so that all others keep theirs."""
    if gone and isinstance(tree, dict):
        return {
            step: _without(value, gone.get(step))
            for step, value in tree.items()
            if gone.get(step, _STAYS) is not None
        }
    if gone and isinstance(tree, list):
        return [
            None if gone.get(step, _STAYS) is None else _without(value, gone.get(step))
            for step, value in enumerate(tree)
        ]
    return tree
