"""A worker that runs and hears nothing is replaced; one whose broker is away is left alone, and goes on afterwards."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.processes import heartbeat
from macaron_runner.processes.attention import HEALTH_CHECK
from macaron_runner.processes.heartbeat import SILENCE, Condition
from tests.service.test_healing import runs_a_task
from tests.support.processes import wait_for
from tests.support.service import RunningService
from tests.support.victims import broker, mains

pytestmark = [pytest.mark.service, pytest.mark.slow]

NOTICED = 240.0
"""Seconds in which a deaf worker must have been replaced: the README promises 90, where nothing else runs."""


@pytest.fixture
def helloworld(tmp_path: Path) -> Iterator[RunningService]:
    environment = {"HELLOWORLD_ASYNC_FILE": str(tmp_path / "async.txt"), "WEB_CONCURRENCY": "1"}
    with RunningService("sample_services/helloworld/macaron.yaml", environment=environment) as service:
        assert runs_a_task(service)
        yield service


def condition(service: RunningService) -> Condition | None:
    told = next(heartbeat.read_all(service.state / "health", "worker-"), None)
    return told.condition if told is not None else None


def test_a_worker_that_stands_still_is_replaced(helloworld: RunningService) -> None:
    (main,) = mains(helloworld, "worker")
    wait_for("a heartbeat", lambda: (helloworld.state / "health" / f"worker-default.{main.pid}").exists())
    os.kill(main.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    while time.monotonic() - stopped < NOTICED and "worker-default is deaf" not in helloworld.log:
        time.sleep(1)
    assert "worker-default is deaf (it gave no sign of life for " in helloworld.log
    assert runs_a_task(helloworld)


def test_a_worker_whose_broker_stands_still_is_left_alone(helloworld: RunningService) -> None:
    before = mains(helloworld, "worker")
    (server,) = broker(helloworld)
    os.kill(server.pid, signal.SIGSTOP)
    wait_for("the worker knows", lambda: condition(helloworld) is Condition.BROKER_AWAY)
    time.sleep(SILENCE + 2 * HEALTH_CHECK)
    assert condition(helloworld) is Condition.BROKER_AWAY
    os.kill(server.pid, signal.SIGCONT)
    assert runs_a_task(helloworld)
    wait_for("the worker knows", lambda: condition(helloworld) is Condition.CONSUMING)
    assert mains(helloworld, "worker") == before
    assert "deaf" not in helloworld.log
