"""Several normalised schemas -> one Shape: references followed, allOf merged, one alternative chosen of each choice.

Which alternative is a number that is counted up until a value fits (values). Not for making values of the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final, TypeGuard

from macaron_runner.mock.heights import height_of, heights_of
from macaron_runner.mock.shape import TYPES, Contained, Items, Rest, Shape, same, type_of
from macaron_runner.openapi.kinds import SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import ancestors_of, choice_of, name_of, tag_of
from macaron_runner.validation.schema import readable_pattern

_NULL: Final = {"type": "null"}
_TELLING: Final = SCHEMA_KEYWORDS | SCHEMA_LIST_KEYWORDS | SCHEMA_MAP_KEYWORDS | {
    "$ref", "type", "enum", "const", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minContains",
    "maxContains", "minProperties", "maxProperties", "required", "dependentRequired",
}  # fmt: skip
"""Keywords that refuse values; the others only describe."""
_TYPED: Final = {
    "type",
    "properties",
    "items",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "additionalProperties",
}
"""Keywords of a schema that is avoided best by another type."""


class Merger:
    """Merges schemas of one API; `definitions` are its named ones."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions

    @cached_property
    def heights(self) -> Mapping[str, float]:
        """How many levels the smallest value of each named schema has; infinite where there is none that ends."""
        return heights_of(self.definitions)

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """The schemas with a discriminator that each named schema extends."""
        return ancestors_of(self.definitions)

    @cached_property
    def descendants(self) -> Mapping[str, tuple[str, ...]]:
        """The schemas that extend each named schema with a discriminator."""
        found: dict[str, tuple[str, ...]] = {}
        for name, parents in self.ancestors.items():
            for parent in parents:
                found[parent] = (*found.get(parent, ()), name)
        return found

    def merge(self, schemas: Iterable[Schema], turn: int, *, smallest: bool) -> Shape:
        """Return what schemas say together, in the `turn`-th way to choose among their alternatives.

        With `smallest`, alternatives that end soonest come first: where a value has become large enough.
        """
        merging = _Merging(self, turn, smallest=smallest)
        for schema in schemas:
            merging.add(schema)
        merging.choose()
        return merging.shape

    def height(self, schema: Schema) -> float:
        """Return how many levels the smallest value of a schema has."""
        return height_of(schema, self.heights)

    def is_hidden(self, schema: Schema, seen: frozenset[str] = frozenset()) -> bool:
        """Tell whether a property is writeOnly, and so no part of a response."""
        if isinstance(schema, bool):
            return False
        if schema.get("writeOnly") is True:
            return True
        name = name_of(schema["$ref"]) if "$ref" in schema else None
        if name is None or name in seen:
            return False
        return self.is_hidden(self.definitions.get(name, True), seen | {name})


