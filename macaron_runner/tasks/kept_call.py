"""A task call as text that outlasts the process: all that would have been published, to be published later.

Celery is let compose the message, and hands it to a stand-in for its producer. Not for keeping the text (outbox).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from celery import Celery
from celery.result import AsyncResult
from kombu import Exchange, Producer
from kombu.serialization import dumps
from kombu.transport.native_delayed_delivery import calculate_routing_key

from macaron_runner.tasks.delays import DELAYED_EXCHANGE, Delays, queue_of

_OF_THE_MOMENT: Final = (
    "retry",
    "retry_policy",
    "timeout",
    "confirm_timeout",
    "serializer",
    "declare",
    "exchange",
)
"""What `publish` is given that says nothing of the message, or is written down in another way."""


class _Recorder:
    """What Celery takes for a producer: it publishes nothing, and remembers the first message."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.call: dict[str, Any] | None = None

    def publish(self, body: Any, **said: Any) -> None:
        """Remember a message; what comes after the call itself is an event, for those who watch now."""
        if self.call is not None:
            return
        content_type, content_encoding, text = dumps(body, serializer=said["serializer"])
        exchange = said["exchange"]
        self.call = {
            "body": text,
            "exchange": exchange.name if isinstance(exchange, Exchange) else exchange,
            "queues": [queue.name for queue in said["declare"] or ()],
            "properties": {
                **{name: value for name, value in said.items() if name not in _OF_THE_MOMENT},
                "content_type": content_type,
                "content_encoding": content_encoding,
            },
        }


def record(app: Celery, send: Callable[..., AsyncResult[Any]]) -> tuple[str, AsyncResult[Any]]:
    """Return the text of the call that `send(producer=…)` would publish, and what it returns."""
    recorder = _Recorder(app.connection_for_write())
    result = send(producer=recorder)
    return json.dumps(recorder.call), result


def publish(app: Celery, producer: Producer, text: str, delays: Delays | None) -> None:
    """Publish a call of which `record` returned the text. Raises what publishing does, ValueError for another text."""
    call: Mapping[str, Any] = json.loads(text)
    properties = {**call["properties"]}
    if call["exchange"] == DELAYED_EXCHANGE:
        properties["routing_key"] = _what_is_left(properties)
        if delays is not None and producer.connection is not None:
            delays.prepare_on(producer.connection, queue_of(properties))
    producer.publish(
        call["body"],
        exchange=call["exchange"],
        declare=[app.amqp.queues[name] for name in call["queues"]],
        retry=False,
        confirm_timeout=app.conf.broker_connection_timeout,
        **properties,
    )


def _what_is_left(properties: Mapping[str, Any]) -> str:
    """Return the routing key with the delay that is left: the time in the outbox counts."""
    due = datetime.fromisoformat(properties["headers"]["eta"])
    left = int((due - datetime.now(UTC)).total_seconds()) + 1
    return calculate_routing_key(max(left, 1), properties["routing_key"])
