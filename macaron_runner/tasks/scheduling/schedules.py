"""From `tasks.schedules` to the runs that are due: what is planned, what is remembered, what comes next. Pure.

A run is known by its schedule and the time it was due, and comes once, whatever the clock does. Not for when times
come (times, sun), nor for the process that waits for them (scheduler).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from macaron_runner.configuration.model import Schedule
from macaron_runner.tasks.scheduling.sun import SunTimes
from macaron_runner.tasks.scheduling.times import CronTimes, IntervalTimes, Times

LATE: Final = timedelta(seconds=60)
"""By how much a run may come late and is not called missed: a scheduler takes over, or is started again, in less."""

_WRONG_CLOCK: Final = timedelta(days=1)
"""What is remembered of a time further ahead than this was written when the clock was wrong."""

FAR: Final = datetime.max.replace(tzinfo=UTC)
"""When what never comes is due."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a schedule: its `times` as text, when its last run was due, and when that was seen to."""

    times: str
    due: datetime
    seen: datetime

    @classmethod
    def from_json(cls, value: list[str]) -> Record:
        """Return the record that `to_json` wrote. Raises ValueError or TypeError where it is none."""
        times, due, seen = value
        return cls(times, datetime.fromisoformat(due), datetime.fromisoformat(seen))

    def to_json(self) -> list[str]:
        """Return the record as JSON."""
        return [self.times, self.due.isoformat(), self.seen.isoformat()]


Book = Mapping[str, Record]
"""What is remembered, by the names of schedules."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule, ready to run: its arguments as they travel; its queue is None where that is its task's own."""

    name: str
    task: str
    times: Times
    missed: Literal["run_once", "skip"]
    queue: str | None = None
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    at_most_once: bool = False

    def begin(self, now: datetime) -> Record:
        """Return what is remembered of a schedule that is new, or whose times have changed: it does not run at once."""
        return Record(str(self.times), now, now)

    def done(self, due: datetime, now: datetime) -> Record:
        """Return what is remembered after the run that was due; what came since then is caught up with it."""
        return Record(str(self.times), due, now)

    def recall(self, record: Record | None, now: datetime) -> Record:
        """Return the record, if it is of these times and of a past that can have been; else that of a new schedule."""
        if record is None or record.times != str(self.times) or record.due > now + _WRONG_CLOCK:
            return self.begin(now)
        return record

    def next(self, record: Record, now: datetime) -> datetime:
        """Return when the next run is due, which may have been long ago; FAR where none ever comes.

        Where the clock has been put back since the last run, the runs until then have been, and do not come again.
        """
        start = record.seen if record.seen <= now else record.due
        if self.missed == "skip":
            start = max(start, now - LATE)
        try:
            return self.times.after(start)
        except (ValueError, OverflowError):
            return FAR


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a schedule: what was due, and when."""

    planned: Planned
    due: datetime

    def id(self, service: str) -> str:
        """Return the id of its message, which is the same whoever sends it."""
        return str(uuid5(NAMESPACE_URL, f"macaron:{service}/{self.planned.name}/{self.due.isoformat()}"))


def task_name(schedule: Schedule) -> str:
    """Return the name of the task a schedule runs: `shop.jobs:report` and `shop.jobs.report` are the same."""
    return schedule.task.replace(":", ".")


def times_of(schedule: Schedule) -> Times:
    """Return when a schedule runs."""
    if schedule.every is not None:
        return IntervalTimes(schedule.every)
    if schedule.sun is not None:
        return SunTimes(schedule.sun)
    assert schedule.cron is not None, "the configuration has seen to it that a schedule has one of the three"
    return CronTimes(schedule.cron, schedule.time_zone)
