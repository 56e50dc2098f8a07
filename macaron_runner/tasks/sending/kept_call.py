"""A task call that outlasts its message: all that would be, or was, published, as data, to be published later.

Celery is let compose the message, and hands it to a stand-in for its producer. Not for keeping calls (outbox,
dead_letters).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from celery import Celery
from celery.result import AsyncResult
from kombu import Exchange, Producer
from kombu.serialization import dumps
from kombu.transport.native_delayed_delivery import calculate_routing_key

from macaron_runner.tasks.brokers.delays import DELAYED_EXCHANGE, Delays, queue_of
from macaron_runner.tasks.brokers.queues import DELIVERIES
from macaron_runner.tasks.brokers.too_large import too_large_told

Call: TypeAlias = dict[str, Any]
"""A call: its `body` as text (or bytes, where it is none), the `exchange` it goes to, the `queues` to be declared
before, and the message's `properties`, headers among them. JSON, unless the message was not."""

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

_OF_THE_MESSAGE: Final = ("correlation_id", "reply_to", "priority", "delivery_mode")
"""Properties of a message that came, which it is sent again with."""


class _Recorder:
    """What Celery takes for a producer: it publishes nothing, and remembers the first message."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.call: Call | None = None

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


def record(app: Celery, send: Callable[..., AsyncResult[Any]]) -> tuple[Call, AsyncResult[Any]]:
    """Return the call that `send(producer=…)` would publish, and what it returns."""
    recorder = _Recorder(app.connection_for_write())
    result = send(producer=recorder)
    assert recorder.call is not None, "to send is to publish a message"
    return recorder.call, result


def call_of(app: Celery, message: Any) -> Call:
    """Return the call that came as a message (kombu's), whatever that holds, to go to the same queue again."""
    name = queue_of(message.delivery_info)
    kept = {key: value for key, value in message.properties.items() if key in _OF_THE_MESSAGE}
    return {
        "body": _text(message.body),
        "exchange": app.amqp.queues[name].exchange.name,
        "queues": [name],
        "properties": {
            **kept,
            "routing_key": name,
            "headers": _uncounted(message.headers),
            "content_type": message.content_type,
            "content_encoding": message.content_encoding,
        },
    }


def _uncounted(headers: Any) -> Any:
    """Return a message's headers without how often it came back: the one that is sent again has not."""
    if not isinstance(headers, Mapping):
        return headers
    return {name: value for name, value in headers.items() if name != DELIVERIES}


def _text(body: Any) -> Any:
    try:
        return body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        return body


def publish(app: Celery, producer: Producer, call: Call, delays: Delays | None) -> None:
    """Publish a call that `record` or `call_of` returned. Raises what publishing does, LookupError for another."""
    properties = {**call["properties"]}
    if call["exchange"] == DELAYED_EXCHANGE:
        properties["routing_key"] = _what_is_left(properties)
        if delays is not None and producer.connection is not None:
            delays.prepare_on(producer.connection, queue_of(properties))
    with too_large_told():
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
