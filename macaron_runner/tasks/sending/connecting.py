"""A connection to a service's broker that stands, or an error within seconds. Not for queueing (queue)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery
from kombu import Connection


@contextmanager
def connected(app: Celery) -> Iterator[Connection]:
    """Give a connection of one's own, which no other thread waits for. Raises what connecting does (keeper.AWAY)."""
    with app.connection_for_write() as connection:
        patience = math.ceil(app.conf.broker_connection_timeout)
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=patience)
        yield connection
