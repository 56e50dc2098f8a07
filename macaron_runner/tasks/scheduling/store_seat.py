"""The scheduler's seat in the store: a lease, which ends by itself where nobody renews it.

Not for a service without a store (broker_seat).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from celery import Celery
from redis.exceptions import RedisError

from macaron_runner.tasks.scheduling.schedules import Book, Run
from macaron_runner.tasks.scheduling.seat import SeatError, dump_book, load_book, send_run
from macaron_runner.tasks.store import Store

LEASE: Final = 6
"""Seconds for which a seat stays that of a scheduler which says nothing; a living one renews it every second."""

_TAKE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return redis.call('GET', KEYS[2]) or '{}'
"""
_WRITE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
return redis.call('SET', KEYS[2], ARGV[2])
"""
_LEAVE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
"""KEYS: the seat and the book. ARGV: who we are, and how long the seat is ours, or the book's text.

Each looks who has the seat and acts in one step, by the store's own clock: what a scheduler that has slept through the
end of its lease writes is lost.
"""


class StoreSeat:
    """A seat.Seat whose runs are sent by `app`."""

    def __init__(self, app: Celery, store: Store) -> None:
        self._app = app
        self._me = uuid.uuid4().hex
        keys = [store.key("scheduler", "seat"), store.key("scheduler", "book")]
        scripts = (store.client.register_script(text) for text in (_TAKE, _WRITE, _LEAVE))
        self._take, self._write, self._leave = (partial(script, keys) for script in scripts)

    def take(self) -> Book | None:
        """Take the seat or renew its lease, and return the book."""
        with _in_store():
            book: Any = self._take([self._me, LEASE])
        return load_book(book) if book is not None else None

    def send(self, run: Run) -> None:
        """Send a run to its queue."""
        send_run(self._app, run)

    def write(self, book: Book) -> None:
        """Put this in place of the book."""
        with _in_store():
            written = self._write([self._me, dump_book(book)])
        if not written:
            raise SeatError("another scheduler has taken the seat")

    def leave(self) -> None:
        """Give the seat up, if it is ours."""
        with _in_store():
            self._leave([self._me])


@contextmanager
def _in_store() -> Iterator[None]:
    """Raise SeatError where the store is away."""
    try:
        yield
    except RedisError as error:
        raise SeatError(f"the store is away: {error}") from error