class _Merging:
    """One merge under way."""

    def __init__(self, merger: Merger, turn: int, *, smallest: bool) -> None:
        self.shape = Shape()
        self._merger = merger
        self._turn = turn
        self._smallest = smallest
        self._plain: set[str] = set()
        self._waiting: list[Callable[[], None]] = []

    def add(self, schema: Schema) -> None:
        """Merge one schema; what it leaves to be chosen waits until all is merged that is certain."""
        if isinstance(schema, bool):
            if not schema:
                self.shape.types = frozenset()
            return
        self.shape.keywords.update(schema)
        for keyword, value in schema.items():
            if put := _PLAIN.get(keyword):
                put(self.shape, value)
        self._add_shown(schema)
        self._add_object(schema)
        self._add_array(schema)
        if "$ref" in schema:
            self._add_named(name_of(schema["$ref"]))
        for part in schema.get("allOf", ()):
            self.add(part)
        if "not" in schema:
            self._add_not(schema["not"])
        self._add_choices(schema)

    def choose(self) -> None:
        """Choose among all alternatives, those that the choice itself brings along as well."""
        while self._waiting:
            self._waiting.pop(0)()

    # Parts

    def _add_shown(self, schema: Mapping[str, Any]) -> None:
        examples = schema.get("examples")
        self.shape.shown += examples if isinstance(examples, list) else []
        if "default" in schema:
            self.shape.shown.append(schema["default"])

    def _add_object(self, schema: Mapping[str, Any]) -> None:
        shape = self.shape
        properties = schema.get("properties", {})
        for name, inner in properties.items():
            shape.properties.setdefault(name, []).append(inner)
        shape.required |= dict.fromkeys(schema.get("required", ()))
        patterns = {
            pattern: inner
            for pattern, inner in schema.get("patternProperties", {}).items()
            if readable_pattern(pattern)
        }
        shape.patterned += patterns.items()
        complete = len(patterns) == len(schema.get("patternProperties", {}))  # else "unknown" is not known
        if schema.get("additionalProperties", True) is not True and complete:
            shape.rests.append(Rest(frozenset(properties), tuple(patterns), schema["additionalProperties"]))
        if schema.get("unevaluatedProperties", True) is not True and complete:
            shape.unevaluated.append(schema["unevaluatedProperties"])
        for name, names in schema.get("dependentRequired", {}).items():
            shape.dependents.setdefault(name, []).extend(names)
        for name, inner in schema.get("dependentSchemas", {}).items():
            shape.dependent_schemas.setdefault(name, []).append(inner)

    def _add_array(self, schema: Mapping[str, Any]) -> None:
        shape = self.shape
        if "items" in schema or "prefixItems" in schema or "unevaluatedItems" in schema:
            rest = schema.get("items", schema.get("unevaluatedItems", True))
            shape.items.append(Items(tuple(schema.get("prefixItems", ())), rest))
        if "contains" in schema:
            shape.contained.append(Contained(schema["contains"], schema.get("minContains", 1)))

    def _add_named(self, name: str) -> None:
        """Merge a named schema; one with a discriminator and heirs stands for any of them."""
        if name in self.shape.names or name not in self._merger.definitions:
            return
        self.shape.names.add(name)
        schema = self._merger.definitions[name]
        heirs = self._merger.descendants.get(name, ())
        if heirs and name not in self._plain and _chooses_heirs(schema):
            self._waiting.append(lambda: self._choose_heir(name, schema, heirs))
            return
        above = self._merger.ancestors.get(name, frozenset())
        self._plain |= above
        for ancestor in above:
            self._show_tag(self._merger.definitions[ancestor], name)
        self.add(schema)

    def _show_tag(self, ancestor: Schema, name: str) -> None:
        """Let the tag of an ancestor say which of its heirs this is, where that fits."""
        tag = tag_of(ancestor)
        if tag is not None and isinstance(ancestor, Mapping) and name in (tags := _tags_of(ancestor)):
            self.shape.properties.setdefault(tag, []).insert(0, {"examples": [tags[name]]})

    def _choose_heir(self, name: str, schema: Mapping[str, Any], heirs: Sequence[str]) -> None:
        tag = tag_of(schema)
        tags = _tags_of(schema)
        known = [heir for heir in (name, *heirs) if heir in tags] or [name]
        chosen = known[self._pick([self._merger.heights[heir] for heir in known])]
        self._plain |= {name, *self._merger.ancestors.get(chosen, ())}
        self._put_tag(tag, tags.get(chosen, chosen))
        self.add(schema)
        if chosen != name:
            self._add_named(chosen)

    def _put_tag(self, tag: str | None, value: str) -> None:
        if tag is not None:
            self.shape.required[tag] = None
            self.shape.properties.setdefault(tag, []).append({"const": value})

    # Choices

    def _add_choices(self, schema: Mapping[str, Any]) -> None:
        tag = tag_of(schema)
        for keyword in ("oneOf", "anyOf"):
            arms = schema.get(keyword)
            if arms:
                tagged = schema if tag is not None and keyword == choice_of(schema) else None
                self._waiting.append(partial(self._choose_arm, arms, keyword, tagged))
        if "if" in schema:
            self._waiting.append(lambda: self._choose_branch(schema))

    def _choose_arm(self, arms: Sequence[Schema], keyword: str, tagged: Mapping[str, Any] | None) -> None:
        """Merge one alternative; where exactly one must fit, also, as a last way, with what no other one allows."""
        order = [arm for arm in arms if arm != _NULL] + [arm for arm in arms if arm == _NULL]
        possible = [arm for arm in order if self._may_be(arm)] or order
        ways = [(arm, False) for arm in possible]
        if keyword == "oneOf" and tagged is None and len(arms) > 1:
            ways += [(arm, True) for arm in possible]
        chosen, alone = ways[self._pick([self._merger.height(arm) for arm, _ in ways])]
        if tagged is not None and chosen != _NULL and isinstance(chosen, Mapping) and "$ref" in chosen:
            name = name_of(chosen["$ref"])
            self._put_tag(tag_of(tagged), _tags_of(tagged).get(name, name))
        self.shape.unwanted |= _telling_names(chosen, arms)
        if alone:
            self._shut_out([arm for arm in arms if arm is not chosen], chosen)
        self.add(chosen)

    def _shut_out(self, others: Iterable[Schema], chosen: Schema) -> None:
        """Ask for properties that the chosen alternative does not know, with values that the others do not allow."""
        own = self._resolved(chosen).get("properties", {})
        for other in map(self._resolved, others):
            foreign = (
                (name, inner) for name, inner in other.get("properties", {}).items() if name not in own
            )
            for name, inner in foreign:
                self.shape.required[name] = None
                self.shape.properties.setdefault(name, []).append({"not": self._resolved(inner) or inner})
                break

    def _resolved(self, schema: Schema) -> Mapping[str, Any]:
        """Return what a schema says itself; of a reference, what it leads to."""
        if isinstance(schema, Mapping) and "$ref" in schema:
            schema = self._merger.definitions.get(name_of(schema["$ref"]), True)
        return {} if isinstance(schema, bool) else schema

    def _choose_branch(self, schema: Mapping[str, Any]) -> None:
        condition = schema["if"]
        then = [condition, schema.get("then", True)]
        otherwise = [{"not": condition}, schema.get("else", True)]
        branches = [then, otherwise] if self._may_be(condition) else [otherwise]
        for part in branches[self._pick([0.0] * len(branches))]:
            self.add(part)

    def _pick(self, heights: Sequence[float]) -> int:
        """Return which of some alternatives this turn means; those that never end come last."""
        order = sorted(range(len(heights)), key=lambda number: self._preference(heights[number]))
        self.shape.combinations *= len(order)
        self._turn, number = divmod(self._turn, len(order))
        return order[number]

    def _preference(self, height: float) -> float:
        return height if self._smallest or height == math.inf else 0.0

    def _may_be(self, schema: Schema) -> bool:
        """Tell whether what is merged so far leaves room for a schema, as far as a glance can tell."""
        if isinstance(schema, bool):
            return schema
        if "$ref" in schema:
            schema = self._merger.definitions.get(name_of(schema["$ref"]), True)
            if isinstance(schema, bool):
                return schema
        if "type" in schema and not self.shape.types & _types(schema["type"]):
            return False
        for name, inner in schema.get("properties", {}).items():
            if name in self.shape.required and _clash(inner, self.shape.properties.get(name, ())):
                return False
        return True

    # Negation

    def _add_not(self, schema: Schema) -> None:
        """Merge what a schema must not be, where that is simple; the rest is found by trying."""
        shape = self.shape
        if isinstance(schema, bool):
            self.add(not schema)
            return
        words = set(schema) & _TELLING
        if not words:
            shape.types = frozenset()
        elif words == {"not"}:
            self.add(schema["not"])
        elif (
            "properties" in words
            and words <= {"properties", "required", "type"}
            and len(schema["properties"]) == 1
        ):
            ((name, inner),) = schema["properties"].items()
            shape.properties.setdefault(name, []).append({"not": inner})
        elif "type" in words and words <= _TYPED:
            shape.types -= _types(schema["type"])
        elif words and words <= {"enum", "const", "type"}:
            shape.excluded += _listed(schema) or []
        elif words == {"anyOf"}:
            for arm in schema["anyOf"]:
                self._add_not(arm)
        elif words == {"required"} and schema["required"]:
            missing = [name for name in schema["required"] if name not in shape.required]
            shape.forbidden.add((missing or schema["required"])[-1])


