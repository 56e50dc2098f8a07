"""Schemas as Python type annotations, in text: the part of the generated source that stands behind a colon.

    {"type": ["array", "null"], "items": {"$ref": "#/$defs/Order"}}  ->  list[Order] | None

An annotation admits every value that fits the schema; it need not refuse others, the JSON-Schema engine does.
Not for classes (source), which are asked for by `Definer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from macaron_runner.models.implied import implied_choice
from macaron_runner.models.names import literal, pascal
from macaron_runner.models.shape import Choice, SchemaMap, Schemas, core_of, types_of
from macaron_runner.openapi.operation import Schema

STRING_FORMATS: Final[Mapping[str, str]] = {
    "binary": "File",
    "byte": "Base64",
    "date": "Date",
    "date-time": "DateTime",
    "decimal": "Decimal",
    "uuid": "UUID",
}
"""The Python type of a string of a format; every other string is a str."""

_ANY: Final = "Any"
_MOST_LITERALS: Final = 30
_KINDS: Final[Mapping[type, str]] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip

Arms: TypeAlias = list[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an annotation stands: what a class made for it is called, and which names mean something else there."""

    path: tuple[str, ...]
    hidden: frozenset[str] = frozenset()

    @property
    def hint(self) -> str:
        """A name made of all the words that lead here: "OrderShippingAddress"."""
        return pascal(*self.path)

    def inner(self, word: str) -> Scope:
        """Return the scope of something inside."""
        return Scope((*self.path, word), self.hidden)


class Definer(Protocol):
    """What gives names to types."""

    def word(self, name: str, scope: Scope) -> str:
        """Return how a name of the module is spelled in a scope."""
        ...

    def named(self, name: str, scope: Scope) -> str:
        """Return how the type of a named schema is spelled, sub-classes that a discriminator tells apart included."""
        ...

    def class_name(self, name: str) -> str:
        """Return the class of a named schema that is one."""
        ...

    def inline_class(self, schema: SchemaMap, hint: str) -> str:
        """Return the class made for a nameless schema."""
        ...


