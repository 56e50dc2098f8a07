"""What several schemas say together of one value: the form from which values are made up.

Pure data, filled in by merging. Not for checking a value (validation.schema): a shape leaves out what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from macaron_runner.mock.patterns import matches
from macaron_runner.openapi.operation import Schema

TYPES: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
"""Every type, the more telling first; null is for where nothing else is left."""

_HINTS: Final = {
    "object": {"properties", "required", "additionalProperties", "patternProperties", "propertyNames"}
    | {"minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"},
    "array": {"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"},
    "string": {"pattern", "format", "minLength", "maxLength"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
"""What a schema without type is about, by its keywords: anything goes, and this is what its author had in mind."""


class Impossible(Exception):
    """No value fits: `path` is where, `reason` completes "…: it <reason>"."""

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rest:
    """What one schema says of the properties that it does not name: those not in `names`, matching no pattern."""

    names: frozenset[str]
    patterns: tuple[str, ...]
    schema: Schema

    def is_about(self, name: str) -> bool:
        """Tell whether a property is among them."""
        return name not in self.names and not any(matches(pattern, name) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Items:
    """What one schema says of the items of an array: the first ones by position, and all that follow."""

    prefix: tuple[Schema, ...]
    rest: Schema

    def at(self, position: int) -> Schema:
        """Return what the item at a position must fit."""
        return self.prefix[position] if position < len(self.prefix) else self.rest


@dataclass(frozen=True, slots=True)
class Contained:
    """An item that must be there, and how often at least."""

    schema: Schema
    least: int


@dataclass(slots=True)
class Shape:
    """All that several schemas say together. Lists hold what each of them says; numbers are the narrowest."""

    types: frozenset[str] = frozenset(TYPES)
    keywords: set[str] = field(default_factory=set)
    options: list[Any] | None = None
    """The values of enum and const; None where any goes."""
    excluded: list[Any] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    """Examples and defaults, in the order of the schemas."""

    properties: dict[str, list[Schema]] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    """Optional properties that would make the value fit an alternative that was not chosen."""
    patterned: list[tuple[str, Schema]] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    unevaluated: list[Schema] = field(default_factory=list)
    property_names: list[Schema] = field(default_factory=list)
    dependents: dict[str, list[str]] = field(default_factory=dict)
    dependent_schemas: dict[str, list[Schema]] = field(default_factory=dict)
    least_properties: int = 0
    most_properties: int | None = None

    items: list[Items] = field(default_factory=list)
    contained: list[Contained] = field(default_factory=list)
    unique: bool = False
    least_items: int = 0
    most_items: int | None = None

    patterns: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    least_length: int = 0
    most_length: int | None = None

    low: int | float | None = None
    high: int | float | None = None
    above: int | float | None = None
    below: int | float | None = None
    multiples: list[int | float] = field(default_factory=list)

    combinations: int = 1
    """How many ways there are to choose among the alternatives of these schemas."""
    names: set[str] = field(default_factory=set)
    """The named schemas that were merged."""

    def kinds(self) -> tuple[str, ...]:
        """Return the types that a value may have, the one its author had in mind first."""
        covered = {"integer"} if "number" in self.types else set()
        allowed = [kind for kind in TYPES if kind in self.types - covered]
        if len(self.types) == len(TYPES):
            hinted = [kind for kind, words in _HINTS.items() if words & self.keywords]
            return tuple(dict.fromkeys([*hinted, "string", *allowed]))
        return tuple(allowed)

    def literals(self) -> Iterator[Any]:
        """Yield the values that the schemas themselves show, as far as they can fit."""
        for value in self.shown:
            if self.admits(value):
                yield value

    def choices(self) -> list[Any] | None:
        """Return the listed values that can fit; None where none are listed."""
        if self.options is None:
            return None
        return [value for value in self.options if self.admits(value)]

    def admits(self, value: Any) -> bool:
        """Tell whether a value has a type that fits, and is none of those that are listed or excluded."""
        if self.options is not None and not any(same(value, option) for option in self.options):
            return False
        if any(same(value, excluded) for excluded in self.excluded):
            return False
        kind = type_of(value)
        return kind in self.types or (kind == "integer" and "number" in self.types)

    def schemas_of(self, name: str) -> list[Schema]:
        """Return all that a property must fit."""
        found = [*self.properties.get(name, ())]
        found += (schema for pattern, schema in self.patterned if matches(pattern, name))
        evaluated = bool(found)
        found += (rest.schema for rest in self.rests if rest.is_about(name))
        if not evaluated and not self.rests:
            found += self.unevaluated
        return found

    def may_have(self, name: str) -> bool:
        """Tell whether a property can be there at all."""
        return name not in self.forbidden and not any(schema is False for schema in self.schemas_of(name))

    @property
    def closed(self) -> bool:
        """Whether nothing may follow the first items, those that are told by position."""
        return any(items.rest is False for items in self.items)

    def items_at(self, position: int) -> list[Schema]:
        """Return all that the item at a position must fit."""
        return [items.at(position) for items in self.items]


def type_of(value: Any) -> str:
    """Return the JSON type of a value; a number without a fraction is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list | tuple) else "object"


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal: 1 is 1.0, and neither is true."""
    return type_of(one) == type_of(other) and bool(one == other)
