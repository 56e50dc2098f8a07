"""Where a value breaks its schema: a search written as Python for each schema as the engine takes it, and compiled.

    {"required": ["sku"], "properties": {"sku": {"pattern": "^[A-Z]+$"}, "qty": {"type": "integer", "minimum": 1}}}

    if isinstance(v0, dict):
        if 'sku' not in v0:
            found.append((path, c1, v0))
        else:
            v1 = v0['sku']
            if not (c2(v1)):
                tell(c3, v1, (*path, '/sku'), found)
        if 'qty' in v0:
            v1 = v0['qty']
            if not (type(v1) is int and v1 >= 1):
                tell(c4, v1, (*path, '/qty'), found)

Only for values that are known not to fit. The engine can tell as much, at several times the price: each of its errors
is a dozen objects. What is plain to see is compared in place; wherever something seems wrong, and for whatever takes
more than a comparison, the engine decides, keyword by keyword. A part whose schema has a keyword that is not among
UNDERSTOOD leaves the whole value to it. Not for telling whether a value fits (schema), nor for the words (wording).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.keywords import IN_ORDER, INDEPENDENT, inside
from macaron_runner.validation.problems import MOST, pointer_of
from macaron_runner.validation.rewriting import Rewritten
from macaron_runner.validation.searching import (
    Beyond,
    Fits,
    Search,
    Steps,
    choice,
    condition,
    refusal,
    step,
    tell,
)
from macaron_runner.validation.wording import Fault, missing, unknown, words_for

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

Asserts: TypeAlias = Callable[[dict[str, Any]], Fits]
"""Gives what the engine says of values by a schema that refers to nothing."""


class Locating:
    """Writes searches. `definition` gives named schemas by their key of `$defs`.

    A search is written when the first value is found wrong, one by a named schema when a value gets there: few ever
    are. It takes some milliseconds once, 24 for the largest body that Stripe describes.
    """

    def __init__(self, definition: Callable[[str], Rewritten], asserts: Asserts) -> None:
        self._definition = definition
        self._asserts = asserts
        self._names: dict[str, Any] = {
            "Beyond": Beyond, "enough": MOST, "numbers": (int, float), "step": step, "tell": tell, "unknown": unknown,
        }  # fmt: skip
        self._numbers = count()

    def of(self, schema: Rewritten) -> Search:
        """Return what searches values of a schema."""
        lines = ["def search(v0, path, found):", *_indented(self._lines(schema, "v0", (), 0)), "    return"]
        made: dict[str, Any] = {}
        exec(compile("\n".join(lines), "<search>", "exec", dont_inherit=True), self._names, made)  # noqa: S102 - text of ours
        search: Search = made["search"]
        return search

    def _named(self, key: str) -> str:
        """Return the name of what searches by a named schema; the first call writes it."""
        name = f"of_{key}"

        def write_and_search(value: Any, path: Steps, found: list[Fault[Steps]]) -> None:
            search = self._names[name] = self.of(self._definition(key))
            search(value, path, found)

        self._names.setdefault(name, write_and_search)
        return name

    def _constant(self, value: Any) -> str:
        name = f"c{next(self._numbers)}"
        self._names[name] = value
        return name

    # Lines

    def _lines(self, schema: Rewritten, value: str, path: Steps, level: int) -> Iterator[str]:
        """Yield what searches the value of a variable; the steps of its path are expressions."""
        if schema is True:
            return
        if schema is False:
            yield f"found.append(({_place(path)}, {self._constant(words_for('falseSchema'))}, {value}))"
        elif level == _DEEP:
            yield f"{self._constant(self.of(schema))}({value}, {_place(path)}, found)"
        elif schema.keys() <= INDEPENDENT:
            yield f"if not ({self._comparison(schema, value)}):"
            yield f"    tell({self._rules(schema)}, {value}, {_place(path)}, found)"
        elif schema.keys() <= UNDERSTOOD:
            yield from self._own_and_properties(schema, value, path, level)
            yield from self._array(schema, value, path, level)
            yield from self._same_value(schema, value, path, level)
        else:
            yield "raise Beyond"

    def _own_and_properties(
        self, schema: dict[str, Any], value: str, path: Steps, level: int
    ) -> Iterator[str]:
        own = {keyword: schema[keyword] for keyword in schema if keyword in INDEPENDENT}
        searched = self._object(schema, value, path, level)
        if own == {"type": "object"}:  # one look at the type is enough
            yield f"if type({value}) is dict:"
            yield from _indented(searched or ["pass"])
            yield "else:"
            yield f"    tell({self._rules(own)}, {value}, {_place(path)}, found)"
            return
        yield from self._lines(own, value, path, level) if own else ()
        if searched:
            yield f"if isinstance({value}, dict):"
            yield from _indented(searched)

    def _object(self, schema: dict[str, Any], value: str, path: Steps, level: int) -> list[str]:
        """Return what searches the properties of an object."""
        described, required = schema.get("properties", {}), schema.get("required", ())
        lines: list[str] = []
        for name in dict.fromkeys((*required, *described)):
            there = self._member(name, described.get(name, True), value, path, level)
            if name in required:
                lines.append(f"if {name!a} not in {value}:")
                lines.append(f"    found.append(({_place(path)}, {self._constant(missing(name))}, {value}))")
                lines += ["else:", *there] if there else []
            elif there:
                lines += [f"if {name!a} in {value}:", *there]
        lines += self._others(schema.get("additionalProperties", True), described, value, path, level)
        return lines

    def _member(self, name: str, schema: Rewritten, value: str, path: Steps, level: int) -> list[str]:
        """Return what searches a property that is there, indented."""
        member = f"v{level + 1}"
        lines = [*self._lines(schema, member, (*path, ascii(pointer_of([name]))), level + 1)]
        return _indented([f"{member} = {value}[{name!a}]", *lines]) if lines else []

    def _others(
        self, others: Rewritten, described: Mapping[str, Any], value: str, path: Steps, level: int
    ) -> Iterator[str]:
        """Yield what searches the properties that are not described."""
        if others is True:
            return
        name, member = f"n{level + 1}", f"v{level + 1}"
        place = (*path, f"step({name})")
        if others is False:
            inner = [f"found.append(({_place(place)}, unknown({name}), {member}))"]
        else:
            inner = [*self._lines(others, member, place, level + 1)]
        if inner:
            yield f"for {name}, {member} in {value}.items():"
            yield f"    if {name} not in {self._constant(frozenset(described))}:"
            yield from _indented(_indented([*inner, *_UNTIL_ENOUGH]))

    def _array(self, schema: dict[str, Any], value: str, path: Steps, level: int) -> Iterator[str]:
        index, item = f"n{level + 1}", f"v{level + 1}"
        place = (*path, f"f'/{{{index}}}'")
        inner = [*self._lines(schema.get("items", True), item, place, level + 1)]
        if inner:
            yield f"if isinstance({value}, list):"
            yield f"    for {index}, {item} in enumerate({value}):"
            yield from _indented(_indented([*inner, *_UNTIL_ENOUGH]))

    def _same_value(self, schema: dict[str, Any], value: str, path: Steps, level: int) -> Iterator[str]:
        if "$ref" in schema:
            key = schema["$ref"].removeprefix(_DEFINITIONS)
            definition = self._definition(key)
            if self._is_small(definition):
                yield from self._lines(definition, value, path, level)
            else:
                yield f"{self._named(key)}({value}, {_place(path)}, found)"
        for part in schema.get("allOf", ()):
            yield from self._lines(part, value, path, level)
        for look in self._searches(schema):
            yield f"{self._constant(look)}({value}, {_place(path)}, found)"

    def _searches(self, schema: dict[str, Any]) -> Iterator[Search]:
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                yield choice(keyword, [self.of(arm) for arm in schema[keyword]])
        if "not" in schema:
            yield refusal(self.of(schema["not"]))
        if "if" in schema:
            then, otherwise = schema.get("then", True), schema.get("else", True)
            yield condition(self.of(schema["if"]), self.of(then), self.of(otherwise))

    def _is_small(self, schema: Rewritten) -> bool:
        """Tell whether a named schema may be written wherever it is referred to; one that contains itself is large."""
        pending: list[Schema] = [schema]
        for _ in range(_SMALL):
            if not pending:
                return True
            part = pending.pop()
            pending += (inner for _, inner in inside(part))
            if not isinstance(part, bool) and "$ref" in part:
                pending.append(self._definition(part["$ref"].removeprefix(_DEFINITIONS)))
        return not pending

    # Keywords of one value

    def _rules(self, schema: dict[str, Any]) -> str:
        return self._constant(
            tuple(
                (self._asserts({keyword: schema[keyword]}), words_for(keyword, schema[keyword]))
                for keyword in IN_ORDER
                if keyword in schema
            )
        )

    def _comparison(self, schema: dict[str, Any], value: str) -> str:
        """Return an expression that is true of no value but those that fit, and of most of them."""
        kind, keywords = schema.get("type"), [keyword for keyword in schema if keyword != "type"]
        if not isinstance(kind, str) or not _COMPARED[kind].issuperset(keywords):
            return f"{self._constant(self._asserts(schema))}({value})"
        limits = [f"{_COMPARISONS[keyword]} {self._limit(schema[keyword])}" for keyword in keywords]
        return " and ".join([_TYPES[kind], *limits]).format(value)

    def _limit(self, limit: int | float) -> str:
        return str(limit) if type(limit) is int else self._constant(limit)


def _place(path: Steps) -> str:
    return f"(*path, {', '.join(path)})" if path else "path"


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_DEEP: Final = 12
"""Levels of a schema that are written into one function: Python nests no more than twenty loops."""
_SMALL: Final = 50
"""Schemas that may be written again in every schema that refers to them."""
_DEFINITIONS: Final = "#/$defs/"
_UNTIL_ENOUGH: Final = ("if len(found) >= enough:", "    return")

UNDERSTOOD: Final = INDEPENDENT | {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "else", "if", "items", "not", "oneOf", "properties",
    "required", "then",
}  # fmt: skip
"""Keywords of the schemas by which a value can be searched."""

_NO_MORE: Final[frozenset[str]] = frozenset()
_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})

_TYPES: Final = {
    "array": "type({0}) is list",
    "boolean": "type({0}) is bool",
    "integer": "type({0}) is int",
    "null": "{0} is None",
    "number": "type({0}) in numbers",
    "object": "type({0}) is dict",
    "string": "type({0}) is str",
}
_COMPARED: Final = {
    "array": frozenset({"minItems", "maxItems"}),
    "boolean": _NO_MORE,
    "integer": _BOUNDS,
    "null": _NO_MORE,
    "number": _BOUNDS,
    "object": frozenset({"minProperties", "maxProperties"}),
    "string": frozenset({"minLength", "maxLength"}),
}
"""Keywords that take a comparison, by the type of the values that they are about."""
_COMPARISONS: Final = {
    "minimum": "{0} >=",
    "maximum": "{0} <=",
    "exclusiveMinimum": "{0} >",
    "exclusiveMaximum": "{0} <",
    **dict.fromkeys(("minItems", "minLength", "minProperties"), "len({0}) >="),
    **dict.fromkeys(("maxItems", "maxLength", "maxProperties"), "len({0}) <="),
}
