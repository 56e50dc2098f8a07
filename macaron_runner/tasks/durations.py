"""Seconds and rates as options of tasks say them: 30, "30s", "100/min". Pure.

Not for the values of macaron.yaml, which always have a unit (configuration.values).
"""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic_core import PydanticCustomError

from macaron_runner.configuration.values import parse_duration

_RATE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)/(s|sec|second|m|min|minute|h|hour)")


def seconds(value: Any, what: str, *, more_than_none: bool = False) -> float:
    """Return seconds: 5 -> 5.0, "1m30s" -> 90.0. Raises ValueError for anything else, or below nothing.

    `what` names it in messages; with `more_than_none` 0 is refused as well.
    """
    if isinstance(value, str):
        try:
            value = parse_duration(value)
        except PydanticCustomError as problem:
            raise ValueError(
                f"{what} must be {problem.message()}, or a number of seconds, not {value!r}"
            ) from None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f'{what} must be a number of seconds or a text as "30s", not {value!r}')
    if not 0 <= value < float("inf") or (more_than_none and not value):
        least = "more than 0" if more_than_none else "0 or more"
        raise ValueError(f"{what} must be {least} seconds, not {value!r}")
    return float(value)


def rate(value: Any) -> str:
    """Return a rate as Celery writes it: "100/min" -> "100/m". Raises ValueError."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not float(match[1]):
        raise ValueError(f'rate_limit must be a text as "10/s", "100/min" or "5/hour", not {value!r}')
    return f"{match[1]}/{match[2][0]}"
