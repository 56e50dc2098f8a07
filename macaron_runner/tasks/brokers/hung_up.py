"""Connections to RabbitMQ that wait in a pool, and are closed there: noticed before a call is given to one.

The broker hangs up when it stops, and on a process that has been silent for some minutes; it closes a channel on which
it was asked for what it refuses. What is written afterwards is lost, and nobody knows whether it arrived: what must not
be sent twice could not be sent at all. Not for Redis, whose client looks by itself, nor for a broker that goes away
during a call.
"""

from __future__ import annotations

import select
from typing import Any, Final

_A_MOMENT: Final = 0.001
"""Seconds in which what has come already is read."""


def connect_anew_where_hung_up(connection: Any) -> None:
    """Drop a connection that the broker has closed, or whose channel it has: its next use connects again."""
    channel = connection._default_channel
    if connection.connected and ((channel and not channel.is_open) or _is_hung_up(connection)):
        connection.collect()


def _is_hung_up(connection: Any) -> bool:
    """Read what has come, heartbeats mostly, and tell whether a good-bye or the end was among it."""
    try:
        while _has_something(connection.connection.sock):
            connection.drain_events(timeout=_A_MOMENT)
    except TimeoutError:
        return False
    except connection.connection_errors:
        return True
    return False


def _has_something(sock: Any) -> bool:
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))
