"""The context of a request in whatever Celery sends on its behalf, with a broker and a worker inside this process."""

import pytest
from celery import chain, chord, group, signals
from celery.contrib.testing.worker import start_worker

from macaron_runner import context
from macaron_runner.context import Context
from macaron_runner.tasks.celery_app import ServiceCelery
from macaron_runner.tasks.envelope import CONTEXT_HEADER, read_context
from tests.tasks.recording import service_with

REQUEST = Context(
    request_id="r1",
    call_path="shop",
    user_id="alice",
    claims={"role": "clerk"},
    token="t0ken",
    deadline=1764345600.5,
    accept_language="de",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    tracestate="a=1",
)
DEADLINE = 30


def leave_logging_alone(**_):
    """Stand in for Celery's set-up of logging, which would stay for the tests of other rooms."""


@pytest.fixture(scope="module")
def app():
    app = ServiceCelery("parcels", set_as_current=False)
    app.conf.update(
        broker_url="memory://", result_backend="cache+memory://", broker_connection_retry_on_startup=False
    )

    @app.task(name="look", bind=True, shared=False)
    def look(self, *_, again=False):
        if again and not self.request.retries:
            raise self.retry(countdown=0)
        return read_context(self.request.get(CONTEXT_HEADER))

    @app.task(name="call", shared=False)
    def call():
        caller = Context(request_id="r2", operation="call")
        with context.entered(caller):
            return look.delay().id

    signals.setup_logging.connect(leave_logging_alone)
    with start_worker(app, perform_ping_check=False, shutdown_timeout=DEADLINE):
        yield app
    signals.setup_logging.disconnect(leave_logging_alone)


@pytest.fixture(autouse=True)
def service():
    context.activate(service_with())


def sent(signature):
    with context.entered(REQUEST):
        return signature.apply_async()


def test_a_call(app):
    travelled = sent(app.tasks["look"].s()).get(timeout=DEADLINE)
    assert Context.from_json(travelled) == REQUEST._replace(token=None)
    assert "t0ken" not in str(travelled)


def test_a_retry(app):
    assert sent(app.tasks["look"].s(again=True)).get(timeout=DEADLINE) == REQUEST.to_json()


def test_every_step_of_a_chain(app):
    look = app.tasks["look"]
    last = sent(chain(look.s(), look.s(), look.s()))
    steps = [last, last.parent, last.parent.parent]
    assert [step.get(timeout=DEADLINE) for step in steps] == [REQUEST.to_json()] * 3


def test_every_part_of_a_group_and_what_follows_it(app):
    look = app.tasks["look"]
    both = sent(chord(group(look.s(), look.s(again=True)), look.s()))
    assert both.get(timeout=DEADLINE) == REQUEST.to_json()
    assert both.parent.get(timeout=DEADLINE) == [REQUEST.to_json()] * 2


def test_a_callback_and_an_errback(app):
    look = app.tasks["look"]
    called = sent(look.s().on_error(look.s()).set(link=look.s()))
    called.get(timeout=DEADLINE)
    (after,) = called.children
    assert after.get(timeout=DEADLINE) == REQUEST.to_json()


def test_a_call_inside_a_task_has_that_tasks_context(app):
    inner = sent(app.tasks["call"].s()).get(timeout=DEADLINE)
    travelled = app.AsyncResult(inner).get(timeout=DEADLINE)
    assert (travelled["request_id"], travelled["operation"]) == ("r2", "call")


def test_without_a_request_nothing_travels(app):
    assert app.tasks["look"].delay().get(timeout=DEADLINE) is None
