"""When schedules run next: for `macaron explain tasks.schedules`, and of one of them, as text and as JSON.

Pure: the time is an argument. Not for when its runs come (tasks.scheduling).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Schedule
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.tasks.scheduling import sun
from macaron_runner.tasks.scheduling.schedules import times_of
from macaron_runner.tasks.scheduling.upcoming import ClockChange, Upcoming, upcoming

_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next runs of a schedule, and the zone in which it is read; or why there are none."""

    runs: tuple[Upcoming, ...]
    zone: str
    why: str = ""

    def to_text(self) -> Iterator[str]:
        """Yield the lines for a person: a run each, on the schedule's clocks and in UTC, and what clocks do between."""
        in_utc = self.zone == "UTC"
        yield f"the next runs, in {'UTC' if in_utc else f'{self.zone} and in UTC'}:"
        precision = _precision(self.runs)
        for run in self.runs:
            if run.change is not None:
                yield f"      {_said(run.change)}"
            local = run.at.isoformat(" ", precision)
            wall, offset = local[:-6], local[-6:]
            yield f"  {run.at:%a} {wall}" + ("" if in_utc else f" {offset}  {_utc(run.at, precision)}")

    def to_json(self) -> list[dict[str, Any]]:
        """Return the runs as JSON: times are RFC 3339; a change of clocks stands in the first run after it."""
        return [
            {
                "local": run.at.isoformat(),
                "utc": _utc(run.at, "auto", "T"),
                "clock_change": None
                if run.change is None
                else {"at": _utc(run.change.at, "auto", "T"), "seconds": int(run.change.by.total_seconds())},
            }
            for run in self.runs
        ]


@dataclass(frozen=True, slots=True)
class Overview:
    """The next run of each schedule, the soonest first, with the schedule's name."""

    runs: tuple[tuple[str, Upcoming], ...]
    why = ""

    def to_text(self) -> Iterator[str]:
        """Yield the lines for a person, in UTC, for zones may differ."""
        yield "the next run of each, in UTC:"
        precision = _precision(run for _, run in self.runs)
        for name, run in self.runs:
            at = run.at.astimezone(UTC)
            yield f"  {at:%a} {at.replace(tzinfo=None).isoformat(' ', precision)}  {name}"

    def to_json(self) -> list[dict[str, Any]]:
        """Return the runs as JSON."""
        return [
            {"schedule": name, "local": run.at.isoformat(), "utc": _utc(run.at, "auto", "T")}
            for name, run in self.runs
        ]


def outlook(
    configuration: Configuration, path: Path, now: datetime, problems: tuple[Diagnostic, ...]
) -> Outlook | Overview | None:
    """Return when the schedule at a path, or each of them, runs after `now`; None where no schedule is there.

    A schedule whose times have an error is none.
    """
    tasks = configuration.config.tasks
    if path[:2] != ("tasks", "schedules") or len(path) > 3 or tasks is None:
        return None
    doubts = Doubts(configuration, problems)
    if len(path) == 3:
        name = str(path[2])
        schedule = tasks.schedules.get(name)
        return (
            _outlook(schedule, now) if schedule is not None and _has_times(name, schedule, doubts) else None
        )
    ahead = (
        (name, _outlook(schedule, now, 1).runs)
        for name, schedule in tasks.schedules.items()
        if _has_times(name, schedule, doubts)
    )
    return Overview(
        tuple(sorted(((name, run) for name, runs in ahead for run in runs), key=lambda each: each[1].at))
    )


def _has_times(name: str, schedule: Schedule, doubts: Doubts) -> bool:
    if not any((schedule.cron, schedule.every, schedule.sun)):
        return False
    times = ("cron", "every", "sun", "time_zone")
    return not any(doubts.about("tasks", "schedules", name, key) for key in times)


def _outlook(schedule: Schedule, now: datetime, count: int = _COUNT) -> Outlook:
    if schedule.sun is not None and not sun.is_known():
        return Outlook((), "UTC", f"when it runs is told by ephem: {sun.INSTALL}")
    runs = upcoming(times_of(schedule), ZoneInfo(schedule.time_zone), now, count)
    return Outlook(runs, schedule.time_zone, "" if runs else "it never runs: the sun never does that there")


def _precision(runs: Iterable[Upcoming]) -> str:
    """Return how exactly times must be shown so that nothing of them is lost, as isoformat calls it."""
    times = [run.at for run in runs]
    if any(time.microsecond for time in times):
        return "milliseconds"
    return "seconds" if any(time.second for time in times) else "minutes"


def _utc(moment: datetime, precision: str, separator: str = " ") -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(separator, precision)}Z"


def _said(change: ClockChange) -> str:
    way = "forward" if change.by > timedelta() else "back"
    minutes = int(abs(change.by).total_seconds()) // 60
    length = f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
    return f"clocks go {way} by {length}, at {change.wall:%Y-%m-%d %H:%M}"
