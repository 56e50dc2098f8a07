"""The seat of the one scheduler that works: what any kind of seat has in common.

Not for where a seat is kept (store_seat, broker_seat), nor for what is done in it (scheduler).
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any, Final, Protocol

from celery import Celery

from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.tasks.scheduling.runs import RUN_HEADER
from macaron_runner.tasks.scheduling.schedules import Book, Record, Run

_log: Final = logging.getLogger("macaron.tasks")


class SeatError(Exception):
    """The broker or the store is away."""


class Seat(Protocol):
    """The place of the one scheduler that works, with the book in which it writes what it did.

    All methods raise SeatError where what they need is away; nothing is known then of who has the seat.
    """

    def take(self) -> Book | None:
        """Take the seat or keep it, and return the book as it is now; None where another scheduler has the seat."""
        ...

    def send(self, run: Run) -> None:
        """Send a run to its queue; it may be there although that fails."""
        ...

    def write(self, book: Book) -> None:
        """Put this in place of the book. Raises SeatError also where the seat is no longer ours."""
        ...

    def leave(self) -> None:
        """Give the seat up, if it is ours, for the next one to take at once."""
        ...


def send_run(app: Celery, run: Run, **options: Any) -> None:
    """Send a run as Celery sends a call, with `options` of Celery. Raises SeatError."""
    planned = run.planned
    task: Any = app.tasks[planned.task]
    try:
        task.apply_async(
            tuple(planned.args),
            dict(planned.kwargs),
            queue=planned.queue,
            countdown=0,  # the schedule says when, not the decorator's delay
            task_id=run.id(str(app.main)),
            ignore_result=True,
            headers={RUN_HEADER: uuid.uuid4().hex},
            **options,
        )
    except TaskQueueUnavailable as error:
        raise SeatError("the broker is away") from error
    _log.info('schedule "%s" sent %s, due at %s', planned.name, planned.task, f"{run.due:%FT%TZ}")


def dump_book(book: Book) -> str:
    """Return the book as a text."""
    return json.dumps({name: record.to_json() for name, record in book.items()})


def load_book(text: str | bytes) -> Book:
    """Return the book that `dump_book` wrote; an empty one, and a warning, where nobody can read it."""
    try:
        written: Mapping[str, Any] = json.loads(text)
        return {name: Record.from_json(record) for name, record in written.items()}
    except (ValueError, TypeError, AttributeError) as error:
        _log.warning("what schedules ran cannot be read, and is begun anew: %s", error)
        return {}
