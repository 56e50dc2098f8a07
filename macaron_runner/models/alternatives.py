"""Which of several classes an object is of, where nothing but their schemas tells them apart.

Of those that it fits the one of which it has the most properties, of several such the first: as pydantic chooses. But
pydantic tries each with all that is inside, and so again at every level: the number of alternatives to the power of the
levels. Not for those that a property tells apart (model.Tagged), nor for a value's type (core.meant).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, NamedTuple, TypeAlias

Fits: TypeAlias = Callable[[Any], bool]
"""Tells whether a JSON value fits a schema. Raises ValueError where it meets something that is no JSON value."""


class Alternative(NamedTuple):
    """One class: what fits it, the names of its properties in JSON, and what makes its objects."""

    fits: Fits
    properties: Set[str]
    make: Callable[[Any], Any]


def choosing(alternatives: Sequence[Alternative]) -> Callable[[Mapping[str, Any]], Any]:
    """Return what makes objects of the class that is meant. It raises LookupError where they fit none."""

    def make(value: Mapping[str, Any]) -> Any:
        fitting = [each for each in alternatives if each.fits(value)]
        if not fitting:
            raise LookupError
        return max(fitting, key=lambda each: len(each.properties & value.keys())).make(value)

    return make
