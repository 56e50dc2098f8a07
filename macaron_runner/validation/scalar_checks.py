"""Checks of scalars that come as text, where reading the text has done most of the check's work.

Not for any other value: the JSON-Schema engine (schema) checks those. A check here says the same as the engine
would, in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.discriminators import name_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

ScalarCheck: TypeAlias = Callable[[Any], bool]
"""Tells whether what `text_values.converter` made of a text fits: that is a value of the type asked for, or text."""

_SAY_NOTHING: Final = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "$comment",
    "externalDocs", "xml", "allowEmptyValue",
})  # fmt: skip
_BOUNDS: Final = frozenset({"minimum", "maximum"})
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_NUMERIC_FORMATS: Final = frozenset({"int32", "int64", "float", "double"})
_INFINITY: Final = float("inf")


def compile_scalar_check(schema: Schema, definitions: Mapping[str, Schema]) -> ScalarCheck | None:
    """Return the check of a schema that asks for one type of scalar and little else, None for any other schema."""
    while isinstance(schema, Mapping) and set(schema) == {"$ref"} and name_of(schema["$ref"]) in definitions:
        schema = definitions[name_of(schema["$ref"])]
    if isinstance(schema, bool) or not isinstance(schema.get("type"), str):
        return None
    rules = {key: value for key, value in schema.items() if not (key in _SAY_NOTHING or key.startswith("x-"))}
    compile_check = _COMPILE.get(rules.pop("type"))
    return compile_check(rules) if compile_check is not None else None


def _boolean(rules: Mapping[str, Any]) -> ScalarCheck | None:
    return (lambda value: value is True or value is False) if not rules else None


def _integer(rules: Mapping[str, Any]) -> ScalarCheck | None:
    return _number_of((int,), rules)


def _number(rules: Mapping[str, Any]) -> ScalarCheck | None:
    return _number_of((int, float), rules)


def _number_of(types: tuple[type, ...], rules: Mapping[str, Any]) -> ScalarCheck | None:
    if rules.get("format", "int32") not in _NUMERIC_FORMATS or not set(rules) <= {"format", *_BOUNDS}:
        return None
    if not set(rules) & _BOUNDS:
        return lambda value: type(value) in types
    low, high = rules.get("minimum", -_INFINITY), rules.get("maximum", _INFINITY)
    return lambda value: type(value) in types and low <= value <= high


def _string(rules: Mapping[str, Any]) -> ScalarCheck | None:
    """Return a check of lengths or of listed texts; text is always text."""
    if not rules:
        return lambda _: True
    if set(rules) == {"enum"} and all(isinstance(option, str) for option in rules["enum"]):
        return frozenset(rules["enum"]).__contains__
    if not set(rules) <= _LENGTHS:
        return None
    fewest, most = rules.get("minLength", 0), rules.get("maxLength", _INFINITY)
    return lambda value: fewest <= len(value) <= most


_COMPILE: Final[Mapping[str, Callable[[Mapping[str, Any]], ScalarCheck | None]]] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "string": _string,
}
