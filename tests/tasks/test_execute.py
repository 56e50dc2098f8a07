import pytest

from macaron_runner import context
from macaron_runner.errors import add_error
from macaron_runner.tasks.envelope import UndecodableEnvelope
from macaron_runner.tasks.options import TaskOptions
from macaron_runner.tasks.running.execute import TaskEnded, execute
from macaron_runner.tasks.task import Task
from tests.tasks import parcels
from tests.tasks.recording import Parcel, RecordingReporter, service_with

Sold = add_error("Sold", "SOLD_OUT", 409)


class StopWorker(BaseException):
    """Stands for what Celery raises to steer itself."""


@pytest.fixture
def reporter():
    recording = RecordingReporter()
    context.activate(service_with(report_crash=recording))
    return recording


def run(function, *args, caller=None, keep_result=False):
    function.__qualname__ = function.__name__
    task = function if isinstance(function, Task) else Task(function, TaskOptions())
    return execute(
        task,
        list(args),
        {},
        caller,
        keep_result=keep_result,
        is_control_flow=lambda error: isinstance(error, StopWorker),
    )


def test_the_callers_context_is_entered(reporter):
    seen = []

    def look():
        seen.append(context.current())

    caller = context.Context(request_id="r", user_id="alice", call_path="web", claims={"data": {"a": 1}})
    run(look, caller=caller.to_json())
    (current,) = seen
    assert (current.request_id, current.user_id, current.call_path) == ("r", "alice", "web")
    assert current.claims == {"data": {"a": 1}}
    assert current.operation.endswith(".look")
    assert context.current() is None


def test_a_run_that_nobody_asked_for_gets_ids_of_its_own(reporter):
    seen = []

    def look():
        seen.append(context.current())

    run(look)
    assert seen[0].request_id
    assert seen[0].call_path == "parcels"


def test_arguments_and_kept_results_are_what_they_were(reporter):
    encoded = {"$model": "parcels.Parcel", "value": {"weight": 2, "label": None}}
    seen = []

    def keep(parcel):
        seen.append(parcel)
        return parcel

    assert run(keep, encoded, keep_result=True) == encoded
    assert seen == [Parcel(2)]


def test_a_result_that_is_not_kept_may_be_anything(reporter):
    def odd():
        return object()

    assert run(odd) is None
    with pytest.raises(TypeError, match="the result of"):
        run(odd, keep_result=True)


def test_an_error_is_reported_and_raised(reporter):
    def fail():
        raise KeyError("sku")

    with pytest.raises(KeyError):
        run(fail, caller={"request_id": "r"})
    ((error, error_id, current),) = reporter.reports
    assert isinstance(error, KeyError)
    assert error_id
    assert current.request_id == "r"


def test_an_error_of_the_services_own_is_reported_with_its_id(reporter):
    def fail():
        raise Sold("no more")

    with pytest.raises(Sold) as caught:
        run(fail)
    assert [(error, error_id) for error, error_id, _ in reporter.reports] == [
        (caught.value, caught.value.error_id)
    ]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_what_would_end_the_process_is_a_failure_and_no_more(reporter, error):
    def leave():
        raise error

    with pytest.raises(TaskEnded, match=type(error).__name__):
        run(leave)
    assert reporter.reports[0][0] is error


def test_celerys_own_signals_pass(reporter):
    def stop():
        raise StopWorker

    with pytest.raises(StopWorker):
        run(stop)
    assert reporter.reports == []


def test_what_cannot_be_decoded_is_reported(reporter):
    with pytest.raises(UndecodableEnvelope):
        run(parcels.weigh, {"$model": "parcels.Letter", "value": {}})
    assert len(reporter.reports) == 1


def test_an_error_is_logged_where_nobody_takes_reports(caplog):
    context.activate(service_with())

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(fail)
    assert "failed (error_id" in caplog.text
