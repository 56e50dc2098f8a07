"""RabbitMQ's ladder of queues in which delayed calls wait: it is there before the first one is sent.

Celery has workers make it. Before that a delayed call would be refused or, where the ladder is there and a new queue
not bound to its end, be lost when it is due. Not for others: the transports of Redis and SQS see to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from kombu import Connection
from kombu.transport.native_delayed_delivery import (
    bind_queue_to_native_delayed_delivery_exchange,
    declare_native_delayed_delivery_exchanges_and_queues,
)

DELAYED_EXCHANGE: Final = "celery_delayed_27"
"""Where Celery publishes what is to be delayed; the routing key says by how much."""


_DELAY_PREFIX: Final = re.compile(r"^(?:[01]\.){28}")
"""What Celery's native delayed delivery puts before a queue's name in a routing key."""


class Delays:
    """The ladder, as far as this process knows."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._bound: set[str] = set()

    def prepare(self, queue: str) -> None:
        """See to it that delayed calls can be sent to a queue. Raises what connecting and declaring do."""
        if queue not in self._bound:
            with self._app.connection_for_write() as connection:
                self.prepare_on(connection, queue)

    def prepare_on(self, connection: Connection, queue: str) -> None:
        """Do the same over a connection that is there."""
        if queue in self._bound:
            return
        kind = self._app.conf.broker_native_delayed_delivery_queue_type
        declare_native_delayed_delivery_exchanges_and_queues(connection, kind)
        declared = self._app.amqp.queues[queue].bind(connection.default_channel)
        declared.declare()
        bind_queue_to_native_delayed_delivery_exchange(connection, declared)
        self._bound.add(queue)


def queue_of(delivery: Mapping[str, Any]) -> str:
    """Return the queue that a call came from, given Celery's `delivery_info`."""
    return _DELAY_PREFIX.sub("", str(delivery["routing_key"]))
