"""The part of a document that is left when what breaks its specification is taken out, for the checks that follow.

Whoever mends a document wants to see everything at once, also what is wrong with its meaning. Not for finding the
faults (validation.document).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from macaron_runner.openapi.document import Document, Files, Pointer
from macaron_runner.openapi.kinds import FIELDS

_WHOLE: Final = ("path item", "operation")
"""What is taken out whole when something in it, other than a schema, is at fault: half an operation is another one."""


def sound_part(document: Document, faults: Iterable[Pointer], *, halves: bool = False) -> Document:
    """Return a document without the values at the pointers; the places of all that is left stay the same.

    A fault inside a schema takes that keyword away, one elsewhere in an operation the whole operation, or with `halves`
    only that field of it: good for looking for its function, not for judging it. The pointer () takes nothing away.
    """
    tree: Any = document.tree
    for fault in faults:
        if fault:
            tree = _without(tree, _extent(fault, 1 if halves else 0))
    source = replace(document.source, value=tree)
    others = (file for file in document.files.loaded if file.path != source.path)
    return replace(document, tree=tree, source=source, files=Files(source, *others))


def _extent(fault: Pointer, below: int) -> Pointer:
    """Return the pointer to what a fault spoils: a keyword, or so many steps `below` what is taken out whole."""
    kinds = _kinds(fault)
    if "schema" in kinds:
        return fault
    depth = max((depth for depth, kind in enumerate(kinds, 1) if kind in _WHOLE), default=len(fault))
    return fault[: depth + below]


def _kinds(pointer: Pointer) -> list[str]:
    """Return the kind of what stands at each step of a pointer; "" where it is a map or list of things, or unknown."""
    kinds, kind, members = [], "document", ""
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


def _without(tree: Any, pointer: Pointer) -> Any:
    """Return a tree without the value at a pointer; in a list null takes its place, so that all others keep theirs."""
    step, rest = pointer[0], pointer[1:]
    if isinstance(tree, dict) and step in tree:
        if rest:
            return {**tree, step: _without(tree[step], rest)}
        return {key: value for key, value in tree.items() if key != step}
    if isinstance(tree, list) and isinstance(step, int) and step < len(tree):
        put = _without(tree[step], rest) if rest else None
        return [*tree[:step], put, *tree[step + 1 :]]
    return tree
