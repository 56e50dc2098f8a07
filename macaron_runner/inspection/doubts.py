"""Which parts of macaron.yaml have faults of their own, so that what only follows from them is not told.

Not for finding the faults (configuration).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import ABSENT, value_at
from macaron_runner.diagnostics import Diagnostic, Location, Severity

_Path = tuple[str | int, ...]


class Doubts:
    """The places where a configuration is wrong."""

    def __init__(self, configuration: Configuration, found: Iterable[Diagnostic]) -> None:
        self._configuration = configuration
        self._wrong = [each.location for each in found if each.location and each.severity is Severity.ERROR]

    def about(self, *path: str | int) -> bool:
        """Tell whether anything is wrong with what the files have at a path of keys, or below it."""
        if not self._wrong:
            return False
        value = value_at(self._configuration.merged.value, path)
        return value is not ABSENT and any(self._is_wrong(below) for below in _paths(value, path))

    def _is_wrong(self, path: _Path) -> bool:
        places = (self._configuration.locate(*path, key=key) for key in (True, False))
        return any(_covers(place, wrong) for place in places for wrong in self._wrong)


def _paths(value: Any, path: _Path) -> Iterator[_Path]:
    """Yield a path and all below it."""
    yield path
    if isinstance(value, dict):
        steps: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list | tuple):
        steps = enumerate(value)
    else:
        return
    for step, inner in steps:
        yield from _paths(inner, (*path, step))


def _covers(place: Location, wrong: Location) -> bool:
    if (place.file, place.line) != (wrong.file, wrong.line):
        return False
    return place.column <= wrong.column < place.column + max(place.length, 1)
