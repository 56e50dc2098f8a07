"""Options of tasks through real brokers and real workers."""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from subprocess import Popen

import pytest
from redis import Redis

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from tests.support.lost_answers import losing_the_answer
from tests.tasks.workshop import BROKERS, PAYMENTS, START_DEADLINE, TRANSPORTS, signal_all_of, wait_until

pytestmark = pytest.mark.service

REQUEST = context.Context(request_id="request-1", user_id="alice")


@pytest.mark.parametrize("kind", BROKERS)
def test_a_task_that_failed_runs_again(workshop, kind):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.fail_at_first(2, place=str(service.place))
    service.wait_for(1, event="end")
    assert [line["event"] for line in service.seen()] == ["start", "start", "start", "end"]
    assert "[request-1 alice] parcels.jobs.fail_at_first failed and runs again in" in service.running.log_of(
        worker
    )
    assert "ERROR" not in service.running.log_of(worker)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_task_that_fails_again_and_again_is_given_up(workshop, kind):
    service = workshop(kind)
    service.start_worker()
    with context.entered(REQUEST):
        service.jobs.fail_at_first(9, place=str(service.place))
    (report,) = service.wait_for(1, title=f"parcels: ConnectionError: {service.place}")
    assert "request_id: request-1" in report["body"]
    assert [line.get("event") for line in service.seen()] == ["start", "start", "start", None]


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_task_that_hangs_is_ended_and_not_repeated(workshop, kind):
    service = workshop(kind)
    worker = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.hang(str(service.place))
    wait_until(lambda: "TimeLimitExceeded" in service.running.log_of(worker), "the report")
    with context.entered(REQUEST):
        service.jobs.take_time("next", 0, place=str(service.place))
    service.wait_for(1, name="next", event="end")
    assert [line["event"] for line in service.seen()] == ["start", "start", "end"]


KILLS = """
import os, signal, sys
import celery.signals
from pathlib import Path
from macaron_runner.entries.worker import main

def kill_once(**_):
    if os.getppid() == started and not Path({flag!r}).exists():
        Path({flag!r}).touch()
        os.{kill}, signal.SIGKILL)

started = os.getpid()
celery.signals.{moment}.connect(kill_once, weak=False)
sys.exit(main({words!r}))
"""


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("kill", ["kill(os.getpid()", pytest.param("killpg(0", marks=pytest.mark.slow)])
@pytest.mark.parametrize("moment", ["before_task_publish", "task_retry"])
def test_a_retry_is_not_lost_with_the_process_that_makes_it(workshop, kind, kill, moment, tmp_path):
    service = workshop(kind)
    words = (*service.configuration.selection.arguments(), "--pool", "default")
    code = KILLS.format(flag=str(tmp_path / "killed"), kill=kill, moment=moment, words=words)
    service.running.start(
        sys.executable, "-c", code, **service.configuration.selection.environment_variables()
    )
    with context.entered(REQUEST):
        service.jobs.fail_at_first(1, place=str(service.place))
    wait_until((tmp_path / "killed").exists, "the kill")
    if "pg" in kill:
        service.start_worker()
    service.wait_for(1, event="end")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_delayed_task_is_not_lost_where_no_worker_has_ever_been(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST):
        service.jobs.tick.apply_async([str(service.place)], countdown=1)
        service.jobs.tick.apply_async([str(service.place)], eta=datetime.now(UTC) + timedelta(seconds=1.5))
    time.sleep(3)
    service.start_worker()
    service.wait_for(2)


def test_delayed_tasks_are_with_the_broker_until_they_are_due(workshop):
    service = workshop("embedded")
    service.start_worker()
    with context.entered(REQUEST):
        for _ in range(20):
            service.jobs.tick.apply_async([str(service.place)], countdown="1h")
        begun = time.time()
        service.jobs.tick.apply_async([str(service.place)], countdown=1.5)
        service.jobs.tick.apply_async([str(service.place)])
    first, second = service.wait_for(2)
    assert first["at"] < begun + 1.5 <= second["at"]
    with Redis(unix_socket_path=service.broker.socket) as broker:
        assert broker.zcard("default\x06\x16waiting") == 20
        wait_until(lambda: broker.hlen("unacked") == 0, "workers hold nothing")


