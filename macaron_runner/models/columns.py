"""Lists of objects that are all of one layout, made into models column by column: each step once for all of them.

    [{"sku": "a", "at": "2026-…"}, {"sku": "b", "at": "2026-…"}, …]   ->   the texts of `at` converted, put back
                                                                          ->   models that take the objects over

Not for single objects, nor for what the steps are (making).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat, starmap
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.models.state import put_dict

if TYPE_CHECKING:
    from macaron_runner.models.model import Model

Convert: TypeAlias = Callable[[list[Any]], "list[Any] | None"]
"""Returns the Python values of a column's JSON values; None where they are the same."""

FEW: Final = 8
"""Of fewer objects each is made by itself."""


def of_types(types: frozenset[type], convert: Convert) -> Convert:
    """Return what converts a column where values of other types are in it."""
    return lambda column: None if types.issuperset(map(type, column)) else convert(column)


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
            (name, column)
            for name in layout
            if name in self._conversions
            and (column := self._conversions[name]([item[name] for item in items])) is not None
        ]
        for name, column in converted:
            for item, value in zip(items, column, strict=True):
                item[name] = value
        for name in self._names[len(layout) :]:
            for item in items:
                item[name] = None
        made = list(starmap(object.__new__, repeat((self._kind,), len(items))))
        any(starmap(put_dict, zip(made, items, strict=True)))  # any() walks all of them: each returns None
        return made
