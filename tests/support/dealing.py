"""Who runs which tests, and in which order: what takes long comes first, and the quick ones fill what is left.

pytest-xdist gives each of its workers one stretch of the tests (`--dist=worksteal`), and whoever has finished takes
some of another's. Left alone, one would begin at the end with what takes a minute, and all others wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Generic, Protocol, TypeVar


class Marked(Protocol):
    """A test, as far as it is dealt by (pytest.Item)."""

    path: object

    def get_closest_marker(self, name: str) -> object: ...


T = TypeVar("T", bound=Marked)


def dealt(tests: Sequence[T], hands: int) -> list[T]:
    """Return the tests so that each of so many stretches begins with its share of the slow ones.

    Those that start services follow, one file's all in one stretch, or nearly: what its fixtures start serves them all.
    """
    kinds: dict[str, list[T]] = {"slow": [], "service": [], "": []}
    for test in tests:
        kinds[next((name for name in ("slow", "service") if test.get_closest_marker(name)), "")].append(test)
    stretches = [_Stretch(length) for length in lengths(len(tests), hands)]
    for test in kinds["slow"]:
        max(stretches, key=_Stretch.room).take([test])
    for _, of_one_file in groupby(kinds["service"], key=lambda test: test.path):
        left = list(of_one_file)
        while left:
            left = max(stretches, key=_Stretch.room).take(left)
    left = kinds[""]
    for stretch in stretches:
        left = stretch.take(left)
    return [*chain.from_iterable(stretch.tests for stretch in stretches)]


class _Stretch(Generic[T]):
    """What one worker is given: so many tests."""

    def __init__(self, length: int) -> None:
        self.tests: list[T] = []
        self._length = length

    def room(self) -> int:
        """Return how many more there may be."""
        return self._length - len(self.tests)

    def take(self, tests: list[T]) -> list[T]:
        """Add the first of the tests, as many as there is room for; return the others."""
        room = self.room()
        self.tests += tests[:room]
        return tests[room:]


def lengths(tests: int, hands: int) -> Iterator[int]:
    """Yield how many tests each worker is given, as pytest-xdist counts them."""
    for left in range(hands, 0, -1):
        yield (share := tests // left)
        tests -= share
