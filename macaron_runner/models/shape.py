"""What a schema is to a Python programmer: a class, an alias, a union; which properties it has, from which base.

Pure questions to data. Not for text (source) nor for constraints, which the JSON-Schema engine checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import default_target, mapping_of, name_of

SchemaMap: TypeAlias = Mapping[str, Any]

_CHOICES: Final = ("anyOf", "oneOf")
_NULL: Final = {"type": "null"}
_TYPED: Final = ("properties", "items", "prefixItems", "additionalProperties", "patternProperties")
_OPEN: Final = ("additionalProperties", "unevaluatedProperties")


@dataclass(slots=True)
class Shape:
    """An object's properties.

    `base` is the named schema it extends; `properties` are all of them, those of the base first; `own` tells
    which of them are not exactly the base's. `must` are the properties every value has; `additional` is the
    schema of further ones, None where the schema does not speak of them. `parts` are all the named schemas it
    is combined of. It is `loose` where only some alternatives speak of a property, which others leave free.
    """

    base: str | None = None
    properties: dict[str, Schema] = field(default_factory=dict)
    must: set[str] = field(default_factory=set)
    additional: Schema | None = None
    own: tuple[str, ...] = ()
    parts: set[str] = field(default_factory=set)
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A discriminator: the property, and which named schema each of its values means; `otherwise` any other value."""

    property: str
    arms: Mapping[str, str]
    otherwise: str = ""


