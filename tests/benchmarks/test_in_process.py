"""Every peer does the work that it is measured at; those of the extra `bench` only where that is installed."""

import pytest

from tests.benchmarks.in_process import Called
from tests.benchmarks.peers import EVERYONE

OFTEN = ("raw", "flask", "macaron")
"""Of whom the quick part of the tests takes notice as well."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow)
        for name in EVERYONE
        if name != "macaron-5000"
    ],
)
def test_every_answer_is_right(name: str) -> None:
    peer = EVERYONE[name]
    if peer.missing:
        pytest.skip(f"the extra bench brings {', '.join(peer.missing)}")
    with Called(peer) as called:
        taken = [called.nanoseconds(workload, 1) for workload in peer.workloads]
    assert all(nanoseconds > 0 for nanoseconds in taken)
