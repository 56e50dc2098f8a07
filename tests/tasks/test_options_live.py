"""Options of tasks through real brokers and real workers."""

import sys

import pytest

from macaron_runner import context
from tests.tasks.workshop import BROKERS, TRANSPORTS, wait_until

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