class Schemas:
    """The named schemas of one API, and the questions one asks of them."""

    def __init__(self, named: Mapping[str, Schema]) -> None:
        self._named = named
        self._classes: dict[str, bool] = {}
        self._circular: dict[str, bool] = {}
        self._shapes: dict[str, Shape] = {}
        self._shaping: set[str] = set()

    def __getitem__(self, name: str) -> Schema:
        return self._named[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    # References

    def target(self, schema: Schema) -> str | None:
        """Return the name that a schema refers to, seen through names that only stand for another; else None."""
        seen: list[str] = []
        while isinstance(schema, Mapping) and "$ref" in schema:
            name = name_of(schema["$ref"])
            if name in seen:
                return None  # a circle of names that stand for each other means nothing
            seen.append(name)
            schema = self._named[name]
        return seen[-1] if seen else None

    def is_circular(self, name: str) -> bool:
        """Tell whether a named schema is among its own alternatives, which says nothing: `{"anyOf": [itself, …]}`."""
        if name not in self._circular:
            seen: set[str] = set()
            todo = [self._named[name]]
            while todo and name not in seen:
                found = set(self._alternatives(todo.pop())) - seen
                seen |= found
                todo += [self._named[other] for other in found if not self.is_class(other)]
            self._circular[name] = name in seen
        return self._circular[name]

    def _alternatives(self, schema: Schema) -> Iterator[str]:
        """Yield the names of the schemas that a schema is a combination of, with nothing around them."""
        if (name := self.target(schema)) is not None:
            yield name
        elif isinstance(schema, Mapping):
            for part in (part for key in ("allOf", *_CHOICES) for part in schema.get(key, ())):
                yield from self._alternatives(part)

    def other_direction(self, schema: Schema) -> bool:
        """Tell whether a property is readOnly or writeOnly, itself or where its `$ref` leads: one way lacks it."""
        if isinstance(schema, bool):
            return False
        if schema.get("readOnly") is True or schema.get("writeOnly") is True:
            return True
        name = self.target(schema)
        return name is not None and self.other_direction(self._named[name])

    def admits_null(self, schema: Schema, inside: frozenset[str] = frozenset()) -> bool:
        """Tell whether null is among the values, as far as types go; `inside` are the names that led here."""
        if isinstance(schema, bool):
            return schema
        if "$ref" in schema:
            name = name_of(schema["$ref"])
            return name not in inside and self.admits_null(self._named[name], inside | {name})
        if "const" in schema or "enum" in schema:
            return None in schema.get("enum", (schema.get("const", ""),))
        types = types_of(schema)
        if ("null" not in types) if types else any(key in schema for key in _TYPED):
            return False
        if not all(self.admits_null(part, inside) for part in schema.get("allOf", ())):
            return False
        choices = [schema[key] for key in _CHOICES if schema.get(key)]
        return all(any(self.admits_null(arm, inside) for arm in arms) for arms in choices)

    def default_of(self, schema: Schema, inside: frozenset[str] = frozenset()) -> Any:
        """Return the default of a property: its own, or that of what it refers to or combines; None without one.

        Alternatives do not count: nothing says which of them is meant where there is no value.
        """
        if isinstance(schema, bool) or "default" in schema:
            return schema["default"] if isinstance(schema, Mapping) else None
        found = (self.default_of(part, inside) for part in schema.get("allOf", ()))
        default = next((one for one in found if one is not None), None)
        name = name_of(schema["$ref"]) if default is None and "$ref" in schema else None
        if name is None or name in inside:
            return default
        return self.default_of(self._named[name], inside | {name})

    # Kinds

    def is_class(self, name: str) -> bool:
        """Tell whether a named schema becomes a class: it describes an object, or extends one that does."""
        if name not in self._classes:
            self._classes[name] = False  # what a circle of allOf sees
            self._classes[name] = self._describes_object(core_of(self._named[name]))
        return self._classes[name]

    def _describes_object(self, schema: Schema) -> bool:
        if isinstance(schema, bool) or "$ref" in schema or "enum" in schema or "const" in schema:
            return False
        types = types_of(schema)
        if types and "object" not in types:
            return False
        if schema.get("properties") or any(self._extends(part) for part in schema.get("allOf", ())):
            return True
        return bool(types) and not self._is_map(schema) and not any(schema.get(key) for key in _CHOICES)

    def _is_map(self, schema: SchemaMap) -> bool:
        return bool(schema.get("patternProperties")) or schema.get("additionalProperties", False) is not False

    def _extends(self, part: Schema) -> bool:
        """Tell whether one element of allOf says that the value is an object with properties of its own."""
        name = self.target(part)
        if name is not None:
            return self.is_class(name)
        return isinstance(part, Mapping) and bool(part.get("properties") or self.is_inline_class(part))

    def is_inline_class(self, schema: SchemaMap) -> bool:
        """Tell whether a nameless schema becomes a class: it has properties, or combines several objects."""
        if not self._describes_object(schema):
            return False
        if schema.get("properties"):
            return True
        parts = schema.get("allOf", ())
        objects = [part for part in parts if self._extends(part)]
        return len(objects) > 1 or any(self.target(part) is None for part in objects)

    # Properties

    def shape(self, name: str) -> Shape:
        """Return the shape of a named schema that is a class."""
        if name not in self._shapes:
            self._shaping.add(name)
            self._shapes[name] = self.inline_shape(core_of(self._named[name]))
            self._shaping.discard(name)
        return self._shapes[name]

    def inline_shape(self, schema: Schema) -> Shape:
        """Return the shape of any schema that is a class: what allOf combines, merged."""
        shape = Shape()
        self._merge(schema, shape, frozenset())
        for name in shape.must - shape.properties.keys():
            shape.properties[name] = True
        hidden = {name for name, member in shape.properties.items() if self.other_direction(member)}
        shape.must -= hidden
        base = self.shape(shape.base) if shape.base is not None else Shape()
        shape.own = tuple(
            name
            for name, member in shape.properties.items()
            if name not in base.properties
            or base.properties[name] != member
            or (name in shape.must) != (name in base.must)
        )
        return shape

    def _merge(self, schema: Schema, shape: Shape, inside: frozenset[str]) -> None:
        if isinstance(schema, bool):
            return
        for part in schema.get("allOf", ()):
            self._merge_part(part, shape, inside)
        for name, member in schema.get("properties", {}).items():
            shape.properties[name] = both(shape.properties.get(name, True), member)
        shape.must.update(schema.get("required", ()))
        for keyword in _OPEN:
            if keyword in schema and shape.additional is not False:
                shape.additional = schema[keyword]
        if schema.get("patternProperties") and not shape.additional:
            shape.additional = True
        for keyword in _CHOICES:
            self._merge_choice(schema.get(keyword, ()), shape, inside)

    def _merge_part(self, part: Schema, shape: Shape, inside: frozenset[str]) -> None:
        name = self.target(part)
        if name is None:
            self._merge(part, shape, inside)
        elif name not in inside:
            shape.parts.add(name)
            self._inherit(name, shape, inside)

    def _inherit(self, name: str, shape: Shape, inside: frozenset[str]) -> None:
        """Extend the first named class; copy what further ones have; nothing extends itself."""
        if name in self._shaping:
            return
        if shape.base is not None or shape.properties or not self.is_class(name):
            self._merge(self._named[name], shape, inside | {name})
            return
        base = self.shape(name)
        shape.base = name
        shape.properties = dict(base.properties)
        shape.must = set(base.must) | {*core_of(self._named[name]).get("required", ())}
        shape.additional = base.additional
        shape.loose = base.loose

    def _merge_choice(self, arms: Any, shape: Shape, inside: frozenset[str]) -> None:
        """Take the properties of alternatives beside properties: none of them is sure to be there."""
        found: dict[str, Schema] = {}
        for arm in arms:
            name = self.target(arm)
            if name in inside:
                continue
            alternative = Shape()
            self._merge(self._named[name] if name else arm, alternative, inside | ({name} if name else set()))
            shape.parts |= alternative.parts | ({name} if name else set())
            for member_name, member in alternative.properties.items():
                found[member_name] = either(found[member_name], member) if member_name in found else member
        shape.loose = shape.loose or bool(found)
        for member_name, member in found.items():
            shape.properties.setdefault(member_name, member)

    # Discriminators

    def choice(self, schema: SchemaMap, targets: list[str]) -> Choice | None:
        """Return how a discriminator chooses among the named schemas `targets`, or None where there is none."""
        said = schema.get("discriminator")
        if not isinstance(said, Mapping) or not isinstance(said.get("propertyName"), str):
            return None
        arms = {tag: name for tag, name in mapping_of(schema).items() if name in targets}
        otherwise = default_target(schema)
        return Choice(
            said["propertyName"],
            arms,
            otherwise if otherwise is not None and self.is_class(otherwise) else "",
        )

    def hierarchy(self, name: str) -> Choice | None:
        """Return how the discriminator of a class chooses among itself and all that extend it, or None."""
        schema = core_of(self._named[name])
        if not self.is_class(name) or "discriminator" not in schema or any(key in schema for key in _CHOICES):
            return None
        heirs = [heir for heir in self._named if name in self.bases_of(heir)]
        return self.choice(schema, [name, *heirs]) if heirs else None

    def bases_of(self, name: str) -> tuple[str, ...]:
        """Return the classes that a named schema extends, nearest first."""
        return self._bases.get(name, ())

    @cached_property
    def _bases(self) -> dict[str, tuple[str, ...]]:
        """For each class: the classes it extends, nearest first."""
        return {name: tuple(self._line(name)) for name in self._named if self.is_class(name)}

    def _line(self, name: str) -> Iterator[str]:
        seen = {name}
        while (base := self.shape(name).base) is not None and base not in seen:
            yield base
            seen.add(base)
            name = base


def types_of(schema: SchemaMap) -> tuple[str, ...]:
    """Return the JSON types a schema names; () where it names none."""
    declared = schema.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def core_of(schema: Schema) -> SchemaMap:
    """Return the schema without "or null" around it: `{"anyOf": [X, {"type": "null"}], …}` -> `{**X, …}`."""
    if isinstance(schema, bool):
        return {}
    for keyword in _CHOICES:
        arms = schema.get(keyword, ())
        others = [arm for arm in arms if arm != _NULL]
        if len(arms) == 2 and len(others) == 1 and isinstance(others[0], Mapping) and "$ref" not in others[0]:
            return {**others[0], **{key: value for key, value in schema.items() if key != keyword}}
    return schema


def both(first: Schema, second: Schema) -> Schema:
    """Return a schema for values that fit both, as far as types go."""
    if isinstance(first, bool) or first == second:
        return second
    if isinstance(second, bool):
        return first
    if any("$ref" in one or "properties" in one or "allOf" in one for one in (first, second)):
        return {"allOf": [first, second]} if _has_type(first) and _has_type(second) else {**first, **second}
    return {**first, **second}


def either(first: Schema, second: Schema) -> Schema:
    """Return a schema for values that fit one of two."""
    return first if first == second else {"anyOf": [first, second]}


def _has_type(schema: SchemaMap) -> bool:
    return any(
        key in schema for key in ("$ref", "type", "properties", "items", "allOf", "enum", "const", *_CHOICES)
    )
