"""A call that does not fit into a message of the broker's is refused in clear words, and holds up no other."""

import json
from contextlib import suppress
from functools import partial

import pytest
from redis import Redis

from macaron_runner import context
from macaron_runner.tasks.brokers.too_large import CallTooLarge
from macaron_runner.tasks.sending.keeper import AWAY
from macaron_runner.tasks.sending.kept_call import record
from tests.tasks.workshop import CLOUDS, LARGEST_MESSAGE, PAYMENTS, TRANSPORTS, wait_until

REQUEST = context.Context(request_id="request-1")
LARGE = "x" * (LARGEST_MESSAGE + 1)

pytestmark = pytest.mark.service


@pytest.fixture
def small(workshop):
    """Give a function that makes the service with a broker that takes a megabyte at the most."""

    def make(kind, *overrides):
        service = workshop(kind, PAYMENTS, *overrides)
        if kind == "embedded":
            with Redis(unix_socket_path=service.broker.socket) as client:
                client.config_set("proto-max-bulk-len", LARGEST_MESSAGE)
        return service

    return make


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("job", ["tick", "charge"])
def test_a_call_that_is_too_large_is_refused_in_clear_words(small, kind, job):
    service = small(kind)
    arguments = {"tick": [LARGE], "charge": ["", LARGE]}[job]
    options = {"tick": {}, "charge": {"place": ""}}[job]
    with context.entered(REQUEST):
        for _ in range(2):
            with pytest.raises(CallTooLarge, match=rf"{job} is too large: .* takes 1,048,576 at the most"):
                getattr(service.jobs, job)(*arguments, **options)
        service.jobs.charge("", "", place="")
        service.jobs.tick(str(service.place))
    assert service.waiting() == 2


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_kept_call_that_is_too_large_does_not_hold_up_the_others(small, kind, caplog):
    service = small(kind, "tasks.when_broker_is_away=keep")
    keeper = service.celery.keeper
    keeper._outbox.keep(json.dumps(recorded(service, LARGE)))
    keeper._outbox.keep(json.dumps(recorded(service, str(service.place))))
    wait_until(lambda: drained(keeper), "the outbox is empty")
    assert "a kept call cannot be sent, and stays in the outbox: CallTooLarge" in caplog.text
    assert service.waiting() == 1


def recorded(service, argument):
    task = service.celery.tasks["parcels.jobs.tick"]
    call, _ = record(service.celery, partial(task._publish, (argument,), {}, queue="default"))
    return call


def drained(keeper):
    with suppress(*AWAY):
        keeper.drain()
    return keeper._outbox.is_empty()


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_letter_that_would_be_too_large_is_left_without_the_arguments(small, kind):
    service = small(kind)
    call = recorded(service, "x" * (LARGEST_MESSAGE // 2))
    service.celery.dead_letters.leave({**call, "body": call["body"] * 2}, ValueError("no"), "e1", 1)
    (kept,) = service.celery.dead_letters.look()
    assert (kept.letter.task, kept.letter.failure.message) == ("parcels.jobs.tick", "no")
    assert kept.letter.arguments is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLOUDS)
def test_a_cloud_refuses_it_as_well(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST), pytest.raises(ValueError, match=r"too large"):
        service.jobs.tick("x" * 12_000_000)
