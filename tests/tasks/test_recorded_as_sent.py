"""What macaron_runner.testing records is what the real queue composes for the broker, and goes to the same queue."""

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from macaron_runner import context
from macaron_runner.testing import recorded_tasks

REQUEST = context.Context(request_id="request-1", user_id="alice", token="t0ken", accept_language="de")
VALUES = [
    *(
        None,
        True,
        2**70,
        -0.5,
        math.inf,
        "",
        "grüße \ud800",
        b"\x00\xff",
        {1: "one"},
        {"$date": "no"},
        {"__type__": 1},
    ),
    *(
        date(2026, 11, 28),
        datetime(2026, 11, 28, tzinfo=UTC),
        Decimal("1.50"),
        UUID(int=7),
        ({1, 2}, [frozenset()]),
    ),
]


def sent(service):
    """Return what waits for a broker that is away: queue, arguments, context."""
    calls = [json.loads(text) for _, text in service.outbox.take(100)]
    for call in calls:
        args, kwargs, _ = json.loads(call["body"])
        headers = call["properties"]["headers"]
        yield call["properties"]["routing_key"], args, kwargs, json.loads(headers["macaron_context"])


def recorded(calls):
    for call in calls:
        message = json.loads(call._text)
        yield call.queue, message["args"], message["kwargs"], message["context"]


def test_what_is_recorded_is_what_would_be_sent(workshop):
    routes = ("tasks.pools.default.queues=[default, heavy, light]", "tasks.routes={'*.tick': heavy}")
    service = workshop("embedded", "tasks.when_broker_is_away=keep", *routes, start=False)
    service.outbox = service.celery.keeper._outbox
    selection = service.configuration.selection

    def call():
        service.jobs.store([service.Parcel(weight=1)], place="/nowhere")
        service.jobs.tick("/nowhere")
        service.jobs.tick.apply_async(["/nowhere"], queue="light", expires="1h")
        for value in VALUES:
            service.jobs.tick(value)

    with context.entered(REQUEST):
        call()
        with recorded_tasks(selection.file, overrides=selection.overrides) as calls:
            call()
    assert str([*recorded(calls)]) == str([*sent(service)])
    assert [each.queue for each in calls[:3]] == ["default", "heavy", "light"]
