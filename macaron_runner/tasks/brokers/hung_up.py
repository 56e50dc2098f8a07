"""Connections to RabbitMQ that wait in a pool, and are closed there: noticed before a call is given to one.

The broker hangs up when it stops, and on a process that has been silent for some minutes. What is written to such a
connection afterwards is lost, and whether it arrived is unknown: what must not be sent twice could not be sent at all.
Not for Redis, whose client looks by itself, nor for a broker that goes away during a call.
"""

from __future__ import annotations

import select
from typing import Any, Final

from kombu import Connection

_A_MOMENT: Final = 0.001
"""Seconds in which what has come already is read."""


def connect_anew_where_hung_up(connection: Connection) -> None:
    """Drop a connection that the broker has closed: its next use connects again."""
    if connection.connected and _is_hung_up(connection):
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
