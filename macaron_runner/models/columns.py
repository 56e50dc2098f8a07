"""Lists of objects that are all of one layout, made into models column by column: each step once for all of them.

    [{"sku": "a", "at": "2026-…"}, {"sku": "b", "at": "2026-…"}, …]   ->   the texts of `at` converted, put back
                                                                          ->   models that take the objects over

Not for single objects, nor for what the steps are (making).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat, starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.models.state import put_dict

if TYPE_CHECKING:
    from macaron_runner.models.model import Model

Convert: TypeAlias = Callable[[list[Any]], "list[Any] | None"]
"""Returns the Python values of one property of many objects; None where they are what JSON has."""

FEW: Final = 14
"""Of fewer objects each is made by itself."""


def read_column(name: str, read: Callable[[Any], Any]) -> Convert:
    """Return what reads the texts of a property."""
    of = itemgetter(name)
    return lambda items: list(map(read, map(of, items)))


def whole_column(name: str, validate: Callable[[list[Any]], list[Any]]) -> Convert:
    """Return what makes integers of the numbers of a property, where not all of them are: 12.0 may be one of them."""
    of = itemgetter(name)
    return lambda items: None if type(sum(map(of, items))) is int else validate(list(map(of, items)))


def column(name: str, make_all: Callable[[list[Any]], list[Any]]) -> Convert:
    """Return what makes the values of a property all at once."""
    of = itemgetter(name)
    return lambda items: make_all(list(map(of, items)))


class Columns:
    """Makes models of one class. `names` are its properties, of which the first `least` must be there.

    The others are None where they are absent. `make` makes one of any layout.
    """

    def __init__(
        self,
        kind: type[Model],
        make: Callable[[Any], Any],
        names: Sequence[str],
        least: int,
        conversions: Mapping[str, Convert],
    ) -> None:
        self._kind = kind
        self._make = make
        self._names = list(names)
        self._least = least
        self._conversions = conversions

    def make_all(self, items: list[Any]) -> list[Any]:
        """Return the models. The objects are taken over, or changed in part where something in them cannot be made."""
        if len(items) >= FEW:
            layout = list(items[0])
            if self._is_mine(layout) and list(chain.from_iterable(items)) == layout * len(items):
                return self._at_once(items, layout)
        make = self._make
        return [make(item) for item in items]

    def _is_mine(self, layout: list[str]) -> bool:
        """Tell whether an object with these keys needs but its last properties to be a model's, in their order."""
        return len(layout) >= self._least and layout == self._names[: len(layout)]

    def _at_once(self, items: list[dict[str, Any]], layout: list[str]) -> list[Any]:
        converted = [
            (name, values)
            for name in layout
            if name in self._conversions and (values := self._conversions[name](items)) is not None
        ]
        for name, values in converted:  # none of them was changed until all could be made
            for item, value in zip(items, values, strict=True):
                item[name] = value
        for name in self._names[len(layout) :]:
            for item in items:
                item[name] = None
        made = list(starmap(object.__new__, repeat((self._kind,), len(items))))
        any(starmap(put_dict, zip(made, items, strict=True)))  # any() walks all of them: each returns None
        return made