def _chooses_heirs(schema: Schema) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether the alternatives of a schema with a discriminator are those that extend it."""
    return not isinstance(schema, bool) and not schema.get("oneOf") and not schema.get("anyOf")


def _tags_of(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each schema that a discriminator's mapping names, the first value that names it."""
    discriminator = schema.get("discriminator")
    mapping = discriminator.get("mapping") or {} if isinstance(discriminator, Mapping) else {}
    tags: dict[str, str] = {}
    for value, target in mapping.items():
        tags.setdefault(name_of(target), value)
    return tags


def _telling_names(chosen: Schema, arms: Iterable[Schema]) -> set[str]:
    """Return the properties whose presence says that another alternative is meant."""
    if isinstance(chosen, bool):
        return set()
    own = {*chosen.get("required", ()), *chosen.get("properties", ())}
    others = (arm for arm in arms if isinstance(arm, Mapping) and arm is not chosen)
    return {name for arm in others for name in arm.get("required", ()) if name not in own}


def _clash(schema: Schema, others: Iterable[Schema]) -> bool:
    """Tell whether a property's listed values are none of those that another schema lists."""
    listed = _listed(schema)
    if listed is None:
        return False
    for other in others:
        options = _listed(other)
        if options is not None and not any(same(one, option) for one in listed for option in options):
            return True
        if isinstance(other, Mapping) and isinstance(other.get("not"), Mapping):
            excluded = _listed(other["not"]) or []
            if all(any(same(one, each) for each in excluded) for one in listed):
                return True
    return False


