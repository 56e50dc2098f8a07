"""The queues of a service as its broker is asked for them: replicated where it can, and dropping nothing by themselves.

Not for which queues there are (guarantee), nor for those in which delayed calls wait (delays).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from amqp.exceptions import PreconditionFailed
from kombu import Exchange, Queue

from macaron_runner.tasks.brokers.kinds import Kind

_log: Final = logging.getLogger("macaron.tasks")

MOST_DELIVERIES: Final = 20
"""How often a call may come back from workers that were lost with it, or gave it back; then it has failed for good."""

DELIVERIES: Final = "x-delivery-count"
"""The header that says how often it did: RabbitMQ's quorum queues write it, and so does our Redis transport."""

_LIMIT: Final = "x-delivery-limit"
_ANY_NUMBER: Final = 2**31 - 1
"""RabbitMQ 4 drops what came back 20 times where nothing is said; of a call that is to be dropped a letter is left."""


def queue(service: str, kind: Kind, name: str, arguments: Mapping[str, Any] | None = None) -> Queue:
    """Return a queue of a service; `arguments` are those that RabbitMQ gets beside its type and limit."""
    if kind == "amqp":
        # Replicated where there are several nodes, and never lost by one; a topic exchange because that
        # is what Celery's native delayed delivery needs (a delayed task must not sit in a worker's
        # prefetch until then).
        exchange = Exchange(name, type="topic")
        said = {"x-queue-type": "quorum", _LIMIT: _ANY_NUMBER, **(arguments or {})}
        return _QuorumQueue(name, exchange, routing_key=name, queue_arguments=said)
    # On Pub/Sub an exchange is a topic, and a project has one room of names for all its services.
    exchange = Exchange(f"{service}-{name}" if kind == "pubsub" else name, type="direct")
    return Queue(name, exchange, routing_key=name)


class _QuorumQueue(Queue):
    """A queue of RabbitMQ, which may have been made with a limit of its own: arguments cannot be changed."""

    def queue_declare(self, nowait: bool = False, passive: bool = False, channel: Any = None) -> Any:  # noqa: FBT001, FBT002 - kombu's signature
        """Have the queue made; take one that is there with another limit as it is. Raises PreconditionFailed."""
        channel = channel or self.channel
        if passive:
            return super().queue_declare(nowait, passive, channel)
        try:
            with channel.connection.channel() as once:  # which does not survive a refusal
                return super().queue_declare(channel=once)
        except PreconditionFailed as refused:
            declared = self._declare_unlimited(channel)
            _log.warning(
                'the queue "%s" was made with another %s and is used as it is: RabbitMQ 4 may drop calls whose workers '
                "are lost again and again, instead of leaving dead letters; delete it when it is empty, and it is made "
                "anew (%s)",
                *(self.name, _LIMIT, refused.reply_text),
            )
            return declared

    def _declare_unlimited(self, channel: Any) -> Any:
        said = {name: value for name, value in (self.queue_arguments or {}).items() if name != _LIMIT}
        try:
            with channel.connection.channel() as once:
                return Queue(self.name, queue_arguments=said).queue_declare(channel=once)
        except PreconditionFailed as refused:
            _log.error(
                'the queue "%s" is there, and is none that keeps what is promised: delete it when it is empty, '
                "and it is made anew, or give the pool another one (%s)",
                *(self.name, refused.reply_text),
            )
            raise


def deliveries(message: Any) -> int:
    """Return how often a message (kombu's) came back already."""
    headers = message.headers
    count = headers.get(DELIVERIES) if isinstance(headers, Mapping) else None
    return count if isinstance(count, int) else 0
