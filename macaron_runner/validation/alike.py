"""Long lists of objects that all have the same properties, looked at property by property.

    [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}, …]   ->   sku: "a", "b", …     qty: 1, 2, …

So the engine goes through all values of a property in one step, where it looks up each property of each object
otherwise; and who makes models of the objects needs the same values again. Only for telling that a value fits: what is
wrong with one that does not, the check of the whole tells (schema).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeAlias

import orjson

from macaron_runner.validation.rewriting import Rewritten

Fits: TypeAlias = Callable[[Any], bool]

FEW: Final = 14
"""Of fewer objects each is looked at by itself."""
_FIRST: Final = 64
"""Of so many values is seen whether they repeat: every second, at the least."""
_OF_INTEGERS: Final = b"-,0123456789"

_MOST_STEPS: Final = 2
"""How deep in a value a list may be: each step multiplies what is looked through for lists."""
_DEFINITIONS: Final = "#/$defs/"
_OF_LISTS: Final = frozenset({"type", "items", "minItems", "maxItems", "uniqueItems"})
_OF_OBJECTS: Final = frozenset({"type", "properties", "required", "additionalProperties"})
"""The keywords of schemas whose values can be looked at so."""


class Alike:
    """The objects of a list that all have the keys of `layout`, in its order; `texts` are those known to be texts."""

    def __init__(self, items: list[Any], layout: list[str]) -> None:
        self.items = items
        self.layout = layout
        self.texts: frozenset[str] = frozenset()
        self._columns: dict[str, list[Any]] = {}
        self._different: dict[str, list[Any] | None] = {}
        self._written: dict[str, bytes] = {}
        self._whole: dict[str, bool] = {}

    def column(self, key: str) -> list[Any]:
        """Return the values of a property, one of each object."""
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = list(map(itemgetter(key), self.items))
        return found

    def different(self, key: str) -> list[Any] | None:
        """Return the values of a property, each once; None where few repeat, or where equal ones may not be the same.

        Of values that are no texts, among texts, not all need be there.
        """
        if key not in self._different:
            try:
                self._different[key] = list(set(self.column(key))) if self._repeats(key) else None
            except TypeError:  # some are lists or objects, maybe nested too deeply
                self._different[key] = None
        return self._different[key]

    def _repeats(self, key: str) -> bool:
        """Tell whether texts or integers repeat. 1, 1.0 and true are equal, and not the same."""
        values = self.column(key)
        if len(set(values[:_FIRST])) * 2 > _FIRST:
            return False
        return type(values[0]) is str or (type(values[0]) is int and self.is_whole(key))

    def written(self, key: str) -> bytes:
        """Return the values of a property as JSON without white space. Raises TypeError where it cannot be."""
        found = self._written.get(key)
        if found is None:
            found = self._written[key] = orjson.dumps(self.column(key))
        return found

    def is_whole(self, key: str) -> bool:
        """Tell whether the values of a property are integers all, of 64 bits."""
        if key not in self._whole:
            try:
                self._whole[key] = self.written(key).translate(None, _OF_INTEGERS) == b"[]"
            except TypeError:
                self._whole[key] = False
        return self._whole[key]


Lists: TypeAlias = dict[tuple[str, ...], Alike]
"""The long lists in a value, by the keys that lead to them."""

_known: Final[dict[int, Alike]] = {}
"""Those that were found while a value was checked, by the id of the list, until its models are made."""


def remember(found: Iterable[Alike]) -> None:
    """Have `alike` return these for their lists, until they are forgotten."""
    _known.update((id(each.items), each) for each in found)


def forget(found: Iterable[Alike]) -> None:
    """End what `remember` began."""
    for each in found:
        del _known[id(each.items)]


def alike(items: list[Any]) -> Alike | None:
    """Return a long list of objects of one layout; None for any other."""
    if len(items) < FEW:
        return None
    known = _known.get(id(items))
    if known is not None:
        return known
    first, last = items[0], items[-1]
    if not isinstance(first, dict) or not isinstance(last, dict):
        return None
    layout = list(first)
    if not layout or list(last) != layout:
        return None
    try:
        if list(chain.from_iterable(items)) != layout * len(items):
            return None
        found = Alike(items, layout)
        found.column(layout[0])
    except TypeError:  # they are not all objects
        return None
    return found


@dataclass(frozen=True, slots=True)
class _List:
    """Where in a value a list of objects is, and what is asked of the objects.

    `fits` takes the values of the properties that are `described`, by their names; of `texts` and
    `numbers` each once is enough. `others` tells whether there may be further properties.
    """

    path: tuple[str, ...]
    fits: Fits
    described: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[str]
    required: frozenset[str]
    others: bool

    def allows(self, found: Alike) -> bool:
        """Tell whether all the objects fit."""
        keys = self.described.intersection(found.layout)
        if not self.required.issubset(found.layout) or not (self.others or len(keys) == len(found.layout)):
            return False
        once = self.texts | self.numbers
        columns = {key: (key in once and found.different(key)) or found.column(key) for key in keys}
        if self.fits(columns):
            found.texts = self.texts.intersection(keys)
            return True
        return False


class LongLists:
    """Checks values of one schema in which there are long lists of alike objects."""

    def __init__(self, lists: Iterable[_List], rest: Fits) -> None:
        self._lists = tuple(lists)
        self._rest = rest

    def fit(self, value: Any) -> Lists | None:
        """Return the lists in a value that fits; None where it does not, or has no such list or another beside it."""
        lists: list[tuple[_List, Alike]] = []
        for each in self._lists:
            items = _at(each.path, value)
            if items is None:
                continue
            found = alike(items) if isinstance(items, list) else None
            if found is None:
                return None
            lists.append((each, found))
        if lists and all(each.allows(found) for each, found in lists) and self._rest(value):
            return {each.path: found for each, found in lists}
        return None


def _at(path: Iterable[str], value: Any) -> Any:
    """Return what is at a path of keys; None where there is nothing, or null."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def compile_long_lists(schema: Rewritten, compile_: Callable[[dict[str, Any]], Fits]) -> LongLists | None:
    """Return what checks values with long lists in them; None for a schema that describes no such list.

    A list's objects are left out of the check of the rest. `schema` is complete in itself.
    """
    if not isinstance(schema, dict):
        return None
    search = _Search(schema.get("$defs", {}), compile_)
    rest = search.without_lists({key: part for key, part in schema.items() if key != "$defs"}, ())
    return LongLists(search.lists, search.late(rest)) if search.lists else None


