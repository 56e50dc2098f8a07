"""Calls made while the broker is away are kept, and run when it is back."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from tests.tasks.workshop import TRANSPORTS, wait_until

KEEP = "tasks.when_broker_is_away=keep"
REQUEST = context.Context(request_id="request-1", user_id="alice")


@pytest.fixture
def kept(workshop):
    """Give a function that makes the service, which keeps calls, and its outbox; the broker is away."""

    def make(kind, *overrides):
        service = workshop(kind, KEEP, *overrides, start=False)
        service.outbox = service.celery.keeper._outbox
        return service

    return make


def test_a_call_is_kept_with_all_that_belongs_to_it(kept):
    service = kept("embedded")
    with context.entered(REQUEST):
        queued = service.jobs.store([service.Parcel(weight=1)], place="/nowhere")
    ((_, text),) = service.outbox.take(10)
    assert queued.id in text
    assert "parcels.jobs.store" in text
    assert "request-1" in text


def test_after_the_first_nobody_waits_for_the_broker(kept):
    service = kept("redis")
    with context.entered(REQUEST):
        service.jobs.tick("/nowhere")
        began = time.process_time()
        for _ in range(20):
            service.jobs.tick("/nowhere")
    assert len(service.outbox.take(100)) == 21
    assert time.process_time() - began < 5


def test_a_call_whose_result_is_wanted_is_kept(kept):
    service = kept("embedded", "tasks.settings.task_ignore_result=false")
    service.jobs.tick.delay("/nowhere")
    assert not service.outbox.is_empty()


def test_what_cannot_be_kept_is_refused(kept):
    service = kept("embedded")
    service.outbox._file.mkdir()
    with context.entered(REQUEST), pytest.raises(TaskQueueUnavailable):
        service.jobs.tick("/nowhere")


@pytest.mark.service
def test_a_call_that_no_broker_takes_does_not_hold_up_the_others(kept, caplog):
    service = kept("embedded")
    service.outbox.keep("no JSON")
    service.jobs.tick.delay(str(service.place))
    service.broker.start()
    assert service.celery.keeper.drain() == 1
    assert "a kept call cannot be sent, and stays in the outbox: JSONDecodeError" in caplog.text
    assert service.outbox.is_empty()


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_kept_calls_run_when_the_broker_is_back(kept, kind):
    service = kept(kind)
    with context.entered(REQUEST):
        service.jobs.store({"all": [service.Parcel(weight=1)]}, place=str(service.place))
        for number in range(3):
            service.jobs.take_time(f"{number}", 0, place=str(service.place))
        service.jobs.later(str(service.place), time.time())
    due = datetime.now(UTC) + timedelta(seconds=1)
    service.jobs.tick.apply_async([str(service.place)], eta=due)
    service.celery.keeper.watch()
    service.broker.start()
    wait_until(service.outbox.is_empty, "what was kept is sent")
    service.start_worker()
    wait_until(lambda: len(service.seen()) == 9, "all have run")
    seen = service.seen()
    assert next(line["request_id"] for line in seen if "weights" in line) == "request-1"
    assert {line["name"] for line in seen if line.get("event") == "end"} == {"0", "1", "2"}
    assert next(line["waited"] for line in seen if "waited" in line) >= 2
    with context.entered(REQUEST):
        service.jobs.take_time("after", 0, place=str(service.place))
    service.wait_for(1, name="after", event="end")


@pytest.mark.service
@pytest.mark.slow
def test_a_worker_sends_what_a_killed_process_kept(kept):
    service = kept("embedded")
    service.jobs.tick.delay(str(service.place))  # nobody here sends it
    service.start_entry("worker", "--pool", "default")
    time.sleep(3)
    assert not service.seen()
    service.broker.start()
    service.wait_for(1)


@pytest.mark.service
@pytest.mark.slow
def test_consumption_goes_on_when_the_broker_was_away_for_long(kept):
    service = kept("embedded")
    service.broker.start()
    worker = service.start_worker()
    service.celery.keeper.watch()
    service.broker.process.kill()
    service.broker.process.wait()
    began = time.monotonic()
    calls = 0
    with context.entered(REQUEST):
        while time.monotonic() - began < 15:
            service.jobs.take_time(f"{calls}", 0, place=str(service.place))
            calls += 1
            time.sleep(0.5)
    service.broker.start()
    wait_until(
        lambda: (
            {line["name"] for line in service.seen() if line["event"] == "end"}
            == {f"{n}" for n in range(calls)}
        ),
        "all that were called have run",
    )
    assert worker.poll() is None
