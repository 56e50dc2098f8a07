"""Scalars out of raw text at once, checked, where the text is as plain as nearly all are.

Not for any text or schema that takes a second look, nor for saying what is wrong: styles, text_values and the engine
(schema) do that. What is read here is what they would read, in a tenth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.discriminators import name_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

ReadQuickly: TypeAlias = Callable[[str], Any]
"""Gives the value of a raw text that fits its schema, or UNSURE. Raises UnreadableText where it cannot be decoded."""

UNSURE: Final = object()
"""The text takes a second look."""

_SAY_NOTHING: Final = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "$comment",
    "externalDocs", "xml",
})  # fmt: skip
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*")
"""Text that is the same raw, wherever it stands."""
_MANY_DIGITS: Final = 20
_BOUNDS: Final = frozenset({"minimum", "maximum"})
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_NUMERIC_FORMATS: Final = frozenset({"int32", "int64", "float", "double"})
_INFINITY: Final = float("inf")


def compile_quickly(
    schema: Schema, definitions: Mapping[str, Schema], decode: Callable[[str], str]
) -> ReadQuickly | None:
    """Return what reads a schema that asks for one type of scalar and little else, None for any other schema.

    `decode` makes text of raw text, and raises UnreadableText where that is not possible.
    """
    while isinstance(schema, Mapping) and set(schema) == {"$ref"} and name_of(schema["$ref"]) in definitions:
        schema = definitions[name_of(schema["$ref"])]
    if isinstance(schema, bool) or not isinstance(schema.get("type"), str):
        return None
    rules = {key: value for key, value in schema.items() if not (key in _SAY_NOTHING or key.startswith("x-"))}
    kind = rules.pop("type")
    if kind == "string":
        return _text(rules, decode)
    if kind == "boolean" and not rules:
        return lambda raw: _BOOLEANS.get(raw, UNSURE)
    return _number(kind, rules) if kind in {"integer", "number"} else None


_BOOLEANS: Final[Mapping[str, Any]] = {"true": True, "false": False}


def _number(kind: str, rules: Mapping[str, Any]) -> ReadQuickly | None:
    """Return what reads a number within bounds, where it is written as Python writes it: JSON has that form as well."""
    if rules.get("format", "int32") not in _NUMERIC_FORMATS or not set(rules) <= {"format", *_BOUNDS}:
        return None
    low, high = rules.get("minimum", -_INFINITY), rules.get("maximum", _INFINITY)

    def read_integer(raw: str) -> Any:
        try:
            value = int(raw) if len(raw) < _MANY_DIGITS else None
        except ValueError:
            return UNSURE
        return value if value is not None and str(value) == raw and low <= value <= high else UNSURE

    def read_number(raw: str) -> Any:
        value = read_integer(raw)
        if value is not UNSURE or "." not in raw or len(raw) >= _MANY_DIGITS:
            return value
        try:
            value = float(raw)
        except ValueError:
            return UNSURE
        return value if str(value) == raw and "+" not in raw and low <= value <= high else UNSURE

    return read_integer if kind == "integer" else read_number


def _text(rules: Mapping[str, Any], decode: Callable[[str], str]) -> ReadQuickly | None:
    """Return what reads a text of a length, or one that is listed."""
    if not rules:
        return decode
    if set(rules) == {"enum"} and all(isinstance(option, str) for option in rules["enum"]):
        options = {option: option for option in rules["enum"] if _PLAIN.fullmatch(option)}
        return lambda raw: options.get(raw, UNSURE)
    if not set(rules) <= _LENGTHS:
        return None
    fewest, most = rules.get("minLength", 0), rules.get("maxLength", _INFINITY)

    def read(raw: str) -> Any:
        text = decode(raw)
        return text if fewest <= len(text) <= most else UNSURE

    return read
