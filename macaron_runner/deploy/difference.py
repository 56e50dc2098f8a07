"""Files against files, as people read it: a unified difference. Pure. Not for finding out what is live (target)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from macaron_runner.deploy.files import File, Files


def difference(live: Files, wanted: Files) -> str:
    """Return what must change for `live` to become `wanted`, file by file in the order of paths; "" for nothing."""
    before, after = ({file.path: file for file in files} for files in (live, wanted))
    paths = sorted(before.keys() | after.keys())
    return "".join(line for path in paths for line in _compared(path, before.get(path), after.get(path)))


def _compared(path: str, before: File | None, after: File | None) -> Iterator[str]:
    if before == after:
        return
    old, new = (
        f"{side}/{path.lstrip('/')}" if file else "/dev/null"
        for side, file in (("live", before), ("new", after))
    )
    if before is not None and after is not None and before.mode != after.mode:
        yield f"mode of {path}: {before.mode:o} -> {after.mode:o}\n"
    was, will_be = _text(before), _text(after)
    if was is None or will_be is None:
        yield f"binary file {old} -> {new}: {_size(before)} -> {_size(after)}\n"
        return
    for line in difflib.unified_diff(
        was.splitlines(keepends=True), will_be.splitlines(keepends=True), old, new
    ):
        yield line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n"


def _text(file: File | None) -> str | None:
    """Return a file's text, "" of none; None where it is no text."""
    if file is None:
        return ""
    try:
        text = file.content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _size(file: File | None) -> str:
    return f"{len(file.content)} bytes" if file is not None else "nothing"