class Annotations:
    """Writes annotations; what they name comes from `definer`."""

    def __init__(self, schemas: Schemas, definer: Definer) -> None:
        self._schemas = schemas
        self._definer = definer
        self._writers: Mapping[str, Callable[[SchemaMap, Scope], Arms]] = {
            "boolean": lambda _, scope: [self._word("bool", scope)],
            "integer": lambda _, scope: [self._word("int", scope)],
            "number": self._number,
            "string": self._string,
            "array": self._array,
            "object": self._object,
        }

    def __call__(self, schema: Schema, scope: Scope) -> str:
        """Return the annotation of a schema."""
        arms = list(dict.fromkeys(self._arms(schema, scope)))
        if _ANY not in arms and self._schemas.admits_null(schema):
            arms.append(
                "None" if arms else f"{self._word('Literal', scope)}[None]"
            )  # Python has no None | None
        return self._word(_ANY, scope) if _ANY in arms or not arms else " | ".join(arms)

    def _word(self, name: str, scope: Scope) -> str:
        return self._definer.word(name, scope)

    def _arms(self, schema: Schema, scope: Scope) -> Arms:
        """Return the members of the union that a schema is; null is not among them."""
        if isinstance(schema, bool):
            return [_ANY]
        if "$ref" in schema:
            return self._reference(schema, scope)
        if "const" in schema or "enum" in schema:
            return self._values(schema.get("enum", [schema.get("const")]), scope)
        core = core_of(schema)
        if self._schemas.is_inline_class(core):
            name = self._definer.inline_class(schema, scope.hint)
            return [self._word(name, scope), *self._beside_object(core, scope)]
        for keyword in ("oneOf", "anyOf"):
            if schema.get(keyword):
                return self._choice(schema, schema[keyword], scope)
        return self._combined(schema, scope) if schema.get("allOf") else self._typed(schema, scope)

    def _reference(self, schema: SchemaMap, scope: Scope) -> Arms:
        name = self._schemas.target(schema)
        if name is None or (not self._is_class(name) and self._schemas.is_circular(name)):
            return [_ANY]
        arms = [self._definer.named(name, scope)]
        return (
            arms + self._beside_object(core_of(self._schemas[name]), scope) if self._is_class(name) else arms
        )

    def _is_class(self, name: str | None) -> bool:
        return name is not None and self._schemas.is_class(name)

    def _beside_object(self, schema: SchemaMap, scope: Scope) -> Arms:
        """Return what a schema admits beside the object that its class describes."""
        others = [name for name in types_of(schema) if name not in ("object", "null")]
        return self._typed({**schema, "type": others}, scope) if others else []

    # Values

    def _values(self, values: list[Any], scope: Scope) -> Arms:
        """Return Literal for a moderate number of texts, integers and booleans, plain types for other values."""
        given = [value for value in values if value is not None]
        exact = [value for value in given if _exact(value)] if len(given) <= _MOST_LITERALS else []
        kinds = dict.fromkeys(_KINDS[type(value)] for value in given if not (exact and _exact(value)))
        word = self._word("Literal", scope) if exact else ""
        arms = [f"{word}[{', '.join(map(literal, exact))}]"] if exact else []
        return arms + [arm for kind in kinds for arm in self._typed({"type": kind}, scope)]

    def _typed(self, schema: SchemaMap, scope: Scope) -> Arms:
        """Return the types a schema names; it may leave that to keywords which speak of one type only."""
        types = types_of(schema) or tuple(kind for key, kind in _IMPLIED.items() if key in schema)[:1]
        if not types:
            return [_ANY]
        return [arm for kind in types if kind in self._writers for arm in self._writers[kind](schema, scope)]

    def _number(self, schema: SchemaMap, scope: Scope) -> Arms:
        return [self._word("float" if schema.get("format") in ("float", "double") else "Number", scope)]

    def _string(self, schema: SchemaMap, scope: Scope) -> Arms:
        form = schema.get("format")
        return [self._word(STRING_FORMATS.get(form, "str") if isinstance(form, str) else "str", scope)]

    def _array(self, schema: SchemaMap, scope: Scope) -> Arms:
        item = scope.inner("Item")
        rest = schema.get("items", True)
        first = schema.get("prefixItems") or []
        if not first:
            return [f"{self._word('list', scope)}[{self(rest, item)}]"]
        closed = rest is False or schema.get("maxItems") == len(first)
        if closed and schema.get("minItems", 0) >= len(first):
            return [f"{self._word('tuple', scope)}[{', '.join(self(one, item) for one in first)}]"]
        choices = {"anyOf": [*first, *([] if rest is False else [rest])]}
        return [f"{self._word('list', scope)}[{self(choices, item)}]"]

    def _object(self, schema: SchemaMap, scope: Scope) -> Arms:
        """Return a dictionary: an object without properties of its own."""
        members = list((schema.get("patternProperties") or {}).values())
        rest = schema.get("additionalProperties", True)
        value = {"anyOf": [*members, *([] if rest is False else [rest])]} if members else rest
        words = self._word("dict", scope), self._word("str", scope)
        return [f"{words[0]}[{words[1]}, {self(value, scope.inner('Value'))}]"]

    # Combinations

    def _choice(self, schema: SchemaMap, choices: list[Schema], scope: Scope) -> Arms:
        present = [choice for choice in choices if choice != {"type": "null"}]
        targets = [
            name for choice in present if (name := self._schemas.target(choice)) and self._is_class(name)
        ]
        chosen = self._schemas.choice(schema, targets) or implied_choice(self._schemas, targets)
        if chosen is not None and len(set(targets)) > 1:
            return [
                self.tagged(chosen, scope),
                *self._united([c for c in present if not self._is_tagged(c)], scope),
            ]
        arms = self._united(present, scope)
        plain = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf")}
        return self._arms(plain, scope) if _ANY in arms else arms

    def _is_tagged(self, choice: Schema) -> bool:
        return self._is_class(self._schemas.target(choice))

    def _united(self, choices: list[Schema], scope: Scope) -> Arms:
        many = len(choices) > 1
        return [
            arm
            for number, choice in enumerate(choices, 1)
            for arm in self._arms(choice, scope.inner(_title(choice) or f"Choice{number}") if many else scope)
        ]

    def tagged(self, choice: Choice, scope: Scope, otherwise: str = "") -> str:
        """Return the annotated union of the classes that a discriminator tells apart."""
        otherwise = choice.otherwise or otherwise
        named = [*choice.arms.values(), *([otherwise] if otherwise else [])]
        classes = dict.fromkeys(self._definer.class_name(name) for name in named)
        union = " | ".join(self._word(name, scope) for name in classes)
        if len(classes) == 1:
            return union
        last = f", {otherwise!r}" if otherwise else ""
        mark = f"{self._word('Tagged', scope)}({choice.property!r}, {literal(choice.arms)}{last})"
        return f"{self._word('Annotated', scope)}[{union}, {mark}]"

    def _combined(self, schema: SchemaMap, scope: Scope) -> Arms:
        """Return the part of an allOf that says most: the first that names a type, one that is not just a container."""
        own = {key: value for key, value in schema.items() if key != "allOf"}
        found = [self._arms(part, scope) for part in [*schema["allOf"], own]]
        informative = [arms for arms in found if _ANY not in arms]
        exact = [arms for arms in informative if not any(arm.endswith(f"{_ANY}]") for arm in arms)]
        return next(iter(exact or informative), [_ANY])


_IMPLIED: Final[Mapping[str, str]] = {
    "properties": "object", "additionalProperties": "object", "patternProperties": "object",
    "items": "array", "prefixItems": "array",
}  # fmt: skip


def _exact(value: Any) -> bool:
    """Tell whether a value can stand in Literal: booleans, texts that can be UTF-8, and integers of 64 bits."""
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    return type(value) is int and -(2**63) <= value < 2**63


def _title(schema: Schema) -> str:
    title = schema.get("title", "") if isinstance(schema, Mapping) else ""
    return title if isinstance(title, str) and title.isascii() else ""
