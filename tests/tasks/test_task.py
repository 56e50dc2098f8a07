import pytest

from macaron_runner import context
from macaron_runner.tasks.task import Task, asynctask
from macaron_runner.testing import recorded_tasks
from tests.tasks import parcels
from tests.tasks.recording import service_with


@pytest.fixture
def calls():
    context.activate(service_with())
    with recorded_tasks() as calls:
        yield calls


def test_runs_at_once_in_a_plain_script():
    assert parcels.weigh(3, twice=True) == 6


def test_runs_at_once_where_a_service_is_loaded_but_nothing_is_under_way(calls):
    assert parcels.weigh(3) == 3
    assert not calls


def test_runs_at_once_in_a_service_without_tasks():
    context.activate(service_with())
    with context.entered(context.Context()):
        assert parcels.weigh(3) == 3


def test_a_call_in_a_request_is_queued(calls):
    with context.entered(context.Context()):
        handle = parcels.weigh(3, twice=True)
    (call,) = calls
    assert handle is call
    assert (call.name, call.args, call.kwargs) == ("tests.tasks.parcels.weigh", (3,), {"twice": True})
    assert call.options == {"countdown": 0.0}


def test_now_runs_at_once_even_in_a_request(calls):
    with context.entered(context.Context()):
        assert parcels.weigh.now(3) == 3
    assert not calls


def test_delay_queues_wherever_it_is_called(calls):
    assert parcels.weigh.delay(3) is calls[0]


def test_decorated_without_parentheses(calls):
    parcels.plain.delay(3)
    assert calls[0].name == "tests.tasks.parcels.plain"


def test_the_decorators_options_hold(calls):
    parcels.post.delay(3)
    assert calls[0].options == {"queue": "post", "countdown": 90.0}


def test_options_of_a_call_win(calls):
    parcels.post.apply_async([3], queue="default", countdown=0)
    assert calls[0].options == {"queue": "default", "countdown": 0.0}


@pytest.mark.parametrize("call", [lambda: parcels.weigh.delay(), lambda: parcels.weigh.delay(1, thrice=True)])
def test_a_wrong_call_fails_in_the_caller(calls, call):
    with pytest.raises(TypeError, match="argument"):
        call()
    assert not calls


def test_queueing_needs_a_service():
    with pytest.raises(RuntimeError, match="load_service"):
        parcels.weigh.delay(3)


def test_queueing_needs_the_tasks_key():
    context.activate(service_with())
    with pytest.raises(RuntimeError, match="no tasks: key"):
        parcels.weigh.delay(3)


def test_a_task_looks_like_its_function():
    assert (parcels.weigh.__name__, parcels.weigh.__doc__) == ("weigh", "Return the weight.")
    assert repr(parcels.weigh) == "<Task tests.tasks.parcels.weigh>"


def test_a_task_that_workers_would_not_find_is_not_queued(calls):
    with pytest.raises(TypeError, match="outermost decorator"):
        parcels.first.delay(3)


def test_a_task_of_a_script_is_not_queued(calls):
    def work():
        return 1

    work.__module__, work.__qualname__ = "__main__", "work"
    task = asynctask()(work)
    assert task.now() == 1
    with pytest.raises(TypeError, match="move the task into a module"):
        task.delay()


def test_what_workers_cannot_find_is_no_task():
    def nested():
        pass

    class Shop:
        def method(self):
            pass

    for function in (nested, lambda: None, Shop.method):
        with pytest.raises(TypeError, match="top of a module"):
            asynctask()(function)


def test_only_plain_functions_are_tasks():
    async def work():
        pass

    work.__qualname__ = "work"
    with pytest.raises(TypeError, match="async"):
        asynctask()(work)
    with pytest.raises(TypeError, match="makes functions tasks"):
        asynctask()(print)


def test_importing_a_task_does_not_import_celery(python):
    assert python("import sys, macaron_runner.tasks.task; print('celery' in sys.modules)") == "False\n"


def test_a_task_is_a_task():
    assert isinstance(parcels.weigh, Task)
