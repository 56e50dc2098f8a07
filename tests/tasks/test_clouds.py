"""Tasks through the queues of clouds, as moto and Google's emulator play them."""

import os
import signal
import time

import pytest

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from tests.tasks.workshop import CLOUDS, stop, wait_until

pytestmark = [pytest.mark.service, pytest.mark.slow]

REQUEST = context.Context(request_id="request-1", user_id="alice")


@pytest.fixture(autouse=True)
def environment_restored(monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "")


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_task_gets_its_models_and_its_callers_context(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST):
        service.jobs.store({"all": [service.Parcel(weight=1)]}, place=str(service.place))
        service.jobs.relay(str(service.place))
        service.jobs.later(str(service.place), time.time())
    worker = service.start_worker()
    wait_until(lambda: len(service.seen()) == 3, "all have run")
    direct, relayed = sorted(
        (line for line in service.seen() if "weights" in line), key=lambda line: line["weights"]
    )
    assert (direct["weights"], relayed["weights"]) == ([1], [9])
    assert {line["request_id"] for line in (direct, relayed)} == {"request-1"}
    (delayed,) = (line for line in service.seen() if "waited" in line)
    assert 1.5 <= delayed["waited"] < 30
    assert stop(worker) == 0


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_killed_child_gives_its_task_back(workshop, kind):
    service = workshop(kind)
    service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("long", 2, place=str(service.place))
    (first,) = service.wait_for(1, event="start")
    os.kill(first["pid"], signal.SIGKILL)
    service.wait_for(1, name="long", event="end")
    service.jobs.relay.delay(str(service.place))
    service.wait_for(1, weights=[9])


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_broker_that_is_away_is_a_clear_error_soon(workshop, kind):
    service = workshop(kind, start=False)
    began = time.monotonic()
    with context.entered(REQUEST), pytest.raises(TaskQueueUnavailable):
        service.jobs.tick("/nowhere")
    assert time.monotonic() - began < 15
