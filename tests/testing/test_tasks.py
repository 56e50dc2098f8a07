"""Tasks recorded and run inline, as the tests of a service do it."""

from datetime import date

import pytest

from macaron_runner import Retries, asynctask, context
from macaron_runner.context import Context
from macaron_runner.errors import NotFound
from macaron_runner.testing import inline_tasks, recorded_tasks
from tests.tasks.recording import Parcel, service_with

REQUEST = Context(request_id="r1", user_id="alice", token="t0ken", accept_language="de")

ran = []


@asynctask(queue="post", delay="1m", priority=7)
def store(parcel, *, day=None):
    ran.append((parcel, day, context.current()))


@asynctask()
def relay(weight):
    ran.append("relay")
    store(Parcel(weight))


@asynctask(retries=Retries(max=2, on=(ConnectionError,)))
def fail(error):
    ran.append(error)
    raise {"connection": ConnectionError, "missing": NotFound}[error](error)


@asynctask(retries=2)
def fail_at_first():
    ran.append("again")
    if len(ran) == 1:
        raise ValueError


@asynctask(keep_result=True)
def pack(weight):
    return Parcel(weight), date(2026, 11, 28)


@pytest.fixture(autouse=True)
def service():
    ran.clear()
    context.activate(service_with())


def test_calls_are_recorded_and_do_not_run():
    with recorded_tasks() as calls, context.entered(REQUEST):
        queued = store(Parcel(2), day=date(2026, 11, 28))
        store.apply_async([Parcel(3)], queue="express", countdown="5s")
    assert ran == []
    assert queued is calls[0]
    assert [call.name for call in calls] == ["tests.testing.test_tasks.store"] * 2
    assert (calls[0].args, calls[0].kwargs) == ((Parcel(2),), {"day": date(2026, 11, 28)})
    assert calls[0].options == {"queue": "post", "countdown": 60.0, "priority": 7}
    assert calls[1].options == {"queue": "express", "countdown": 5.0, "priority": 7}


def test_what_is_called_later_sees_what_was_passed_then():
    parcel = Parcel(2)
    with recorded_tasks() as calls:
        store.delay(parcel)
    parcel.weight = 3
    assert calls[0].args[0].weight == 2
    assert calls[0].args[0] is not calls[0].args[0]


def test_the_context_travels_without_the_token():
    with recorded_tasks() as calls, context.entered(REQUEST):
        store(Parcel(2))
    assert calls[0].context == REQUEST._replace(token=None)
    calls.run()
    ((_, _, current),) = ran
    assert (current.user_id, current.accept_language, current.token) == ("alice", "de", None)
    assert current.operation == "tests.testing.test_tasks.store"


def test_recorded_calls_run_once_and_so_does_what_they_call():
    with recorded_tasks() as calls, context.entered(REQUEST):
        relay(4)
    calls.run()
    calls.run()
    assert len(calls) == 2
    assert ran[0] == "relay"
    assert [(parcel, current.user_id) for parcel, _, current in ran[1:]] == [(Parcel(4), "alice")]


def test_a_script_runs_its_calls_at_once():
    with recorded_tasks() as calls:
        store(Parcel(1))
        store.now(Parcel(2))
    assert len(calls) == 0
    assert [parcel.weight for parcel, _, _ in ran] == [1, 2]


@pytest.mark.parametrize("taking", [recorded_tasks, inline_tasks])
def test_what_cannot_travel_is_refused_at_the_call(taking):
    with taking() as calls:
        with pytest.raises(TypeError, match='argument "day" is of type'):
            store.delay(Parcel(1), day=object())
        with pytest.raises(TypeError, match="missing a required argument"):
            store.delay()
        with pytest.raises(ValueError, match="priority"):
            store.apply_async([Parcel(1)], priority=10)
        with pytest.raises(RuntimeError, match="need a broker"):
            store.s(Parcel(1))
    assert len(calls) == 0


def test_inline_they_run_at_once_with_arguments_made_anew():
    parcel = Parcel(2)
    with inline_tasks() as calls, context.entered(REQUEST):
        relay(5)
        store(parcel)
        assert [each if isinstance(each, str) else each[0].weight for each in ran] == ["relay", 5, 2]
    assert ran[-1][0] == parcel
    assert ran[-1][0] is not parcel
    assert [call.runs for call in calls] == [1, 1, 1]


def test_a_failure_is_retried_and_told_after_the_block_not_to_the_caller():
    def call():
        with inline_tasks():
            fail.delay("connection")
            ran.append("the caller goes on")

    with pytest.raises(ConnectionError):
        call()
    assert ran == [*["connection"] * 3, "the caller goes on"]


def test_what_is_not_worth_a_retry_has_none():
    with recorded_tasks() as calls:
        fail.delay("missing")
    with pytest.raises(NotFound):
        calls.run()
    assert isinstance(calls[0].error, NotFound)
    assert ran == ["missing"]


def test_one_that_succeeds_in_the_end_has_not_failed():
    with inline_tasks() as calls:
        fail_at_first.delay()
    assert (calls[0].runs, calls[0].error) == (2, None)


def test_an_error_in_the_block_is_the_one_that_is_seen():
    def call():
        with inline_tasks():
            fail.delay("missing")
            raise KeyError("sku")

    with pytest.raises(KeyError):
        call()


def test_results_come_back_where_they_are_kept():
    with inline_tasks():
        assert pack.delay(2).get() == (Parcel(2), date(2026, 11, 28))
        with pytest.raises(RuntimeError, match="is not kept"):
            store.delay(Parcel(1)).get()
    with recorded_tasks() as calls:
        queued = pack.delay(3)
    with pytest.raises(TimeoutError, match="has not run"):
        queued.get(timeout=1)
    calls.run()
    assert queued.get()[0] == Parcel(3)


def test_afterwards_the_service_queues_as_before():
    with recorded_tasks(), inline_tasks():
        pass
    assert context.service().queue is None


def test_a_service_must_be_loaded():
    context.deactivate()
    with pytest.raises(RuntimeError, match="no service is loaded"), recorded_tasks():
        pass
