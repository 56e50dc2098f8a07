"""In how many ways a schema comes back to itself at one place of a value: what a full list of mistakes can cost.

    E = {"oneOf": [{"$ref": "#/$defs/And"}, {"$ref": "#/$defs/Or"}]}, And and Or with items of E      ->  2

The engine lists what is wrong by every way: so many errors to the power of a value's levels, gigabytes for 300 bytes.
Whether a value fits at all costs no more than elsewhere. Not for checking anything (schema).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.keywords import inside

if TYPE_CHECKING:
    from macaron_runner.validation.rewriting import Rewritten

_Visits: TypeAlias = "Counter[tuple[tuple[str, ...], str]]"
"""How often a value's part, by the steps to it, is held against a definition."""

_MOST_ERRORS: Final = 10_000
_FLAT: Final = 2
"""Levels of a value that never cost much, in however many ways."""
_IN_PLACE: Final = ("allOf", "anyOf", "oneOf")
_PARTS: Final = ("properties", "patternProperties")
_ONE_PART: Final = ("items", "additionalProperties", "contains", "unevaluatedItems", "unevaluatedProperties")
_PREFIX: Final = "#/$defs/"


def may_explode(ways: int, value: Any) -> bool:
    """Tell whether all that is wrong with a value may be too much to ask for; its schema comes back in so many ways."""
    levels = _FLAT + 1
    while ways > 1 and ways**levels <= _MOST_ERRORS:
        levels += 1
    return ways > 1 and _has_levels(value, levels)


def ways_back(schema: Rewritten) -> int:
    """Return in how many ways a rewritten schema comes back, at most; 1 for one that does not branch."""
    definitions = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    return _Branching(definitions).most if definitions else 1


class _Branching:
    """The definitions of one schema, gone through once each; `most` is in how many ways one comes back to itself."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._visits: dict[str, _Visits] = {}
        self.most = 1
        for key in definitions:
            by_place: Counter[tuple[str, ...]] = Counter()
            for (place, _), number in self._of(key).items():
                by_place[place] += number
            for place, number in by_place.items():
                if number > self.most:
                    self.most = max(self.most, self._coming_back(key, place))

    def _of(self, key: str) -> _Visits:
        if key not in self._visits:
            self._visits[key] = Counter()  # for one that refers to itself in place
            self._visits[key] = self._walk(self._definitions[key], ())
        return self._visits[key]

    def _walk(self, schema: Any, place: tuple[str, ...]) -> _Visits:
        found: _Visits = Counter()
        if not isinstance(schema, Mapping):
            return found
        if isinstance(target := schema.get("$ref"), str):
            key = target.removeprefix(_PREFIX)
            found += self._of(key) if not place else Counter({(place, key): 1})
        rules: _Visits = Counter()
        for arm in (arm for keyword in _IN_PLACE for arm in schema.get(keyword, ())):
            if isinstance(arm, Mapping) and "if" in arm:  # of the rules for a tag only one applies
                rules |= self._walk(arm.get("then"), place)
            else:
                found += self._walk(arm, place)
        for name, part in _parts(schema):
            found += self._walk(part, (*place, name))
        for keyword in ("then", "else"):
            rules |= self._walk(schema.get(keyword), place)
        for part in schema.get("dependentSchemas", {}).values():
            found += self._walk(part, place)
        return found + rules

    def _coming_back(self, key: str, place: tuple[str, ...]) -> int:
        visits = self._of(key).items()
        return sum(
            number for (where, target), number in visits if where == place and self._leads(target, key)
        )

    def _leads(self, start: str, end: str) -> bool:
        """Tell whether one definition is held against what another one is, somewhere below."""
        seen = {start}
        pending = [start]
        while pending:
            key = pending.pop()
            if key == end:
                return True
            new = _references(self._definitions[key]) - seen
            seen |= new
            pending += new
        return False


def _references(schema: Any) -> set[str]:
    """Return the definitions to which a schema refers, anywhere in it."""
    found = set()
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping) and "$ref" in part:
            found.add(part["$ref"].removeprefix(_PREFIX))
        pending += (inner for _, inner in inside(part))
    return found


def _parts(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword in _PARTS:
        yield from schema.get(keyword, {}).items()
    for keyword in _ONE_PART:
        if keyword in schema:
            yield keyword, schema[keyword]
    for number, item in enumerate(schema.get("prefixItems", ())):
        yield str(number), item


def _has_levels(value: Any, levels: int) -> bool:
    """Tell whether a value has so many levels of objects and arrays."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels <= 1 or any(_has_levels(each, levels - 1) for each in inner)