def _listed(schema: Schema) -> list[Any] | None:
    """Return the values of enum and const."""
    if isinstance(schema, bool):
        return None
    if "const" in schema:
        return [schema["const"]]
    return schema["enum"] if isinstance(schema.get("enum"), list) else None


def _types(value: Any) -> frozenset[str]:
    names = frozenset(value if isinstance(value, list) else [value])
    return names | {"integer"} if "number" in names else names


def _put_options(shape: Shape, values: Sequence[Any]) -> None:
    known = shape.options
    shape.options = [
        value for value in values if known is None or any(same(value, option) for option in known)
    ]


def _put_types(shape: Shape, value: Any) -> None:
    shape.types &= _types(value) & frozenset(TYPES)


def _narrow(name: str, choose: Callable[..., Any]) -> Callable[[Shape, Any], None]:
    """Return what keeps the narrower of two limits."""

    def put(shape: Shape, value: Any) -> None:
        if type_of(value) in ("integer", "number"):
            known = getattr(shape, name)
            setattr(shape, name, value if known is None else choose(known, value))

    return put


def _append(name: str, *, usable: Callable[[Any], bool] = lambda _: True) -> Callable[[Shape, Any], None]:
    def put(shape: Shape, value: Any) -> None:
        if usable(value):
            getattr(shape, name).append(value)

    return put


def _put_unique(shape: Shape, value: Any) -> None:
    shape.unique = shape.unique or value is True


_PLAIN: Final[Mapping[str, Callable[[Shape, Any], None]]] = {
    "type": _put_types,
    "enum": _put_options,
    "const": lambda shape, value: _put_options(shape, [value]),
    "minProperties": _narrow("least_properties", max),
    "maxProperties": _narrow("most_properties", min),
    "minItems": _narrow("least_items", max),
    "maxItems": _narrow("most_items", min),
    "minLength": _narrow("least_length", max),
    "maxLength": _narrow("most_length", min),
    "minimum": _narrow("low", max),
    "maximum": _narrow("high", min),
    "exclusiveMinimum": _narrow("above", max),
    "exclusiveMaximum": _narrow("below", min),
    "multipleOf": _append("multiples"),
    "pattern": _append("patterns", usable=lambda value: isinstance(value, str) and readable_pattern(value)),
    "format": _append("formats", usable=lambda value: isinstance(value, str)),
    "propertyNames": _append("property_names"),
    "uniqueItems": _put_unique,
}
"""What each keyword that stands for itself does to a shape."""
