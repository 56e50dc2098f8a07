"""What stands in a queue on Redis, read: a message as kombu writes it, or whatever another program put there.

Whoever consumes must be able to say that something is no call, and to acknowledge it. Not for taking it
(redis_transport).
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from kombu.utils.json import loads

from macaron_runner.tasks.brokers.queues import DELIVERIES


def read(channel: Any, raw: bytes, queue: str, tag: str = "") -> dict[str, Any]:
    """Return a message as kombu writes it, held under `tag`; what is none becomes one without headers."""
    try:
        payload: dict[str, Any] = loads(raw)
        properties = payload["properties"]
        properties["delivery_tag"] = tag or properties["delivery_tag"]
        if not isinstance(properties["delivery_info"]["routing_key"], str):
            raise TypeError("the message comes from no queue")
        channel.Message(payload, channel=channel)
    except Exception:
        return _without_headers(raw, queue, tag)
    return payload


def _without_headers(raw: bytes, queue: str, tag: str) -> dict[str, Any]:
    """Return a message of which nothing is known but its bytes."""
    return {
        "body": b64encode(raw).decode(),
        "headers": {},
        "content-type": "application/octet-stream",
        "content-encoding": "binary",
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": tag,
            "delivery_info": {"exchange": "", "routing_key": queue},
        },
    }


def count_delivery(payload: dict[str, Any]) -> None:
    """Write into a message that it comes back from a worker that did not acknowledge it, as RabbitMQ does."""
    headers = payload.get("headers")
    headers = headers if isinstance(headers, dict) else {}  # kombu would drop a message that has none
    count = headers.get(DELIVERIES)
    payload["headers"] = {**headers, DELIVERIES: (count if isinstance(count, int) else 0) + 1}
