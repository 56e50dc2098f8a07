"""The scheduler's loop: it keeps its seat, or waits for it, and sends each run when that is due.

Any number may run; the one in the seat works. A run is sent before it is written down: a scheduler killed between the
two, a moment later, has the next one send it again, under the same id. The run of a task that runs at most once is
written down before it is sent, and may be lost instead.

Not for what is due (schedules), nor for how a seat is taken and runs are sent (seat).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from macaron_runner.tasks.scheduling.schedules import FAR, Book, Planned, Record, Run
from macaron_runner.tasks.scheduling.seat import Seat, SeatError

_log: Final = logging.getLogger("macaron.tasks")

PAUSE: Final = 1.0
"""Seconds between two looks at the seat and the clock, which may have been put forward or back."""


class Scheduler:
    """Sends the runs of schedules as long as it has the seat. `clock` tells the time, in UTC."""

    def __init__(self, plans: Sequence[Planned], seat: Seat, clock: Callable[[], datetime]) -> None:
        self._plans = plans
        self._seat = seat
        self._clock = clock
        self._state = ""
        self._upcoming: dict[str, tuple[Record, datetime]] = {}
        self._looked: datetime = FAR

    def run(self, wait: Callable[[float], bool]) -> None:
        """Work until `wait`, which takes seconds, returns True: it is time to stop."""
        pause = 0.0
        while not wait(pause):
            pause = self.step()
        try:
            self._seat.leave()
        except SeatError as error:
            _log.debug("the seat is left to itself: %s", error)

    def step(self) -> float:
        """Do what is to be done now, a single run at most; return the seconds until the next look."""
        try:
            book = self._seat.take()
            if book is None:
                self._say("another scheduler is at work; this one stands by")
                return PAUSE
            self._say(f"this scheduler is at work: {', '.join(planned.name for planned in self._plans)}")
            return self._work(book, self._clock())
        except SeatError as error:
            self._say(f"schedules wait: {error}", logging.WARNING)
            return PAUSE

    def _work(self, book: Book, now: datetime) -> float:
        known = {planned.name: planned.recall(book.get(planned.name), now) for planned in self._plans}
        if known != book:
            self._seat.write(known)
        if now < self._looked:
            self._upcoming.clear()  # the clock was put back
        self._looked = now
        due, planned = min(
            ((self._due(planned, known[planned.name], now), planned) for planned in self._plans),
            key=lambda each: each[0],
        )
        if due > now:
            return min((due - now).total_seconds(), PAUSE)
        self._run(planned, due, {**known, planned.name: planned.done(due, now)})
        return 0.0

    def _run(self, planned: Planned, due: datetime, book: Book) -> None:
        if planned.at_most_once:
            self._seat.write(book)
            self._seat.send(Run(planned, due))
        else:
            self._seat.send(Run(planned, due))
            self._seat.write(book)

    def _due(self, planned: Planned, record: Record, now: datetime) -> datetime:
        """Return when the schedule is next due; it is worked out again only when that has come, or anything changed."""
        kept = self._upcoming.get(planned.name)
        if kept is None or kept[0] != record or kept[1] <= now:
            kept = self._upcoming[planned.name] = record, planned.next(record, now)
        return kept[1]

    def _say(self, state: str, level: int = logging.INFO) -> None:
        """Log what has become of the scheduler, once."""
        if state != self._state:
            self._state = state
            _log.log(level, "%s", state)
