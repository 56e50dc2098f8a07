"""How a worker stops: what it has not begun goes back at once, what runs may end, and goes back where it does not.

Not for when a worker is told to stop, nor for killing one that does not (processes.lifecycle).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from celery.worker import state
from celery.worker.request import Request

_log: Final = logging.getLogger("macaron.tasks")


def give_back_unstarted(consumer: Any) -> None:
    """Take no more messages, and give back in their order those that were not begun: delayed, rate-limited, waiting.

    Celery would keep them until the last task has ended. Where the connection is lost the broker gives them to others.
    """
    if consumer.task_consumer is None:
        return
    try:
        consumer.task_consumer.cancel()
        unstarted = list(_unstarted(consumer))
        _give_back([request.message for request in unstarted])
    except (*consumer.connection_errors, *consumer.channel_errors) as error:
        _log.info("what was not begun comes back when the broker misses this worker: %s", error)
    else:
        if unstarted:
            _log.info("%d tasks that were not begun are given back", len(unstarted))


def _unstarted(consumer: Any) -> Iterator[Request]:
    """Yield what was never handed to the pool, the oldest first."""
    for request in state.requests.values():
        if request._apply_result is None:
            yield request
    for bucket in consumer.task_buckets.values():
        if bucket is not None:
            yield from (request for request, _ in bucket.contents if request.id not in state.requests)


def _give_back(messages: Sequence[Any]) -> None:
    """Let the broker have them again, to be taken before what waits: RabbitMQ's queues see to that themselves."""
    if messages and hasattr(messages[0].channel, "put_first"):
        for message in reversed(messages):
            message.channel.put_first(message.delivery_tag)
    else:
        for message in messages:
            message.requeue()


def bounded_stop(grace: float) -> Any:
    """Return a handler that, when a warm stop begins, sees to it that a cold one follows after the grace."""

    def begin(how: str, **_: Any) -> None:
        if how == "Warm":
            alarm = threading.Timer(grace, _stop_cold)
            alarm.daemon = True
            alarm.start()

    return begin


def _stop_cold() -> None:
    _log.warning("tasks still run, and the time to stop is over: they are ended and given back")
    os.kill(os.getpid(), signal.SIGQUIT)
