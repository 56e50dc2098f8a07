"""Cron lines: five fields made into the sets of numbers that they mean.

The syntax is that of crontab(5) of Vixie cron: lists, ranges, steps, names of months and days. Not for
finding the next time (tasks).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_LONGEST: Final = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_PART: Final = re.compile(
    r"(?P<first>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<last>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<step>[0-9]{1,2}))?"
)


@dataclass(frozen=True, slots=True)
class Cron:
    """Minutes (0-59), hours (0-23), days (1-31), months (1-12), weekdays (0-6, Sunday is 0) of a cron line.

    `either_day`: both day fields are restricted, and then cron runs on days that fit either of them.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool


def parse_cron(text: str) -> Cron:
    """Return what a cron line means: "15 3 * * mon-fri". Raises ValueError with what is wrong."""
    fields = text.lower().split()
    if len(fields) != 5:
        count = "one field" if len(fields) == 1 else f"{len(fields)} fields"
        raise ValueError(f"it has {count}, not five (minute, hour, day of month, month, day of week)")
    minute, hour, day, month, weekday = fields
    cron = Cron(
        _numbers("minute", minute, 0, 59),
        _numbers("hour", hour, 0, 23),
        _numbers("day of month", day, 1, 31),
        _numbers("month", month, 1, 12, _MONTHS),
        frozenset(number % 7 for number in _numbers("day of week", weekday, 0, 7, _DAYS)),
        either_day=not (day.startswith("*") or weekday.startswith("*")),
    )
    if not cron.either_day and min(cron.days) > max(_LONGEST[month] for month in cron.months):
        raise ValueError("no month of it is that long: it would never run")
    return cron


def _numbers(
    field: str, text: str, least: int, most: int, names: Mapping[str, int] | None = None
) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f'"{part}" is no {field}')
        found.update(_range(field, match, least, most, names or {}))
    return frozenset(found)


def _range(field: str, match: re.Match[str], least: int, most: int, names: Mapping[str, int]) -> range:
    if match["first"] == "*":
        if match["last"] is not None:
            raise ValueError(f'"{match[0]}" is no {field}')
        first, last = least, most
    else:
        first = _number(field, match["first"], least, most, names)
        last = first if match["last"] is None else _number(field, match["last"], least, most, names)
        if match["step"] and match["last"] is None:
            last = most
    if match["last"] in names and last < first and last == 0:
        last = 7  # fri-sun
    step = int(match["step"] or 1)
    if not step:
        raise ValueError(f'"{match[0]}" has a step of 0')
    if last < first:
        raise ValueError(f'"{match[0]}" ends before it begins')
    return range(first, last + 1, step)


def _number(field: str, text: str, least: int, most: int, names: Mapping[str, int]) -> int:
    number = names.get(text) if text.isalpha() else int(text)
    if number is None:
        raise ValueError(f'"{text}" is no {field}')
    if not least <= number <= most:
        raise ValueError(f"{number} is no {field}: it is from {least} to {most}")
    return number
