"""Numbers that fit a shape: between its limits, multiples of what it says, as its property's name suggests.

Not for texts (texts). Exact: fractions, so that 0.07 is a multiple of 0.01.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from macaron_runner.mock.samples import number_by_name
from macaron_runner.mock.shape import Shape

_TRIED: Final = 60


def number_for(shape: Shape, name: str, number: int, *, whole: bool) -> int | float | None:
    """Return the `number`-th number that fits a shape, None where there is none; beyond the last it begins again."""
    found: list[int | float] = []
    for value in _candidates(shape, name, whole=whole):
        if value not in found and shape.admits(value):
            found.append(value)
            if len(found) > number:
                return value
    return found[number % len(found)] if found else None


def _candidates(shape: Shape, name: str, *, whole: bool) -> Iterator[int | float]:
    step = _step_of(shape, whole=whole)
    low, high = _limits(shape)
    preferred = _exact(number_by_name(name))
    inside = min(
        max(preferred, low if low is not None else preferred), high if high is not None else preferred
    )
    starts = [inside, *(limit for limit in (low, high) if limit is not None)]
    for start in starts:
        for steps in (*range(_TRIED), *range(-1, -_TRIED, -1)):
            value = _stepped(start, step, steps)
            if _is_inside(value, shape):
                yield _plain(value)
    if low is not None and high is not None and step is None:
        for part in range(1, _TRIED):
            value = low + (high - low) * part / _TRIED
            if _is_inside(value, shape):
                yield _plain(value)


def _step_of(shape: Shape, *, whole: bool) -> Fraction | None:
    """Return the least number that is a multiple of all that is asked for; None where any number will do."""
    steps = [_exact(multiple) for multiple in shape.multiples if multiple] + [Fraction(1)] * whole
    if not steps:
        return None
    numerator = math.lcm(*(abs(step.numerator) for step in steps))
    denominator = math.gcd(*(step.denominator for step in steps))
    return Fraction(numerator, denominator)


def _limits(shape: Shape) -> tuple[Fraction | None, Fraction | None]:
    lows = [_exact(limit) for limit in (shape.low, shape.above) if limit is not None]
    highs = [_exact(limit) for limit in (shape.high, shape.below) if limit is not None]
    return (max(lows) if lows else None), (min(highs) if highs else None)


def _stepped(start: Fraction, step: Fraction | None, steps: int) -> Fraction:
    if step is None:
        return start + steps
    return (round(start / step) + steps) * step


def _is_inside(value: Fraction, shape: Shape) -> bool:
    return (
        (shape.low is None or value >= _exact(shape.low))
        and (shape.high is None or value <= _exact(shape.high))
        and (shape.above is None or value > _exact(shape.above))
        and (shape.below is None or value < _exact(shape.below))
    )


def _exact(value: float) -> Fraction:
    """Return a number as its digits say: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _plain(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
