"""Chains, groups and chords of Celery, with models and dates as arguments and as results that are passed on."""

import sys
from datetime import date

import pytest
from celery import chain, chord, group
from redis import Redis as Client

from macaron_runner import context
from tests.tasks import parcels
from tests.tasks.test_options_live import KILLS
from tests.tasks.workshop import START_DEADLINE, Redis, wait_until

DAY = date(2026, 11, 27)
MODULES = "tasks.modules=[parcels.jobs, parcels.packing]"
REQUEST = context.Context(request_id="request-1", user_id="alice")


def test_signatures_need_a_queue():
    with pytest.raises(RuntimeError, match="load_service"):
        parcels.weigh.s()


@pytest.fixture
def service(workshop):
    made = workshop("embedded", MODULES)
    made.start_worker()
    with context.entered(REQUEST):
        yield made


@pytest.mark.service
def test_chains_groups_and_chords(service):
    jobs, parcel = service.jobs, service.Parcel
    line = chain(jobs.pack.s(1, DAY), jobs.heavier.s(2), jobs.heavier.s(by=3)).delay()
    both = group(jobs.pack.s(weight, DAY) for weight in (1, 2)).delay()
    top = chord(
        (jobs.pack.s(weight, DAY) for weight in (5, 9, 7)), jobs.heaviest.s(place=str(service.place))
    ).delay()
    nested = chord(
        [group(jobs.pack.si(1, DAY), chain(jobs.pack.s(3, DAY), jobs.heavier.s(1))), jobs.pack.s(2, DAY)],
        jobs.heaviest.s(place=str(service.place)),
    ).delay()
    assert line.get(timeout=START_DEADLINE) == (parcel(weight=6, label="Friday"), DAY)
    assert both.get(timeout=START_DEADLINE) == [
        (parcel(weight=weight, label="Friday"), DAY) for weight in (1, 2)
    ]
    assert top.get(timeout=START_DEADLINE) == (parcel(weight=9, label="Friday"), DAY)
    assert nested.get(timeout=START_DEADLINE) == (parcel(weight=4, label="Friday"), DAY)
    assert service.wait_for(2, request_id="request-1", user_id="alice")


@pytest.mark.service
def test_a_result_is_passed_on_where_it_is_not_kept(service):
    jobs = service.jobs
    steps = chain(jobs.pack.s(1, DAY).set(ignore_result=True), jobs.note.s(place=str(service.place)))
    steps.apply_async()
    (seen,) = service.wait_for(1, weight=1)
    assert (seen["day"], seen["user_id"]) == ("2026-11-27", "alice")


def test_what_cannot_be_a_part_is_refused(workshop):
    jobs = workshop("embedded", MODULES, start=False).jobs
    with pytest.raises(TypeError, match='argument "day" is of type'):
        jobs.pack.s(1, day=object())
    with pytest.raises(TypeError, match="too many positional"):
        jobs.pack.s(1, DAY, 3)
    with pytest.raises(TypeError, match="missing"):
        jobs.pack.si(1)


@pytest.mark.service
def test_a_model_given_to_a_signature_too_late_is_refused(service):
    with pytest.raises(TypeError, match=r"give its arguments to \.s\(\)"):
        service.jobs.heavier.s(by=1).delay(service.Parcel(weight=1))


def test_a_chord_without_a_store_is_refused(workshop):
    jobs = workshop("rabbitmq", start=False).jobs
    with pytest.raises(RuntimeError, match=r"tasks\.store"):
        chord([jobs.tick.s("")] * 2, jobs.tick.si("")).delay()


@pytest.mark.service
def test_the_task_after_a_group_is_sent_though_the_process_that_was_to_send_it_is_killed(workshop, tmp_path):
    service = workshop("embedded", MODULES)
    words = (*service.configuration.selection.arguments(), "--pool", "default")
    code = KILLS.format(
        flag=str(tmp_path / "killed"), kill="kill(os.getpid()", moment="before_task_publish", words=words
    )
    service.running.start(
        sys.executable, "-c", code, **service.configuration.selection.environment_variables()
    )
    with context.entered(REQUEST):
        parts = [service.jobs.pack.s(weight, DAY) for weight in (5, 9)]
        top = chord(parts, service.jobs.heaviest.s(place=str(service.place))).delay()
    assert top.get(timeout=START_DEADLINE) == (service.Parcel(weight=9, label="Friday"), DAY)
    assert (tmp_path / "killed").exists()
    assert len(service.seen()) == 1


@pytest.mark.slow
@pytest.mark.service
def test_the_task_after_a_group_is_sent_when_the_broker_is_back(workshop, running, configure, tmp_path):
    store = Redis(running, configure())
    (tmp_path / "store").mkdir()
    running.start("redis-server", "--port", str(store.port), "--save", "", "--dir", str(tmp_path / "store"))
    service = workshop("redis", MODULES, f"tasks.store=redis://127.0.0.1:{store.port}/0")
    worker = service.start_worker()
    freed = tmp_path / "freed"
    with context.entered(REQUEST):
        parts = [service.jobs.wait_until.si(str(freed), place=str(service.place)) for _ in range(2)]
        chord(parts, service.jobs.tick.si(str(service.place))).delay()
    service.wait_for(2, event="start")
    service.broker.process.kill()
    service.broker.process.wait(START_DEADLINE)
    freed.touch()
    wait_until(lambda: "could not be queued" in service.running.log_of(worker), "it cannot be sent")
    service.broker.start()
    wait_until(lambda: any("at" in line for line in service.seen()), "it runs", 90)


@pytest.mark.service
def test_a_result_is_not_missed_where_the_store_takes_nothing_for_a_while(workshop, tmp_path):
    service = workshop("embedded", MODULES, "tasks.settings.task_ignore_result=false")
    worker = service.start_worker()
    freed = tmp_path / "freed"
    with context.entered(REQUEST):
        handle = service.jobs.wait_until(str(freed), place=str(service.place))
        part = service.jobs.wait_until.si(str(freed), place=str(service.place))
        top = chord([part, service.jobs.pack.si(1, DAY)], service.jobs.advance.si()).delay()
    service.wait_for(2, event="start")
    with Client(unix_socket_path=service.broker.socket) as broker:
        broker.config_set("min-replicas-to-write", 1)
        freed.touch()
        service.wait_for(2, event="end")
        wait_until(lambda: "Connection to Redis lost" in service.running.log_of(worker), "it is tried again")
        broker.config_set("min-replicas-to-write", 0)
    assert handle.get(timeout=START_DEADLINE) is None
    assert top.get(timeout=START_DEADLINE) is None