@pytest.mark.parametrize("kind", ["embedded", "redis"])
def test_what_is_urgent_runs_first(workshop, kind):
    service = workshop(kind, "tasks.pools.default.concurrency=1")
    with context.entered(REQUEST):
        for priority in (1, None, 9, 3, 5):
            name = f"priority {priority}"
            args = [name, 0]
            service.jobs.take_time.apply_async(args, {"place": str(service.place)}, priority=priority)
    service.start_worker()
    ended = service.wait_for(5, event="end")
    assert [line["name"][-1:] for line in ended] == ["9", "5", "e", "3", "1"]


@pytest.mark.parametrize("kind", BROKERS)
def test_what_runs_at_most_once_does_not_run_again(workshop, kind, tmp_path):
    service = workshop(kind, PAYMENTS)
    worker = service.start_worker()
    freed = str(tmp_path / "freed")
    with context.entered(REQUEST):
        service.jobs.charge("child", freed, place=str(service.place))
    (first,) = service.wait_for(1, name="child")
    os.kill(first["pid"], signal.SIGKILL)
    wait_until(lambda: "WorkerLostError" in service.running.log_of(worker), "the loss is reported")
    (tmp_path / "freed").touch()
    with context.entered(REQUEST):
        service.jobs.charge("next", freed, place=str(service.place))
    service.wait_for(1, name="next", event="end")
    assert [(line["name"], line["event"]) for line in service.seen()] == [
        ("child", "start"),
        ("next", "start"),
        ("next", "end"),
    ]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("redis", b"parcels.payments.charge"),
        pytest.param("rabbitmq", b"parcels.payments.charge", marks=pytest.mark.slow),
    ],
)
def test_what_runs_at_most_once_is_not_sent_again_where_the_answer_was_lost(workshop, kind, word):
    service = workshop(kind, PAYMENTS)
    with losing_the_answer(service.broker.port, word) as port:
        settings = service.celery.conf
        settings.broker_url = settings.broker_url.replace(str(service.broker.port), str(port))
        with context.entered(REQUEST), pytest.raises(TaskQueueUnavailable):
            service.jobs.charge("unsure", "", place=str(service.place))
        wait_until(service.waiting, "the call is there")
        assert service.waiting() == 1


def end_while_charging(service, end, names):
    """Start a worker and have `end` end it when it is full of calls that must not run twice; return its exit code."""
    worker = service.start_worker()
    freed = service.place.with_name("freed")
    with context.entered(REQUEST):
        for name in names:
            service.jobs.charge(name, str(freed), place=str(service.place))
    service.wait_for(2, event="start")
    end(worker)
    freed.touch()
    return worker.wait(START_DEADLINE)


def kill_all_of(worker):
    signal_all_of(worker, signal.SIGKILL)


def begun(service):
    return [line["name"] for line in service.seen() if line["event"] == "start"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_runs_at_most_once_is_not_lost_with_a_worker_that_stops(workshop, kind):
    service = workshop(kind, PAYMENTS)
    assert end_while_charging(service, Popen.terminate, range(5)) == 0
    service.start_worker()
    service.wait_for(5, event="end")
    assert sorted(begun(service)) == [*range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_runs_at_most_once_does_not_run_again_after_its_worker(workshop, kind):
    service = workshop(kind, PAYMENTS)
    end_while_charging(service, kill_all_of, range(4))
    other = service.start_worker()
    with context.entered(REQUEST):
        service.jobs.take_time("after", 0, place=str(service.place))
    if kind == "rabbitmq":
        wait_until(
            lambda: service.running.log_of(other).count("MayHaveRun") >= 2, "what may have run is reported"
        )
    else:
        service.wait_for(2, event="end", seconds=90)
    service.wait_for(1, name="after", event="end")
    assert len(begun(service)) == len(set(begun(service)))


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_limits_of_time_and_rate(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST):
        service.jobs.take_time.apply_async(["late", 0], {"place": str(service.place)}, expires=0.5)
        service.jobs.slow_down(str(service.place))
    time.sleep(1)
    service.start_worker()
    with context.entered(REQUEST):
        for _ in range(3):
            service.jobs.paced(str(service.place))
    service.wait_for(1, event="soft")
    wait_until(lambda: len([line for line in service.seen() if "at" in line]) == 3, "all three run")
    times = [line["at"] for line in service.seen() if "at" in line]
    assert times[2] - times[0] > 1.8
    assert not any(line.get("name") == "late" for line in service.seen())
