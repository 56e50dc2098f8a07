"""How tests are dealt to the processes that run them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.dealing import dealt, lengths


@dataclass(frozen=True)
class Marked:
    path: str
    number: int
    mark: str = ""

    def get_closest_marker(self, name: str) -> bool:
        return name == self.mark


TESTS = [
    *(Marked("quick", number) for number in range(31)),
    *(Marked("few", number, "service") for number in range(2)),
    *(Marked("many", number, "service" if number % 2 else "slow") for number in range(10)),
    *(Marked("last", number) for number in range(8)),
]


def stretches(tests: list[Marked], hands: int) -> list[list[str]]:
    """Return the marks of what each worker is given, in order."""
    order = dealt(tests, hands)
    assert sorted(order, key=tests.index) == tests
    ends = [sum(list(lengths(len(tests), hands))[: hand + 1]) for hand in range(hands)]
    return [[test.mark for test in order[begin:end]] for begin, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("hands", [2, 3, 5])
def test_each_begins_with_its_share_of_what_takes_long(hands: int) -> None:
    given = stretches(TESTS, hands)
    slow = [marks.count("slow") for marks in given]
    assert max(slow) - min(slow) <= 1
    assert all(marks == sorted(marks, key=["slow", "service", ""].index) for marks in given)
    assert sorted(marks.count("service") for marks in given)[-2:] == [2, 5]


@pytest.mark.parametrize("hands", [2, 3, 5, 11])
def test_where_nothing_is_quick_none_is_left_out_and_slow_ones_come_first(hands: int) -> None:
    given = stretches([test for test in TESTS if test.mark], hands)
    assert all(marks == sorted(marks, key=["slow", "service"].index) for marks in given)
    assert dealt([], hands) == []
