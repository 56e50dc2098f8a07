"""Normalised schemas as one direction sees them, in the form the engine takes.

What `required`, discriminators and patterns become; not for compiling or running them (schema). Pure functions of data.

    {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "discriminator": {"propertyName": "kind"}}
->  {"allOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["Cat", "Dog"]}}},
               {"if": {... "kind": {"enum": ["Cat"]} ...}, "then": {"$ref": "#/$defs/d0"}}, ...]}

so that only the alternative that the tag names is validated, and an unknown tag is reported at the tag
(OpenAPI 3.1 section 4.8.25). A discriminator's property is required: without it, nothing says what the value is, but
where 3.2's `defaultMapping` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from macaron_runner.openapi.kinds import SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS
from macaron_runner.validation.discriminators import (
    ancestors_of,
    choice_of,
    default_target,
    mapping_of,
    name_of,
    tag_of,
)
from macaron_runner.validation.keywords import APPLICATORS, ASSERTIONS
from macaron_runner.validation.repetitions import as_keywords

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

Direction: TypeAlias = Literal["request", "response"]

Rewritten: TypeAlias = dict[str, Any] | bool
"""A schema for the engine; the definitions it reaches are under `$defs`."""

_NONE: Final[frozenset[str]] = frozenset()
_FLAGS: Final[dict[str, str]] = {"request": "readOnly", "response": "writeOnly"}
_KEPT: Final = ASSERTIONS - {"required", "pattern"}
"""Keywords that the engine takes as they are."""
_GONE_THROUGH: Final = APPLICATORS - {"allOf", "patternProperties", "contentSchema"}
"""Keywords in which schemas are rewritten, and that is all."""


class DirectedSchemas:
    """The named schemas of one API as one direction sees them, each rewritten once, when something reaches it.

    A property that is readOnly is not required in a request, one that is writeOnly not in a response (OpenAPI
    3.1 section 4.8.24.3); such properties are accepted, and then taken out (trimming). `readable` tells whether the
    engine can use a pattern; those it cannot are left out. `formats` are patterns that texts of a service's own
    formats match.
    """

    def __init__(
        self,
        definitions: Mapping[str, Schema],
        direction: Direction,
        readable: Callable[[str], bool],
        formats: Mapping[str, str],
    ) -> None:
        self._definitions = definitions
        self._flag = _FLAGS[direction]
        self._readable = readable
        self._formats = formats
        self._numbers = {name: str(number) for number, name in enumerate(definitions)}
        self._rewritten: dict[str, tuple[Schema, frozenset[str]]] = {}
        self._reached: set[str] = set()

    def closed(self, schema: Schema) -> Rewritten:
        """Return the rewritten schema with every definition it reaches, and no other, under `$defs`.

        Raises LookupError where it refers to a schema that is not there.
        """
        root, waiting = self._collect(lambda: self._rewrite(schema))
        found: dict[str, Schema] = {}
        todo = list(waiting)
        while todo:
            key = todo.pop()
            if key not in found:
                found[key], reached = self._definition(key)
                todo.extend(reached)
        if isinstance(root, bool) or not found:
            return dict(root) if isinstance(root, Mapping) else root
        return {**root, "$defs": found}

    def definition(self, key: str) -> Rewritten:
        """Return what stands under a key of `$defs` in a schema that `closed` has returned."""
        schema, _ = self._rewritten[key]
        return schema if isinstance(schema, bool) else dict(schema)

    def _collect(self, rewrite: Callable[[], Schema]) -> tuple[Schema, frozenset[str]]:
        """Run a rewriting; return its result and the keys of the definitions it referred to."""
        self._reached = set()
        schema = rewrite()
        return schema, frozenset(self._reached)

    def _definition(self, key: str) -> tuple[Schema, frozenset[str]]:
        """Return what stands under a key of `$defs`: "d3" is the third schema, "p3" it without its discriminator."""
        if key not in self._rewritten:
            name = self._names[key[1:]]
            build = self._plain_form if key[0] == "p" else self._tagged_form
            self._rewritten[key] = self._collect(lambda: build(name))
        return self._rewritten[key]

    @cached_property
    def _names(self) -> dict[str, str]:
        return {number: name for name, number in self._numbers.items()}

    def _reference(self, name: str, kind: str = "d") -> dict[str, Any]:
        if name not in self._numbers:
            raise LookupError(f'there is no schema named "{name}"')
        key = kind + self._numbers[name]
        self._reached.add(key)
        return {"$ref": f"#/$defs/{key}"}

    # Keyword by keyword

    def _rewrite(
        self, schema: Schema, hidden: frozenset[str] | None = _NONE, parents: frozenset[str] = _NONE
    ) -> Schema:
        """Return one schema rewritten; `parents` are taken without their tags.

        `hidden` names need not be there, nor those that the schema itself hides; None: nothing may be hidden,
        as in a condition or a negation, where asking for less would mean more.
        """
        if isinstance(schema, bool):
            return schema
        if self._alternatives(schema):
            return self._tagged(schema, None, hidden)
        inside = None if hidden is None else _NONE
        hidden = None if hidden is None else hidden | self._hidden(schema)
        result: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword in _KEPT:
                result[keyword] = value
            elif keyword == "$ref":
                name = name_of(value)
                result |= self._reference(name, "p" if name in parents else "d")
            elif keyword == "allOf":
                result[keyword] = [self._rewrite(member, hidden, parents) for member in value]
            elif keyword in _GONE_THROUGH:
                inner = {"then": hidden, "else": hidden, "not": None, "if": None}.get(keyword, inside)
                result[keyword] = _each(value, keyword, partial(self._rewrite, hidden=inner))
        if required := [name for name in schema.get("required", ()) if name not in (hidden or _NONE)]:
            result["required"] = required
        if result.get("additionalProperties") is False:
            result.setdefault("properties", {})  # else the engine does not say which property is unknown
        self._put_patterns(schema, result, inside)
        return result

    def _hidden(self, schema: Schema, seen: frozenset[str] = _NONE) -> frozenset[str]:
        """Return the properties that the other direction alone must carry, seen through `allOf` and `$ref`."""
        if isinstance(schema, bool):
            return _NONE
        found = {name for name, member in schema.get("properties", {}).items() if self.elsewhere(member)}
        for part in schema.get("allOf", ()):
            found |= self._hidden(part, seen)
        if (target := self._target(schema, seen)) is not None:
            found |= self._hidden(self._definitions[target], seen | {target})
        return frozenset(found)

    def elsewhere(self, schema: Schema, seen: frozenset[str] = _NONE) -> bool:
        """Tell whether a property with this schema belongs to the other direction alone."""
        if isinstance(schema, bool):
            return False
        if schema.get(self._flag) is True:
            return True
        target = self._target(schema, seen)
        return target is not None and self.elsewhere(self._definitions[target], seen | {target})

    def _target(self, schema: Mapping[str, Any], seen: frozenset[str]) -> str | None:
        name = name_of(schema["$ref"]) if "$ref" in schema else None
        return name if name in self._definitions and name not in seen else None

    # Patterns

    def _put_patterns(
        self, schema: Mapping[str, Any], result: dict[str, Any], inside: frozenset[str] | None
    ) -> None:
        if schema.get("format") == "binary":  # lengths of files, counted in bytes, not of a text
            result.pop("minLength", None)
            result.pop("maxLength", None)
        elif isinstance(pattern := schema.get("pattern"), str):
            result.update(as_keywords(pattern, beside=result))
            if not self._readable(result["pattern"]):
                del result["pattern"]
        form = schema.get("format")
        if isinstance(form, str) and (own := self._formats.get(form)) is not None:
            result["allOf"] = [*result.get("allOf", ()), {"pattern": own}]
        if patterns := schema.get("patternProperties"):
            kept = {
                text: self._rewrite(member, inside)
                for text, member in patterns.items()
                if self._readable(text)
            }
            result["patternProperties"] = kept
            if len(kept) < len(patterns):  # what the lost pattern allowed must not now be "unknown"
                result.pop("additionalProperties", None)
                result.pop("unevaluatedProperties", None)

    # Discriminators

    def _plain_form(self, name: str) -> Schema:
        """Return a named schema without the alternatives that its tag chooses among."""
        schema = self._definitions[name]
        assert not isinstance(schema, bool)
        kept = _without_choice(schema) if self._alternatives(schema, name) else schema
        return self._rewrite(kept, parents=self._ancestors.get(name, _NONE))

    def _tagged_form(self, name: str) -> Schema:
        """Return a named schema; one with a discriminator is its plain form and what the tag names."""
        schema = self._definitions[name]
        if isinstance(schema, bool) or not self._alternatives(schema, name):
            return self._rewrite(schema, parents=self._ancestors.get(name, _NONE))
        return self._tagged(schema, name, _NONE)

    def _tagged(
        self, schema: Mapping[str, Any], name: str | None, hidden: frozenset[str] | None
    ) -> dict[str, Any]:
        alternatives = self._alternatives(schema, name)
        tag = tag_of(schema)
        assert tag is not None
        if name is None:
            plain: Schema = self._rewrite(_without_choice(schema), hidden)
        else:
            plain = self._reference(name, "p")
        kinds: Any = ["object", "null"] if {"type": "null"} in schema.get(choice_of(schema), ()) else "object"
        named = {"required": [tag], "properties": {tag: {"enum": list(alternatives)}}}
        default = default_target(schema)
        if default is None:
            return {"allOf": [plain, {"type": kinds, **named}, *self._rules(tag, alternatives, name)]}
        otherwise = {"if": {"type": "object", "not": named}, "then": self._reference(default)}
        others = [otherwise] if default != name else []
        return {"allOf": [plain, {"type": kinds}, *self._rules(tag, alternatives, name), *others]}

    def _rules(self, tag: str, alternatives: Mapping[str, str], own: str | None) -> list[dict[str, Any]]:
        """Return one `if`/`then` for each schema that a tag names; a parent itself is already demanded."""
        tags_of: dict[str, list[str]] = {}
        for value, target in alternatives.items():
            tags_of.setdefault(target, []).append(value)
        return [
            {
                "if": {"type": "object", "required": [tag], "properties": {tag: {"enum": tags}}},
                "then": self._reference(target),
            }
            for target, tags in tags_of.items()
            if target != own
        ]

    def _alternatives(self, schema: Mapping[str, Any], name: str | None = None) -> dict[str, str]:
        """Return tag -> schema's name for a schema with a discriminator, or nothing where there is no choice.

        The choice is among the `$ref`s of its oneOf/anyOf, else (for a named schema) among those that extend it.
        """
        if tag_of(schema) is None:
            return {}
        choices = schema.get(choice_of(schema))
        if choices:
            members = [member for member in choices if member != {"type": "null"}]
            by_name = all(isinstance(member, Mapping) and "$ref" in member for member in members)
            return mapping_of(schema) if members and by_name else {}
        return mapping_of(schema) if name in self._extended else {}

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        return ancestors_of(self._definitions)

    @cached_property
    def _extended(self) -> frozenset[str]:
        return frozenset().union(*self._ancestors.values())


def _without_choice(schema: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {"discriminator", choice_of(schema)}
    return {keyword: value for keyword, value in schema.items() if keyword not in left_out}


def _each(value: Any, keyword: str, rewrite: Callable[[Schema], Schema]) -> Any:
    """Return what a keyword holds, one schema, a list or a map of them, with each rewritten."""
    if keyword in SCHEMA_MAP_KEYWORDS:
        return {name: rewrite(member) for name, member in value.items()}
    return [rewrite(member) for member in value] if keyword in SCHEMA_LIST_KEYWORDS else rewrite(value)
