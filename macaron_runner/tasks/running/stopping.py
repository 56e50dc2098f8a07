"""How a worker stops: what it has not begun goes back at once, what runs may end, and goes back where it does not.

Not for when a worker is told to stop, nor for killing one that does not (processes.lifecycle).
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from celery import Celery
from celery.worker import state
from celery.worker.request import Request

from macaron_runner.tasks.sending.kept_call import call_of, publish

_log: Final = logging.getLogger("macaron.tasks")


def wake_for_signals(hub: Any) -> None:
    """Have signals end the waiting of a worker's loop, which looks what they asked for between two waits only.

    Python notes a signal and goes on waiting, for up to a second. This is to be said for each connection: with it the
    loop forgets its readers.
    """
    heard, told = _sockets()
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    hub.add_reader(heard, _hear, heard)


@functools.cache
def _sockets() -> tuple[socket.socket, socket.socket]:
    pair = socket.socketpair()
    for each in pair:
        each.setblocking(False)  # noqa: FBT003 - Python's signature
    return pair


def _hear(heard: socket.socket) -> None:
    with suppress(BlockingIOError):
        heard.recv(4096)


def give_back_unstarted(consumer: Any) -> None:
    """Take no more messages, and give back in their order those that were not begun: delayed, rate-limited, waiting.

    Celery would keep them until the last task has ended. Where the connection is lost the broker gives them to others.
    """
    if consumer.task_consumer is None:
        return
    try:
        consumer.task_consumer.cancel()
        unstarted = list(_unstarted(consumer))
        _give_back(consumer.app, unstarted)
    except (*consumer.connection_errors, *consumer.channel_errors) as error:
        _log.info("what was not begun comes back when the broker misses this worker: %s", error)
    else:
        if unstarted:
            _log.info("%d tasks that were not begun are given back", len(unstarted))


def _unstarted(consumer: Any) -> Iterator[Request]:
    """Yield what no process of the pool was given, the oldest first; what stands in line there the pool forgets."""
    line = getattr(consumer.pool._pool, "outbound_buffer", ())
    for request in state.requests.values():
        if request._apply_result is None or request._apply_result() in line:
            yield request
    for bucket in consumer.task_buckets.values():
        if bucket is not None:
            yield from (request for request, _ in bucket.contents if request.id not in state.requests)


def _give_back(app: Celery, requests: Sequence[Request]) -> None:
    """Let the broker have them again, to be taken before what waits: RabbitMQ's queues see to that themselves."""
    if requests and hasattr(requests[0].message.channel, "put_first"):
        requests[0].message.channel.put_first([request.message.delivery_tag for request in requests])
        return
    for request in requests:
        if request.task.acks_late:
            request.message.requeue()
        else:
            _send_anew(app, request.message)


def _send_anew(app: Celery, message: Any) -> None:
    """Acknowledge a call and publish it again: what runs at most once would not run, having been delivered before."""
    call = call_of(app, message)
    message.ack()
    publish(app, app.amqp.Producer(message.channel, auto_declare=False), call, None)


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
