"""What failed for good is kept with its error, and nothing is lost on the way."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from celery.exceptions import InvalidTaskError
from kombu import Queue
from kombu.exceptions import DecodeError
from redis import Redis

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.redaction import unredacted
from macaron_runner.tasks.brokers.queues import DELIVERIES, MOST_DELIVERIES
from macaron_runner.tasks.running.unreadable import ComesBack, refuse_deadly, refuse_misshapen
from macaron_runner.tasks.sending.dead_letters import DeadLetter, Failure
from tests.tasks.test_options_live import KILLS
from tests.tasks.workshop import START_DEADLINE, TRANSPORTS, wait_until

REQUEST = context.Context(request_id="request-1", user_id="alice")


def letters_of(service):
    return [kept.letter for kept in service.celery.dead_letters.look()]


def wait_for_letters(service, count):
    return wait_until(lambda: len(found := letters_of(service)) >= count and found, f"{count} dead letters")


class Odd(Exception):
    def __str__(self):
        return self.nothing


def test_what_is_told_of_an_error():
    try:
        raise KeyError("s3cret")
    except KeyError as error:
        failure = Failure.of(error, "e1", lambda text: text.replace("s3cret", "‹secret›"))
    assert (failure.type, failure.message, failure.error_id) == ("KeyError", "'‹secret›'", "e1")
    assert failure.traceback.startswith("Traceback")
    assert failure.traceback.endswith("KeyError: '‹secret›'")
    assert Failure.of(Odd(), "e2", unredacted).message == "<its text cannot be shown>"
    assert len(Failure.of(ValueError("x" * 1_000_000), "e3", unredacted).message) == 2_000


@pytest.mark.parametrize("body", ["[", "[1, 2]", '"text"', b"\xff", "[1, 2, 3]"])
def test_arguments_that_cannot_be_read_are_none(body):
    call = {"body": body, "exchange": "", "queues": ["default"], "properties": {"headers": None}}
    letter = DeadLetter.write(call, Failure("E", "", "", ""), 1)
    assert letter.arguments is None
    assert (letter.id, letter.task, letter.queue, letter.context) == ("", "", "default", {})
    assert DeadLetter.from_json(letter.to_json()) == letter


@pytest.mark.parametrize(
    ("headers", "payload", "sound"),
    [
        ({"task": "known", "id": "1"}, [[], {}, {}], True),
        ({"task": "known", "id": "1"}, [[1], {"a": 1}, None], True),
        ({"task": "macaron.pulse"}, {}, True),
        ({"task": "known"}, [[], {}, {}], False),
        ({"task": "known", "id": "1"}, 7, False),
        ({"task": "known", "id": "1"}, [[], {}], False),
        ({"task": "known", "id": "1"}, [{}, [], {}], False),
        ({"task": ["known"], "id": "1"}, [[], {}, {}], False),
        ({}, [[], {}, {}], False),
        (None, [[], {}, {}], False),
    ],
)
def test_the_form_of_a_call(headers, payload, sound):
    message = SimpleNamespace(headers=headers, payload=payload)
    if sound:
        refuse_misshapen(message, {"known"})
    else:
        with pytest.raises(InvalidTaskError):
            refuse_misshapen(message, {"known"})


@pytest.mark.parametrize(
    ("task", "count", "sound"),
    [
        ("known", MOST_DELIVERIES - 1, True),
        ("known", MOST_DELIVERIES, False),
        ("known", "many", True),
        ("unknown", MOST_DELIVERIES, True),
    ],
)
def test_a_call_that_came_back_too_often(task, count, sound):
    message = SimpleNamespace(headers={"task": task, DELIVERIES: count})
    with nullcontext() if sound else pytest.raises(ComesBack, match=f"{MOST_DELIVERIES} times"):
        refuse_deadly(message, {"known"})


@pytest.mark.parametrize(
    ("error", "raised"), [(DecodeError("cut"), DecodeError), (LookupError("no charset"), InvalidTaskError)]
)
def test_a_body_that_cannot_be_read(error, raised):
    class Cut(SimpleNamespace):
        @property
        def payload(self):
            raise error

    with pytest.raises(raised):
        refuse_misshapen(Cut(headers={"task": "known", "id": "1"}), {"known"})


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_failed_for_good_is_kept(workshop, kind):
    service = workshop(kind)
    assert letters_of(service) == []
    worker = service.start_worker()
    with context.entered(REQUEST):
        handle = service.jobs.fail(str(service.place))
        service.jobs.fail_at_first(9, place=str(service.place))
        service.jobs.hang(str(service.place))
    letters = {letter.task.rpartition(".")[2]: letter for letter in wait_for_letters(service, 3)}
    failed, given_up, hung = letters["fail"], letters["fail_at_first"], letters["hang"]
    assert (failed.id, failed.queue, failed.attempts) == (handle.id, "default", 1)
    assert failed.arguments == ([str(service.place)], {})
    assert failed.context["request_id"] == "request-1"
    assert (failed.failure.type, failed.failure.message) == ("ValueError", str(service.place))
    assert "parcels/jobs.py" in failed.failure.traceback
    (report,) = service.wait_for(1, title=f"parcels: ValueError: {service.place}")
    assert f"error_id: {failed.failure.error_id}" in report["body"]
    assert given_up.attempts == 3
    assert given_up.arguments == ([9], {"place": str(service.place)})
    assert hung.failure.type.endswith("TimeLimitExceeded")
    assert hung.context["request_id"] == "request-1"
    assert hung.failure.error_id in service.running.log_of(worker)
    assert service.waiting() == 0


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_messages_that_no_task_can_be_made_of_are_kept(workshop, kind):
    service = workshop(kind)
    worker = service.start_worker()
    sound = {"task": "parcels.jobs.tick", "id": "1"}
    with service.celery.producer_or_acquire() as producer:
        for headers, body, content_type in (
            ({"task": "parcels.jobs.new", "id": "2"}, "[[1], {}, {}]", "application/json"),
            (sound, b"\xff\xfe", "application/json"),
            (sound, "[[], [], {}]", "application/json"),
            (sound, "x", "application/x-python-serialize"),
            ({}, "{}", "application/json"),
        ):
            producer.publish(
                body,
                exchange=service.celery.amqp.queues["default"].exchange,
                routing_key="default",
                declare=[service.celery.amqp.queues["default"]],
                headers=headers,
                content_type=content_type,
                content_encoding="utf-8",
            )
    new, cut, misshapen, pickled, nameless = wait_for_letters(service, 5)
    assert (new.task, new.id, new.queue, new.arguments) == ("parcels.jobs.new", "2", "default", ([1], {}))
    assert new.failure.message == "this worker has no task parcels.jobs.new"
    assert [each.arguments for each in (cut, misshapen, pickled, nameless)] == [None, ([], {}), None, None]
    assert (cut.call["body"], pickled.call["body"], nameless.task) == (b"\xff\xfe", "x", "")
    service.jobs.tick.delay(str(service.place))
    service.wait_for(1)
    assert worker.poll() is None


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("kill", ["kill(os.getpid()", pytest.param("killpg(0", marks=pytest.mark.slow)])
def test_a_call_outlives_who_gives_it_up(workshop, kind, kill, tmp_path):
    """The kill comes when the letter is there, and the call not yet acknowledged."""
    service = workshop(kind)
    words = (*service.configuration.selection.arguments(), "--pool", "default")
    code = KILLS.format(flag=str(tmp_path / "killed"), kill=kill, moment="task_failure", words=words)
    service.running.start(
        sys.executable, "-c", code, **service.configuration.selection.environment_variables()
    )
    handle = service.jobs.fail.delay(str(service.place))
    wait_until((tmp_path / "killed").exists, "the kill")
    assert [letter.id for letter in letters_of(service)] == [handle.id]
    if "pg" in kill:
        service.start_worker()
    assert [letter.id for letter in wait_for_letters(service, 2)] == [handle.id] * 2
    assert len(service.seen()) == 2


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("job", ["fail", "hang"])
def test_a_call_that_cannot_be_kept_is_given_back(workshop, kind, job):
    service = workshop(kind)
    allow = forbid_letters(service, kind)
    worker = service.start_worker()
    getattr(service.jobs, job).delay(str(service.place))
    wait_until(
        lambda: service.running.log_of(worker).count("is given back until that can be kept") > 1, "two runs"
    )
    allow()
    (letter,) = wait_for_letters(service, 1)
    assert letter.task == f"parcels.jobs.{job}"


def forbid_letters(service, kind):
    """Have the broker refuse dead letters; return what lets it take them."""
    name = service.celery.dead_letters.queue.name
    if kind == "embedded":
        client = Redis(unix_socket_path=service.broker.socket)
        client.set(name, "no list")
        return lambda: client.delete(name)
    with service.celery.connection_for_write() as connection:
        connection.default_channel.exchange_declare(name, "fanout", auto_delete=False)

    def allow():
        with service.celery.connection_for_write() as connection:
            connection.default_channel.exchange_delete(name)

    return allow


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_call_that_comes_back_again_and_again_is_kept(workshop, kind):
    service = workshop(kind)
    handle = service.jobs.die.delay(str(service.place))
    give_back(service, MOST_DELIVERIES - 2)
    worker = service.start_worker()
    (letter,) = wait_for_letters(service, 1)
    assert (letter.id, letter.attempts) == (handle.id, MOST_DELIVERIES)
    assert letter.failure.message.startswith(f"it came back {MOST_DELIVERIES} times")
    assert len(service.seen()) == 2
    service.celery.dead_letters.send_again(letter)
    service.wait_for(3)
    assert worker.poll() is None


def give_back(service, times):
    """Take the one call and give it back, so many times, as workers that cannot keep it do."""
    with service.celery.connection_for_write() as connection:
        queue = service.celery.amqp.queues["default"].bind(connection)
        for _ in range(times):
            wait_until(queue.get, "the call is there").requeue()


@pytest.mark.service
def test_a_queue_that_was_made_without_a_limit_serves_as_well(workshop, caplog):
    service = workshop("rabbitmq")
    with service.celery.connection_for_write() as connection:
        Queue("default", queue_arguments={"x-queue-type": "quorum"}, channel=connection).declare()
    service.jobs.tick.delay(str(service.place))
    assert 'the queue "default" was made with another x-delivery-limit' in caplog.text
    worker = service.start_worker()
    service.wait_for(1)
    assert 'the queue "default" was made with another' in service.running.log_of(worker)


@pytest.mark.service
def test_a_queue_of_another_type_is_refused_in_clear_words(workshop, caplog):
    service = workshop("rabbitmq")
    with service.celery.connection_for_write() as connection:
        Queue("default", channel=connection).declare()
    with pytest.raises(TaskQueueUnavailable):
        service.jobs.tick.delay(str(service.place))
    assert 'the queue "default" is there, and is none that keeps' in caplog.text
    assert "x-queue-type" in caplog.text
    worker = service.start_entry("worker", "--pool", "default")
    assert worker.wait(START_DEADLINE) == 1
    assert 'the queue "default" is there, and is none that keeps' in service.running.log_of(worker)


@pytest.mark.service
def test_the_oldest_letters_go_first(workshop):
    service = workshop("embedded")
    letters = service.celery.dead_letters
    call = {"body": "[[], {}, {}]", "exchange": "", "queues": ["default"], "properties": {"headers": {}}}
    for number in range(3):
        letters.leave(call, ValueError(number), "", 1)
    with service.celery.connection_for_write() as connection:
        connection.default_channel.trim(letters.queue.name, 2)
    assert [letter.failure.message for letter in letters_of(service)] == ["1", "2"]
    looking = letters.look()
    next(looking).remove()
    looking.close()
    assert [letter.failure.message for letter in letters_of(service)] == ["2"]
