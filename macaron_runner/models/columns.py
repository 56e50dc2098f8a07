"""Lists of objects that are all of one layout, made into models column by column: each step once for all of them.

    [{"sku": "a", "at": "2026-…"}, {"sku": "b", "at": "2026-…"}, …]   ->   the texts of `at` converted, put back
                                                                          ->   models that take the objects over

Not for single objects, nor for what the steps are (making).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat, starmap
from typing import TYPE_CHECKING, Any, TypeAlias

from macaron_runner.models.names import literal
from macaron_runner.models.state import put_dict
from macaron_runner.validation.alike import Alike, alike

if TYPE_CHECKING:
    from macaron_runner.models.model import Model

Convert: TypeAlias = Callable[[Alike, str], "Iterable[Any] | None"]
"""Returns the Python values of one property of many objects; None where they are what JSON has.

What may fail has been done when it returns.
"""


def read_column(read: Callable[[Any], Any]) -> Convert:
    """Return what reads the texts of a property, each once where they repeat."""

    def convert(found: Alike, name: str) -> Iterable[Any]:
        different = found.different(name)
        if different is None:
            return list(map(read, found.column(name)))
        values = dict(zip(different, map(read, different), strict=True))
        return map(values.__getitem__, found.column(name))

    return convert


def whole_column(validate: Callable[[list[Any]], list[Any]]) -> Convert:
    """Return what makes integers of the numbers of a property, where not all of them are: 12.0 may be one of them."""

    def convert(found: Alike, name: str) -> list[Any] | None:
        return None if found.is_whole(name) else validate(found.column(name))

    return convert


def column(make_all: Callable[[list[Any]], list[Any]]) -> Convert:
    """Return what makes the values of a property all at once."""
    return lambda found, name: make_all(found.column(name))


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
        found = alike(items)
        if found is not None and self._is_mine(found.layout):
            return self._at_once(found)
        make = self._make
        return [make(item) for item in items]

    def _is_mine(self, layout: list[str]) -> bool:
        """Tell whether an object with these keys needs but its last properties to be a model's, in their order."""
        return len(layout) >= self._least and layout == self._names[: len(layout)]

    def _at_once(self, found: Alike) -> list[Any]:
        items, layout = found.items, found.layout
        converted = {
            name: values
            for name in layout
            if name in self._conversions and (values := self._conversions[name](found, name)) is not None
        }
        fill = filling(tuple(converted), tuple(self._names[len(layout) :]))
        fill(items, *converted.values())  # none of them was changed until all could be made
        made = list(starmap(object.__new__, repeat((self._kind,), len(items))))
        any(starmap(put_dict, zip(made, items, strict=True)))  # any() walks all of them: each returns None
        return made


@functools.lru_cache(maxsize=256)
def filling(converted: tuple[str, ...], absent: tuple[str, ...]) -> Callable[..., None]:
    """Return what puts values into objects, (objects, values of each property that was converted), None for the absent.

    It is written for these names: so each object is fetched into the processor's cache once.
    """
    if not (converted or absent):
        return lambda _items: None
    given = [f"v{number}" for number in range(len(converted))]
    each, objects = "item", "items"
    if given:
        each, objects = f"item, {', '.join(given)}", f"zip(items, {', '.join(given)}, strict=True)"
    puts = zip((*converted, *absent), (*given, *("None" for _ in absent)), strict=True)
    lines = [
        f"def fill({', '.join(['items', *given])}):",
        f"    for {each} in {objects}:",
        *(f"        item[{literal(name)}] = {value}" for name, value in puts),
    ]
    space: dict[str, Callable[..., None]] = {}
    exec(compile("\n".join(lines), "<columns put>", "exec", dont_inherit=True), space)  # noqa: S102 - text of ours
    return space["fill"]
