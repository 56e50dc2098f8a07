"""Tasks through real brokers and real workers."""

import os
import signal
import sys
import time
from contextlib import contextmanager

import pytest
from redis import Redis

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.processes import heartbeat
from macaron_runner.processes.heartbeat import Condition
from macaron_runner.processes.state import StateDirectory
from tests.tasks.workshop import BROKERS, CLOUDS, START_DEADLINE, TRANSPORTS, signal_all_of, stop, wait_until

pytestmark = pytest.mark.service

REQUEST = context.Context(
    request_id="request-1",
    user_id="alice",
    claims={"data": {"role": "clerk"}},
    token="t0ken",
    deadline=1764345600.5,
    accept_language="de",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


SLOW_CLOUDS = [pytest.param(kind, marks=pytest.mark.slow) for kind in CLOUDS]

SOON = 10
"""Seconds after which a caller knows at the latest: 1 or 2, but for a busy machine; Celery alone tries for minutes."""


@contextmanager
def within(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("kind", [*BROKERS, *SLOW_CLOUDS])
def test_a_task_gets_its_models_and_its_callers_context(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST):
        service.jobs.store(
            {"all": [service.Parcel(weight=1), service.Parcel(weight=2)]}, place=str(service.place)
        )
        service.jobs.relay(str(service.place))
    worker = service.start_worker()
    direct, relayed = sorted(service.wait_for(2), key=lambda line: line["weights"])
    assert direct["weights"] == [1, 2]
    assert relayed["weights"] == [9]
    for line in (direct, relayed):
        assert line["is_model"]
        assert (line["request_id"], line["user_id"]) == ("request-1", "alice")
        assert line["operation"] == "parcels.jobs.store"
        assert (line["traceparent"], line["accept_language"]) == (REQUEST.traceparent, "de")
        assert line["deadline"] == REQUEST.deadline
    assert stop(worker) == 0
    assert "[request-1 alice] parcels.jobs.store done in" in service.running.log_of(worker)
    assert "t0ken" not in service.running.log_of(worker)


@pytest.mark.parametrize("kind", [*TRANSPORTS, *SLOW_CLOUDS])
def test_a_task_waits_for_its_delay(workshop, kind):
    service = workshop(kind)
    service.start_worker()
    with context.entered(REQUEST):
        service.jobs.later(str(service.place), time.time())
    least = 1.5 if kind in CLOUDS else 2  # what is left of it, in whole seconds
    assert least <= service.wait_for(1)[0]["waited"] < 30


@pytest.mark.parametrize("kind", [*TRANSPORTS, *SLOW_CLOUDS])
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


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.slow
def test_a_killed_worker_gives_its_tasks_back(workshop, kind):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        for name in ("a", "b", "c"):
            service.jobs.take_time(name, 3, place=str(service.place))
    started = service.wait_for(2, event="start")
    worker.kill()
    wait_until(lambda: all(is_gone(line["pid"]) for line in started), "its children are gone")
    service.start_worker()
    wait_until(
        lambda: {line["name"] for line in service.seen() if line["event"] == "end"} == {"a", "b", "c"},
        "all have run",
        90,
    )


@pytest.mark.slow
def test_a_task_longer_than_its_lease_runs_once(workshop):
    service = workshop("embedded")
    service.start_worker()
    service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("long", 35, place=str(service.place))
    service.wait_for(1, seconds=120, event="end")
    assert [line["event"] for line in service.seen()] == ["start", "end"]


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_worker_tells_how_it_fares(workshop, kind, tmp_path):
    service = workshop(kind)
    worker = service.start_worker()
    folder = StateDirectory.find(service.configuration.directory, {}).health_directory

    def fares(condition):
        (told,) = heartbeat.read_all(folder, "worker-")
        return told.pid == worker.pid and told.condition is condition

    wait_until(lambda: fares(Condition.CONSUMING), "messages come through")
    with context.entered(REQUEST):
        for _ in range(2):
            service.jobs.wait_until(str(tmp_path / "free"), place=str(service.place))
    wait_until(lambda: fares(Condition.BUSY), "it is full")
    (tmp_path / "free").touch()
    wait_until(lambda: fares(Condition.CONSUMING), "messages come through again")
    assert stop(worker) == 0
    assert not list(folder.iterdir())


@pytest.mark.slow
def test_a_worker_whose_child_hangs_tells_so(workshop):
    service = workshop("embedded", "tasks.pools.default.concurrency=1")
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("first", 0, place=str(service.place))
        (first,) = service.wait_for(1, event="end")
        wait_until(service.is_idle, "the child has told of the end")
        os.kill(first["pid"], signal.SIGSTOP)
        service.jobs.take_time("second", 0, place=str(service.place))
    folder = StateDirectory.find(service.configuration.directory, {}).health_directory
    place = heartbeat.place_of(folder, "worker-default", worker.pid)
    wait_until(lambda: "handed to a child" in heartbeat.read(place).fault(time.monotonic()), "it is deaf", 90)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_worker_that_is_told_to_stop_ends_its_task_first(workshop, kind):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("long", 3, place=str(service.place))
    service.wait_for(1, event="start")
    assert stop(worker) == 0
    assert [line["event"] for line in service.seen()] == ["start", "end"]


@pytest.mark.slow
def test_a_worker_whose_grace_is_over_hands_its_task_over(workshop, tmp_path):
    service = workshop("embedded", "tasks.pools.default.grace=3s")
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.wait_until(str(tmp_path / "free"), place=str(service.place))
    (first,) = service.wait_for(1, event="start")
    other = service.start_worker()
    with within(30):
        stop(worker)
    (tmp_path / "free").touch()
    service.wait_for(1, event="end", parent=other.pid)
    assert [line["parent"] for line in service.seen()] == [first["parent"], other.pid, other.pid]


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_worker_that_stops_gives_back_at_once_and_in_order_what_it_has_not_begun(workshop, kind, tmp_path):
    settings = ("tasks.pools.default.concurrency=1", "tasks.pools.default.prefetch=4")
    service = workshop(kind, *settings)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.wait_until(str(tmp_path / "free"), place=str(service.place))
        service.wait_for(1, event="start")
        for name in ("a", "b", "c"):
            service.jobs.take_time(name, 0, place=str(service.place))
    wait_until(lambda: service.reserved() == 3, "the worker has taken all")
    worker.terminate()
    other = service.start_worker()
    ended = service.wait_for(3, event="end", parent=other.pid)
    assert [line["name"] for line in ended] == ["a", "b", "c"]
    assert worker.poll() is None
    (tmp_path / "free").touch()
    assert worker.wait(START_DEADLINE) == 0
    service.wait_for(1, event="end", parent=worker.pid)
    assert len(service.seen()) == 8


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("setting", ["max_tasks_per_child=1", "max_memory_per_child=1MiB"])
def test_children_that_are_replaced_lose_nothing(workshop, kind, setting):
    service = workshop(kind, f"tasks.pools.default.{setting}")
    service.start_worker()
    with context.entered(REQUEST):
        for number in range(12):
            service.jobs.take_time(number, 0, place=str(service.place))
    ended = service.wait_for(12, event="end")
    assert sorted(line["name"] for line in service.seen()) == sorted([*range(12), *range(12)])
    assert len({line["pid"] for line in ended}) == 12


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_worker_that_must_stop_quickly_hands_its_task_over(workshop, kind, tmp_path):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.wait_until(str(tmp_path / "free"), place=str(service.place))
    (first,) = service.wait_for(1, event="start")
    other = service.start_worker()
    stop(worker, signal.SIGQUIT)
    service.wait_for(1, event="start", parent=other.pid)
    (tmp_path / "free").touch()
    service.wait_for(1, event="end")
    assert {line["parent"] for line in service.seen()} == {first["parent"], other.pid}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_worker_that_is_told_to_stop_while_it_starts_leaves_the_tasks(workshop, how):
    service = workshop("embedded")
    with context.entered(REQUEST):
        service.jobs.take_time("waiting", 0, place=str(service.place))
    words = (*service.configuration.selection.arguments(), "--pool", "default")
    code = (
        "import os, celery.signals; from macaron_runner.entries.worker import main\n"
        f"stop = lambda **_: os.kill(os.getpid(), {int(how)})\n"
        "celery.signals.worker_ready.connect(stop)\n"
        f"raise SystemExit(main({words!r}))"
    )
    worker = service.running.start(sys.executable, "-c", code)
    assert worker.wait(START_DEADLINE) == 0
    assert "Traceback" not in service.running.log_of(worker)
    assert not service.seen()
    with Redis(unix_socket_path=service.broker.socket) as broker:
        assert (broker.llen("default"), broker.hlen("unacked")) == (
            1,
            0,
        )  # nobody must wait for its lease to end
    service.start_worker()
    service.wait_for(1, event="end")


def test_a_worker_survives_its_broker(workshop):
    service = workshop("embedded")
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("first", 4, place=str(service.place))
    service.wait_for(1, event="start")
    service.broker.process.kill()
    service.broker.process.wait(START_DEADLINE)
    service.broker.start()
    with context.entered(REQUEST):
        service.jobs.take_time("second", 0, place=str(service.place))
    service.wait_for(1, name="second", event="end")
    service.wait_for(1, name="first", event="end")
    assert worker.poll() is None
    assert "py.warnings" not in service.running.log_of(worker)


@pytest.mark.parametrize("kind", BROKERS)
def test_errors_are_reported(workshop, kind, tmp_path):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.fail(str(service.place))
        service.jobs.leave()
        for kind in ("odd", "interrupt", "memory"):
            service.jobs.fail_oddly(kind)
        service.jobs.store({"all": [service.Parcel(weight=1)]}, place=str(tmp_path / "after"))
    (report,) = service.wait_for(1)
    assert report["title"] == f"parcels: ValueError: {service.place}"
    assert "request_id: request-1" in report["body"]
    assert "operation: parcels.jobs.fail" in report["body"]
    wait_until((tmp_path / "after").exists, "the worker goes on")
    wait_until(lambda: "SystemExit: 3" in service.running.log_of(worker), "leaving is logged")
    for name in ("Odd", "KeyboardInterrupt", "MemoryError"):
        assert f"parcels: {name}" in service.running.log_of(worker)
    assert "exited with" not in service.running.log_of(worker)


@pytest.mark.parametrize("kind", [*BROKERS, *SLOW_CLOUDS])
def test_a_broker_that_is_away_is_a_clear_error_soon(workshop, kind):
    service = workshop(kind, start=False)
    for _ in range(2):
        with (
            within(15 if kind in CLOUDS else SOON),
            context.entered(REQUEST),
            pytest.raises(TaskQueueUnavailable) as caught,
        ):
            service.jobs.tick("/nowhere")
        assert caught.value.to_json()["error"] == "TASK_QUEUE_UNAVAILABLE"
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("kind", BROKERS)
def test_a_broker_that_does_not_answer_is_a_clear_error_soon(workshop, kind):
    service = workshop(kind, own=True)
    with context.entered(REQUEST):
        service.jobs.tick(str(service.place))
    signal_all_of(service.broker.process, signal.SIGSTOP)
    with within(SOON), context.entered(REQUEST), pytest.raises(TaskQueueUnavailable):
        service.jobs.tick(str(service.place))
    signal_all_of(service.broker.process, signal.SIGCONT)
    with context.entered(REQUEST):
        service.jobs.tick(str(service.place))


def test_a_fork_gets_connections_of_its_own(workshop):
    service = workshop("embedded")
    service.start_worker()
    with context.entered(REQUEST):
        service.jobs.tick(str(service.place))
        children = []
        for _ in range(3):
            child = os.fork()
            if child == 0:
                try:
                    for _ in range(20):
                        service.jobs.tick(str(service.place))
                    os._exit(0)
                finally:
                    os._exit(1)
            children.append(child)
        for _ in range(20):
            service.jobs.tick(str(service.place))
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    service.wait_for(81)


def test_results_come_back_as_models_where_they_are_kept(workshop):
    service = workshop("embedded", "tasks.settings.task_ignore_result=false")
    service.start_worker()
    with context.entered(REQUEST):
        stored = service.jobs.store({"all": [service.Parcel(weight=4)]}, place=str(service.place))
        failed = service.jobs.fail("it failed")
    assert stored.get(timeout=START_DEADLINE) == service.Parcel(weight=4)
    with pytest.raises(ValueError, match="it failed"):
        failed.get(timeout=START_DEADLINE)


def test_results_are_not_kept_unasked(workshop):
    service = workshop("embedded")
    with context.entered(REQUEST):
        queued = service.jobs.tick(str(service.place))
    with pytest.raises(RuntimeError, match="task_ignore_result: false"):
        queued.get(timeout=1)


def test_what_workers_do_not_know_is_not_queued(workshop):
    service = workshop("embedded", start=False)
    queue = context.service().queue
    with pytest.raises(LookupError, match=r'did you mean "parcels\.jobs\.tick"'):
        queue.send("parcels.jobs.tik", (), {}, {})
    with pytest.raises(ValueError, match=r'"emial" \(there are: default\)'):
        service.jobs.tick.apply_async(["/nowhere"], queue="emial")
