"""Real servers are measured under load, and nothing of them is left."""

import pytest

from tests.benchmarks.end_to_end import Served
from tests.benchmarks.load import threads
from tests.benchmarks.servers import SERVERS
from tests.benchmarks.workloads import WORKLOADS
from tests.support.processes import running

pytestmark = pytest.mark.service


@pytest.mark.parametrize("name", ["macaron", "macaron-gthread", "flask"])
def test_a_server_is_measured(name: str) -> None:
    before = set(running())
    with Served(SERVERS[name]) as served:
        assert served.answers(WORKLOADS["W2"])
        assert served.microseconds(threads, WORKLOADS["W2"], 0.5) > 0
        started = set(running()) - before
    assert served.pid in started
    assert served.pid not in running()


def test_a_wrong_answer_is_no_figure() -> None:
    with (
        Served(SERVERS["flask"]) as served,
        pytest.raises(RuntimeError, match=r"0 of [1-9][0-9]* answers were 2xx"),
    ):
        served.microseconds(threads, WORKLOADS["W3"], 0.1)
