"""The scheduler's entry, with real brokers and workers: any number of them, one at work, each run once."""

import json
import os
import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from macaron_runner.tasks.scheduling.schedules import Planned, Run
from macaron_runner.tasks.scheduling.seat import send_run
from macaron_runner.tasks.scheduling.store_seat import LEASE
from macaron_runner.tasks.scheduling.times import IntervalTimes
from tests.tasks.workshop import START_DEADLINE, TRANSPORTS, signal_all_of, stop, wait_until

pytestmark = pytest.mark.service

OFTEN = Planned("often", "parcels.jobs.tick", IntervalTimes(1.0), "run_once")


def every_second(workshop, tmp_path, kind="embedded", **options):
    schedule = f'{{task: "parcels.jobs:tick", every: 1s, args: ["{tmp_path / "seen"}"]}}'
    return workshop(kind, f"tasks.schedules.often={schedule}", **options)


def says(service, scheduler, words, times=1):
    wait_until(
        lambda: len(re.findall(words, service.running.log_of(scheduler))) >= times, f"it says {words!r}"
    )


def messages(service):
    """Take all messages out of the default queue; return how many there are of each id."""
    ids = Counter()
    with service.celery.connection_for_read() as connection, connection.channel() as channel:
        while (message := channel.basic_get("default", no_ack=True)) is not None:
            ids[message.headers["id"]] += 1
    return ids


def assert_each_second_once(ids, since, most_left_out):
    """The messages are those of single runs, and of nearly every second."""
    seconds = int((datetime.now(UTC) - since).total_seconds()) + 2
    start = since.replace(microsecond=0)
    known = {Run(OFTEN, start + timedelta(seconds=ahead)).id("parcels") for ahead in range(seconds)}
    assert set(ids.values()) == {1}
    assert set(ids) <= known
    assert len(known) - len(ids) <= most_left_out


def test_a_task_runs_by_itself(workshop, tmp_path):
    service = every_second(workshop, tmp_path)
    service.start_worker()
    scheduler = service.start_entry("scheduler")
    times = [line["at"] for line in service.wait_for(4)]
    assert times[3] - times[0] > 1.5  # 3 s apart when they were sent; a worker may be late with the first
    assert stop(scheduler) == 0


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_one_of_two_works_and_the_other_takes_over(workshop, tmp_path, kind):
    service = every_second(workshop, tmp_path, kind)
    first = service.start_entry("scheduler")
    says(service, first, "this scheduler is at work")
    began = datetime.now(UTC)
    second = service.start_entry("scheduler")
    says(service, second, "another scheduler is at work")
    says(service, first, 'schedule "often" sent', 3)
    first.kill()
    first.wait(START_DEADLINE)
    killed = datetime.now(UTC)
    says(service, second, 'schedule "often" sent', 3)
    assert datetime.now(UTC) - killed < timedelta(seconds=LEASE + 20)
    assert stop(second) == 0
    third = service.start_entry("scheduler")
    says(service, third, 'schedule "often" sent', 2)
    assert stop(third) == 0
    assert_each_second_once(messages(service), began, most_left_out=LEASE + 30)


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.slow
def test_one_that_hangs_loses_its_seat_and_sends_nothing_when_it_wakes(workshop, tmp_path, kind):
    service = every_second(workshop, tmp_path, kind)
    first = service.start_entry("scheduler")
    says(service, first, 'schedule "often" sent', 2)
    began = datetime.now(UTC) - timedelta(seconds=30)
    second = service.start_entry("scheduler")
    says(service, second, "another scheduler is at work")
    first.send_signal(signal.SIGSTOP)
    says(service, second, 'schedule "often" sent', 2)
    first.send_signal(signal.SIGCONT)
    says(service, first, "another scheduler is at work")
    assert stop(first) == stop(second) == 0
    assert_each_second_once(messages(service), began, most_left_out=90)


def test_a_broker_that_comes_back_is_met_again(workshop, tmp_path):
    service = every_second(workshop, tmp_path)
    scheduler = service.start_entry("scheduler")
    says(service, scheduler, 'schedule "often" sent', 2)
    service.broker.process.kill()
    service.broker.process.wait(START_DEADLINE)
    says(service, scheduler, "schedules wait: the store is away")
    service.broker.start()
    says(service, scheduler, "this scheduler is at work", 2)
    assert stop(scheduler) == 0
    assert "Traceback" not in service.running.log_of(scheduler)


@pytest.mark.slow
def test_a_rabbitmq_that_hangs_is_met_again(workshop, tmp_path):
    service = every_second(workshop, tmp_path, "rabbitmq", own=True)
    began = datetime.now(UTC)
    scheduler = service.start_entry("scheduler")
    says(service, scheduler, 'schedule "often" sent', 2)
    signal_all_of(service.broker.process, signal.SIGSTOP)
    says(service, scheduler, "schedules wait: the broker is away")
    signal_all_of(service.broker.process, signal.SIGCONT)
    says(service, scheduler, "this scheduler is at work", 2)
    says(service, scheduler, 'schedule "often" sent', 4)
    assert stop(scheduler) == 0
    assert "Traceback" not in service.running.log_of(scheduler)
    assert_each_second_once(messages(service), began, most_left_out=120)


def test_a_run_that_was_sent_twice_runs_once(workshop, tmp_path):
    service = workshop("embedded")
    planned = Planned("often", OFTEN.task, OFTEN.times, "run_once", args=[str(service.place)])
    for due in (1, 1, 2, 1):
        send_run(service.celery, Run(planned, datetime.fromtimestamp(due, UTC)))
    worker = service.start_worker()
    service.wait_for(2)
    says(service, worker, "this run of its schedule was sent twice", 2)
    assert len(service.seen()) == 2


def test_a_run_whose_worker_was_killed_runs_again(workshop, tmp_path):
    service = workshop("embedded")
    times = IntervalTimes(1.0)
    planned = Planned("long", "parcels.jobs.wait_until", times, "run_once", args=[str(tmp_path / "free")],
                      kwargs={"place": str(service.place)})  # fmt: skip
    send_run(service.celery, Run(planned, datetime.fromtimestamp(1, UTC)))
    service.start_worker()
    (first,) = service.wait_for(1, event="start")
    (tmp_path / "free").touch()
    os.kill(first["pid"], signal.SIGKILL)
    service.wait_for(1, event="end")


def test_what_the_book_holds(workshop, tmp_path):
    service = every_second(workshop, tmp_path)
    scheduler = service.start_entry("scheduler")
    says(service, scheduler, 'schedule "often" sent', 2)
    assert stop(scheduler) == 0
    with service.celery.store.client as client:
        assert client.get("macaron:parcels:scheduler:seat") is None, "it was given up"
        ((name, (times, *_)),) = json.loads(client.get("macaron:parcels:scheduler:book")).items()
    assert (name, times) == ("often", "every 1 s")


def test_without_schedules_it_says_so(workshop):
    service = workshop("embedded", start=False)
    scheduler = service.start_entry("scheduler")
    wait_until(lambda: scheduler.poll() is not None, "it ends")
    assert scheduler.returncode == 2
    assert "nothing under tasks.schedules" in service.running.log_of(scheduler)
