"""Keys of macaron.yaml as people write them: `apis.shop.spec`, `server.bind[0]`, `apis."a.b".spec`, `tasks.pools.*`.

Not for what stands there (explain).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from macaron_runner.configuration.merge import Merged, value_at
from macaron_runner.configuration.shape import annotations_at, below, section_at
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import near_word

_STEP: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([^."\'\[\]]+)')
_POSITION: Final = re.compile(r"\[(\d{1,9})\]")
ANY_NAME: Final = "<name>"
"""Stands for whatever name a map may have."""


class UnknownKeyError(ValueError):
    """There is no such key; the text says which part, and offers the near word."""


def split_key(key: str) -> tuple[str, ...]:
    """Return the steps of a key: `apis."a.b"[0]` -> ("apis", "a.b", "0"). Raises UnknownKeyError."""
    steps: list[str] = []
    index = 0
    while index < len(key):
        position = _POSITION.match(key, index) if steps else None
        if steps and position is None:
            index += key[index] == "."
        match = position or _STEP.match(key, index)
        if match is None or (steps and position is None and key[index - 1] != "."):
            raise UnknownKeyError(f'"{key}" is no key; write it as server.workers or apis."a.b".spec')
        steps.append(re.sub(r"\\(.)", r"\1", next(group for group in match.groups() if group is not None)))
        index = match.end()
    if not steps or key.endswith("."):
        raise UnknownKeyError(f'"{key}" is no key; write it as server.workers')
    return tuple(steps)


def join_key(path: Iterable[str | int]) -> str:
    """Return a path as `split_key` reads it, and as messages show it: ("apis", "a.b", 0) -> `apis."a.b"[0]`.

    The path to everything is "the file".
    """
    steps = (f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}" for step in path)
    return "".join(steps).removeprefix(".") or "the file"


def find_key(key: str, merged: Merged) -> Path:
    """Return the path that a key means; list positions become numbers, `*` and `<anything>` ANY_NAME.

    Raises UnknownKeyError where neither a layer nor the model knows it.
    """
    path: Path = ()
    for step in split_key(key):
        path = (*path, _step(step, path, merged))
    return path


def _step(step: str, path: Path, merged: Merged) -> str | int:
    value = value_at(merged.value, path)
    if isinstance(value, list):
        if step.isdecimal() and int(step) < len(value):
            return int(step)
        raise UnknownKeyError(f"{join_key(path)} is a list of {len(value)}, its positions count from 0")
    section = section_at(path, merged.value)
    if section is not None and step in section.model_fields:
        return step
    if any(touch.path == (*path, step) for touch in merged.history((*path, step))):
        return step
    is_map = section is None and any(
        True for kind in annotations_at(path, merged.value) for _ in below(kind, step, value)
    )
    if is_map and (step == "*" or re.fullmatch(r"<.*>", step)):
        return ANY_NAME
    written = value if isinstance(value, dict) else ()
    known = list(dict.fromkeys([*written, *(section.model_fields if section is not None else ())]))
    where = f" in {join_key(path)}" if path else ""
    hint = near_word(step, known) or (f"there are: {', '.join(known[:20])}" if known else "")
    raise UnknownKeyError(f'there is no key "{step}"{where}' + (f"; {hint}" if hint else ""))


def _quoted(step: str) -> str:
    if re.fullmatch(r"[^.\"'\[\]\s]+", step):
        return step
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