class _Search:
    """One walk along the properties of a schema; `lists` has what was found."""

    def __init__(
        self, definitions: Mapping[str, Rewritten], compile_: Callable[[dict[str, Any]], Fits]
    ) -> None:
        self._definitions = definitions
        self._compile = compile_
        self.lists: list[_List] = []

    def late(self, schema: dict[str, Any]) -> Fits:
        """Return what tells whether a value fits, compiled when it is first asked: most lists are never long."""
        fits: Fits | None = None

        def ask(value: Any) -> bool:
            nonlocal fits
            if fits is None:
                fits = self._compile({**schema, "$defs": self._definitions} if self._definitions else schema)
            return fits(value)

        return ask

    def without_lists(self, schema: Rewritten, path: tuple[str, ...]) -> Any:
        """Return a schema that asks nothing of the objects in lists; itself where it describes no such list."""
        found = self._followed(schema)
        if not isinstance(found, dict):
            return schema
        if self._is_list(found):
            self.lists.append(self._list(path, self._followed(found["items"])))
            return {keyword: part for keyword, part in found.items() if keyword != "items"}
        before = found.get("properties", {}) if len(path) < _MOST_STEPS else {}
        after = {name: self.without_lists(part, (*path, name)) for name, part in before.items()}
        changed = any(after[name] is not before[name] for name in after)
        return {**found, "properties": after} if changed else schema

    def _followed(self, schema: Any) -> Any:
        """Return what a mere reference leads to; anything else as it is."""
        seen = 0
        while isinstance(schema, dict) and schema.keys() == {"$ref"} and seen <= len(self._definitions):
            schema, seen = self._definitions[schema["$ref"].removeprefix(_DEFINITIONS)], seen + 1
        return schema

    def _is_list(self, schema: dict[str, Any]) -> bool:
        items = self._followed(schema.get("items"))
        return (
            schema.keys() <= _OF_LISTS
            and isinstance(items, dict)
            and items.keys() <= _OF_OBJECTS
            and "properties" in items
            and items.get("type", "object") == "object"
            and isinstance(items.get("additionalProperties", True), bool)
        )

    def _list(self, path: tuple[str, ...], item: dict[str, Any]) -> _List:
        described: Mapping[str, Any] = item["properties"]
        columns = {name: {"items": part} for name, part in described.items()}
        return _List(
            path,
            self.late({"properties": columns}),
            frozenset(described),
            frozenset(name for name, part in described.items() if _has_type(part, "string")),
            frozenset(name for name, part in described.items() if _has_type(part, "integer", "number")),
            frozenset(item.get("required", ())),
            item.get("additionalProperties", True),
        )


def _has_type(schema: Rewritten, *types: str) -> bool:
    return isinstance(schema, dict) and schema.get("type") in types
