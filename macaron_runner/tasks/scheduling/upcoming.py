"""The runs of a schedule that come next, for people to look at: on its clocks, with what these do meanwhile. Pure.

Not for what a scheduler sends (schedules), nor for how runs are shown (inspection.outlook).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from macaron_runner.tasks.scheduling.times import Times

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """Clocks are put forward, or back where `by` is negative, at a moment (UTC); `wall` is what they show by then."""

    at: datetime
    wall: datetime
    by: timedelta


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One run that comes: when, in the schedule's zone; and how clocks change between the one before it and this."""

    at: datetime
    change: ClockChange | None = None


def upcoming(times: Times, zone: tzinfo, now: datetime, count: int) -> tuple[Upcoming, ...]:
    """Return the runs after `now`, `count` of them; fewer, or none, where no more ever come."""
    return tuple(islice(_upcoming(times, zone, now), count))


def _upcoming(times: Times, zone: tzinfo, now: datetime) -> Iterator[Upcoming]:
    before = now
    while True:
        try:
            moment = times.after(before)
        except (ValueError, OverflowError):
            return
        yield Upcoming(moment.astimezone(zone), _change(zone, before, moment))
        before = moment


def _change(zone: tzinfo, start: datetime, end: datetime) -> ClockChange | None:
    """Return the change of a zone's clocks between two moments; None where they are as far from UTC as before."""
    offset = _offset(zone, start)
    if _offset(zone, end) == offset:
        return None
    while end - start > _SECOND:
        middle = start + (end - start) / 2
        if _offset(zone, middle) == offset:
            start = middle
        else:
            end = middle
    at = end.astimezone(UTC).replace(microsecond=0)
    return ClockChange(at, (at + offset).replace(tzinfo=None), _offset(zone, at) - offset)


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None, "a moment in a zone is so far from UTC"
    return offset
