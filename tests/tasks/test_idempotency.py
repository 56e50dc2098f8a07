"""Of the calls with one idempotency key one runs: the claims themselves, and through real workers."""

import os
import signal
import sys
import time

import pytest
from celery import chain
from redis import Redis

from macaron_runner import context
from macaron_runner.tasks.options import TaskOptions
from macaron_runner.tasks.running.idempotency import Claimed, Keys
from macaron_runner.tasks.store import Store
from tests.tasks.workshop import START_DEADLINE, Embedded, wait_until

pytestmark = pytest.mark.service

MODULES = "tasks.modules=[parcels.jobs, parcels.packing]"


@pytest.fixture
def broker(running, configure):
    broker = Embedded(running, configure())
    broker.start()
    return broker


@pytest.fixture
def keys(broker):
    with Redis(unix_socket_path=broker.socket, decode_responses=True) as client:
        yield Keys(Store(client, "parcels"))


def test_who_comes_second_gets_the_result_of_the_first(keys):
    assert keys.once("mail", "k", 60, lambda: {"weight": 1}) == {"weight": 1}
    assert keys.once("mail", "k", 60, lambda: pytest.fail("it ran twice")) == {"weight": 1}
    assert keys.once("mail", "other", 60, lambda: "ran") == "ran"
    assert keys.once("bill", "k", 60, lambda: "ran") == "ran"


def test_while_one_runs_others_come_again(keys):
    def run():
        with pytest.raises(Claimed, match="runs at the moment"):
            keys.once("mail", "k", 60, lambda: pytest.fail("it ran twice"))
        return "ran"

    assert keys.once("mail", "k", 60, run) == "ran"


SLEEPS = """
import sys, time
from redis import Redis
from macaron_runner.tasks.running.idempotency import Claimed, Keys
from macaron_runner.tasks.store import Store

def run():
    print("begun", flush=True)
    time.sleep(3)
    return "first"

with Redis(unix_socket_path={socket!r}, decode_responses=True) as client:
    try:
        print(Keys(Store(client, "parcels"), lease=1).once("mail", "k", 60, run))
    except Claimed:
        print("claimed by another", flush=True)
"""


@pytest.fixture
def sleeper(broker, running):
    """Give a process that has claimed a key, and been put to sleep until its claim was over."""
    process = running.start(sys.executable, "-c", SLEEPS.format(socket=broker.socket))
    wait_until(lambda: "begun" in running.log_of(process), "it has begun")
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    return process


def test_who_slept_too_long_gets_the_result_of_who_took_its_place(keys, sleeper, running):
    assert keys.once("mail", "k", 60, lambda: "second") == "second"
    sleeper.send_signal(signal.SIGCONT)
    assert sleeper.wait(START_DEADLINE) == 0
    assert running.log_of(sleeper).splitlines()[-1] == "second"
    assert keys.once("mail", "k", 60, lambda: pytest.fail("it ran again")) == "second"


def test_who_slept_too_long_does_not_confirm_while_another_runs(keys, sleeper, running):
    def run():
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(START_DEADLINE) == 0
        return "second"

    assert keys.once("mail", "k", 60, run) == "second"
    assert "the call runs twice" in running.log_of(sleeper)
    assert running.log_of(sleeper).splitlines()[-1] == "claimed by another"


def test_a_call_that_failed_lets_go_of_its_key(keys):
    with pytest.raises(ZeroDivisionError):
        keys.once("mail", "k", 60, lambda: 1 / 0)
    assert keys.once("mail", "k", 60, lambda: "ran") == "ran"


def test_keys_are_forgotten(keys):
    assert keys.once("mail", "k", 0.05, lambda: 1) == 1
    time.sleep(0.1)
    assert keys.once("mail", "k", 60, lambda: 2) == 2


def test_without_the_store_nothing_runs(tmp_path):
    with (
        Redis(unix_socket_path=str(tmp_path / "nobody")) as client,
        pytest.raises(Claimed, match="cannot be asked"),
    ):
        Keys(Store(client, "parcels")).once("mail", "k", 60, lambda: pytest.fail("it ran"))


def test_keys_of_calls():
    options = TaskOptions.read({"idempotency_key": lambda order, **_: order})
    assert options.key_of((7,), {}) == "7"
    assert options.key_of((None,), {}) is None
    with pytest.raises(TypeError, match="a text, a whole number"):
        options.key_of(({},), {})


@pytest.fixture
def service(workshop, tmp_path):
    made = workshop("embedded", MODULES)
    made.worker = made.start_worker()
    made.freed = tmp_path / "freed"
    with context.entered(context.Context(request_id="request-1")):
        yield made


def test_of_two_calls_one_runs(service):
    (service.freed).touch()
    steps = [service.jobs.send_once.s("a", str(service.freed), place=str(service.place)) for _ in range(2)]
    for step in steps:
        chain(step, service.jobs.note_weight.s(place=str(service.place))).apply_async()
    service.wait_for(2, weight=1)
    assert len([line for line in service.seen() if line.get("event") == "start"]) == 1


def test_a_call_of_its_own_key(service):
    for _ in range(3):
        service.jobs.tick.apply_async([str(service.place)], idempotency_key="only this")
    service.jobs.take_time("after", 0.5, place=str(service.place))
    service.wait_for(1, name="after", event="end")
    assert len([line for line in service.seen() if "at" in line]) == 1


def test_a_call_that_failed_runs_again(service):
    service.freed.touch()
    service.jobs.send_once("a", str(service.freed), place=str(service.place), fail_first=True)
    service.wait_for(1, event="end")
    events = [line["event"] for line in service.seen()]
    assert events == ["start", "start", "end"]


@pytest.mark.slow
def test_the_second_waits_and_the_first_runs_again_where_its_process_is_killed(service):
    for _ in range(2):
        service.jobs.send_once("a", str(service.freed), place=str(service.place))
    (first,) = service.wait_for(1, event="start")
    wait_until(
        lambda: "waits: a call with this key" in service.running.log_of(service.worker), "the second waits"
    )
    os.kill(first["pid"], signal.SIGKILL)
    service.wait_for(2, event="start")  # when the claim of the lost process is over
    service.freed.touch()
    service.wait_for(1, event="end")
    wait_until(
        lambda: service.running.log_of(service.worker).count("send_once done in") == 2,
        "both are done",
        START_DEADLINE,
    )
    assert [line["event"] for line in service.seen()] == ["start", "start", "end"]


def test_a_key_without_a_store_is_refused(workshop):
    jobs = workshop("rabbitmq", start=False).jobs
    with pytest.raises(RuntimeError, match=r"tasks\.store"):
        jobs.tick.apply_async([""], idempotency_key="a")
