"""When a schedule's runs come: by a cron line in a time zone, or at an interval. Pure.

Each kind of times is a fixed row of moments, the same on every machine and at every start, so that schedulers which
never meet agree on what is due. Not for the sun (sun), nor for which of the moments have been dealt with (schedules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from macaron_runner.configuration.cron import Cron, parse_cron

_HORIZON: Final = timedelta(days=366 * 8 + 2)
"""The longest a line may rest: the 29th of February, around a year 2100."""
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Times(Protocol):
    """A row of moments; as a text it says which."""

    def after(self, moment: datetime) -> datetime:
        """Return the first one later than `moment`, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class IntervalTimes:
    """Every so many seconds: the multiples of the interval since 1970 (6 h: 0, 6, 12 and 18 o'clock UTC)."""

    seconds: float

    def __str__(self) -> str:
        return f"every {self.seconds:g} s"

    def after(self, moment: datetime) -> datetime:
        """Return the first multiple later than `moment`."""
        step = timedelta(seconds=self.seconds)
        return _EPOCH + ((moment - _EPOCH) // step + 1) * step


class CronTimes:
    """A cron line as cron reads it, on the clocks of a time zone: `CronTimes("15 3 * * *", "Asia/Tokyo")`."""

    def __init__(self, line: str, zone: str) -> None:
        self._cron, self._zone = parse_cron(line), ZoneInfo(zone)
        self._line = line

    def __str__(self) -> str:
        return f"cron {self._line} {self._zone.key}"

    def after(self, moment: datetime) -> datetime:
        """Return the first time later than `moment` that the line names.

        When clocks go forward, a run in the hour left out comes after it; when they go back, a run at a set hour
        comes once, and one that comes every hour also comes in the hour that is repeated. Raises ValueError for a
        line that names none.
        """
        runs = _every_hour if len(self._cron.hours) == 24 else _at_set_hours
        start = moment.astimezone(UTC)
        return next(run for run in runs(self._cron, self._zone, start) if run > start)


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
