"""The calls that are measured are made and read as they should be, by both sides."""

from __future__ import annotations

import importlib.util

import pytest

from tests.benchmarks.clients import EXPECTED, LIMIT, MEASURED, answering, by_hand, macaron, table
from tests.benchmarks.results import Results


@pytest.mark.parametrize("side", [macaron, by_hand])
def test_every_call_reads_its_answer(side) -> None:
    if side is by_hand and importlib.util.find_spec("httpx2") is None:
        pytest.skip("the extra bench brings httpx2")
    with answering() as port, side(port) as calls:
        assert {name: calls[name]() for name in MEASURED} == EXPECTED


def test_the_verdict() -> None:
    results = Results("CPU us")
    for name, mine in zip(MEASURED, (100.0, 125.0, 126.0), strict=True):
        results.add(("macaron", name), mine)
        results.add(("httpx2", name), 100.0)
    assert [line[:4] for line in table(results)] == ["pass", "pass", "FAIL"]
    assert LIMIT == 1.25
