"""From `tasks.schedules` to the entries of Celery's scheduler, and when a cron line is next due. Pure.

Not for running the scheduler (entries.scheduler), nor for checking that the tasks exist (discover).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from celery.schedules import BaseSchedule, schedstate, schedule

from macaron_runner.configuration.cron import Cron, parse_cron
from macaron_runner.configuration.model import Schedule, Tasks
from macaron_runner.tasks.envelope import encode_call
from macaron_runner.tasks.guarantee import default_queue, plain

_HORIZON: Final = timedelta(days=366 * 8 + 2)
"""The longest a line may rest: the 29th of February, around a year 2100."""
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


def task_name(schedule: Schedule) -> str:
    """Return the name of the task a schedule runs: `shop.jobs:report` and `shop.jobs.report` are the same."""
    return schedule.task.replace(":", ".")


def beat_schedule(tasks: Tasks) -> dict[str, dict[str, Any]]:
    """Return what Celery calls `beat_schedule`: one entry a schedule, by its name in macaron.yaml.

    Raises TypeError for arguments that cannot travel.
    """
    return {name: _entry(planned, default_queue(tasks)) for name, planned in tasks.schedules.items()}


def _entry(planned: Schedule, queue: str) -> dict[str, Any]:
    args, kwargs = encode_call(tuple(plain(planned.args)), plain(planned.kwargs))
    return {
        "task": task_name(planned),
        "schedule": _times(planned),
        "args": args,
        "kwargs": kwargs,
        "options": {"queue": planned.queue or queue, "ignore_result": True},
    }


def _times(planned: Schedule) -> schedule | CronSchedule:
    if planned.every is not None:
        return schedule(planned.every)
    assert planned.cron is not None, "the configuration has seen to it that a schedule has one of the two"
    return CronSchedule(planned.cron, planned.time_zone)


class CronSchedule(BaseSchedule):
    """A cron line as cron reads it, in a time zone of its own: `CronSchedule("15 3 * * *", "Asia/Tokyo")`.

    Celery's own crontab knows one time zone for all, and wants both day fields to fit where cron wants
    either.
    """

    def __init__(self, line: str, zone: str, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(nowfun=clock)
        self.line, self.zone = line, zone
        self._cron, self._zone_info = parse_cron(line), ZoneInfo(zone)

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """Return how long it is to the first run after `last_run_at`; negative where that is overdue."""
        return self._next(last_run_at) - self.now()

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether a run is due, and the seconds until the next look. What was missed is run once."""
        now = self.now()
        upcoming = self._next(last_run_at)
        due = upcoming <= now
        if due:
            upcoming = self._next(now)
        return schedstate(due, (upcoming - now).total_seconds())

    def _next(self, after: datetime) -> datetime:
        return next_run(self._cron, self._zone_info, after)

    def __reduce__(self) -> tuple[type[CronSchedule], tuple[str, str]]:
        """Pickle as what it was made of: Celery's scheduler keeps its entries in a shelf."""
        return type(self), (self.line, self.zone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CronSchedule) and (self.line, self.zone) == (other.line, other.zone)

    def __hash__(self) -> int:
        return hash((self.line, self.zone))

    def __repr__(self) -> str:
        return f"<cron {self.line} {self.zone}>"


def next_run(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first time (in UTC) later than `after` that the line names on the clocks of `zone`.

    When clocks go forward, a run in the hour left out comes after it; when they go back, a run at a set hour
    comes once, and one that comes every hour also comes in the hour that is repeated. Raises ValueError for a
    line that names none.
    """
    runs = _every_hour if len(cron.hours) == 24 else _at_set_hours
    start = after.astimezone(UTC)
    return next(run for run in runs(cron, zone, start) if run > start)


def _every_hour(cron: Cron, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Yield runs by time that passes: minute after minute; days that do not fit are leapt over."""
    moment = start.replace(second=0, microsecond=0) + _MINUTE
    while moment < start + _HORIZON:
        local = moment.astimezone(zone)
        if not _fits(cron, local):
            midnight = (local + _DAY).replace(hour=0, minute=0, fold=0)
            moment = max(midnight.astimezone(UTC), moment + _MINUTE)
            continue
        if local.minute in cron.minutes:
            yield moment
        moment += _MINUTE
    raise ValueError("the cron line names no time that ever comes")


def _at_set_hours(cron: Cron, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Yield runs by the clock on the wall, on which a repeated hour is one hour."""
    wall = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    last = wall + _HORIZON
    while wall < last:
        if _fits(cron, wall):
            for hour in sorted(cron.hours):
                for minute in sorted(cron.minutes):
                    yield wall.replace(hour=hour, minute=minute).astimezone(UTC)
        wall += _DAY
    raise ValueError("the cron line names no time that ever comes")


def _fits(cron: Cron, day: datetime) -> bool:
    if day.month not in cron.months:
        return False
    of_month, of_week = day.day in cron.days, day.isoweekday() % 7 in cron.weekdays
    return of_month or of_week if cron.either_day else of_month and of_week
