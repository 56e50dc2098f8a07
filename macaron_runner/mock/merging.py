"""Several normalised schemas -> one Shape: references followed, allOf merged, one alternative chosen of each choice.

Which alternative is a number that is counted up until a value fits (values). Not for making values of the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final

from macaron_runner.mock.glance import (
    chooses_heirs,
    clash,
    tags_of,
    telling_names,
    types_of,
)
from macaron_runner.mock.heights import height_of, heights_of
from macaron_runner.mock.keywords import PLAIN
from macaron_runner.mock.negation import add_negated
from macaron_runner.mock.shape import Contained, Items, Rest, Shape
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import ancestors_of, choice_of, name_of, tag_of
from macaron_runner.validation.engine import readable_pattern
from macaron_runner.validation.schema import Definitions

_NULL: Final = {"type": "null"}


class Merger:
    """Merges schemas of one API; `definitions` are its named ones, and know the service's own formats."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.patterns_of_formats = definitions.formats.patterns

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

    def is_hidden(self, schema: Schema) -> bool:
        """Tell whether a property is writeOnly, and so no part of a response."""
        return self.definitions.is_elsewhere(schema, "response")


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
            if put := PLAIN.get(keyword):
                put(self.shape, value)
        if isinstance(form := schema.get("format"), str) and form in self._merger.patterns_of_formats:
            self.shape.patterns.append(self._merger.patterns_of_formats[form])
        self._add_shown(schema)
        self._add_object(schema)
        self._add_array(schema)
        if "$ref" in schema:
            self._add_named(name_of(schema["$ref"]))
        for part in schema.get("allOf", ()):
            self.add(part)
        if "not" in schema:
            add_negated(schema["not"], self.shape, self.add)
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
        if heirs and name not in self._plain and chooses_heirs(schema):
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
        if tag is not None and isinstance(ancestor, Mapping) and name in (tags := tags_of(ancestor)):
            self.shape.properties.setdefault(tag, []).insert(0, {"examples": [tags[name]]})

    def _choose_heir(self, name: str, schema: Mapping[str, Any], heirs: Sequence[str]) -> None:
        tag = tag_of(schema)
        tags = tags_of(schema)
        family = {name, *heirs}
        known = [heir for heir in tags if heir in family] or [name]  # in the order of the tags
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
            self._put_tag(tag_of(tagged), tags_of(tagged).get(name, name))
        self.shape.unwanted |= telling_names(chosen, arms)
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
        if "type" in schema and not self.shape.types & types_of(schema["type"]):
            return False
        for name, inner in schema.get("properties", {}).items():
            if name in self.shape.required and clash(inner, self.shape.properties.get(name, ())):
                return False
        return True
