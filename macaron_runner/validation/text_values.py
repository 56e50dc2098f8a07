"""Text into JSON values, as a schema describes them: what a parameter, a header or a form field holds is always text.

Not for delimiters and styles (styles), nor for checking: a text that has not the form its schema asks
for stays text, and the check then says what it should have been.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from macaron_runner.validation.discriminators import name_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

Convert: TypeAlias = Callable[[str], Any]

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS: Final = 400
"""Beyond this a number is no number: reading it takes quadratic time, and no double has more."""
_ADDITIONAL: Final = ("additionalProperties", "unevaluatedProperties")
_SCALARS: Final = ("boolean", "integer", "number", "string")


class UnreadableText(ValueError):
    """The text cannot be what it should be; the message says why, for the client."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a schema matters to reading text: the JSON types, and the schemas of what is inside.

    Seen through `$ref`, `allOf`, `anyOf` and `oneOf`; the first that describes a property wins.
    `items`, `additional` and `default` hold what the schema says, and nothing where it says nothing; `fewest` is the
    least number of items an array may have.
    """

    types: frozenset[str]
    items: tuple[Schema, ...]
    fewest: int
    properties: Mapping[str, Schema]
    prefix: tuple[Schema, ...]
    additional: tuple[Schema, ...]
    binary: bool
    default: tuple[Any, ...]

    @property
    def scalar(self) -> bool:
        """Whether it may be something other than an array, an object or null."""
        return not self.types or bool(self.types.intersection(_SCALARS))


def shape_of(schema: Schema, definitions: Mapping[str, Schema]) -> Shape:
    """Return the shape of a schema."""
    parts = list(parts_of(schema, definitions))
    properties: dict[str, Schema] = {}
    for part in parts:
        for name, member in part.get("properties", {}).items():
            properties.setdefault(name, member)
    return Shape(
        types=frozenset(name for part in parts for name in _types(part)),
        items=tuple(part["items"] for part in parts if "items" in part)[:1],
        prefix=next((tuple(part["prefixItems"]) for part in parts if "prefixItems" in part), ()),
        fewest=max((part["minItems"] for part in parts if isinstance(part.get("minItems"), int)), default=0),
        properties=properties,
        additional=tuple(part[key] for part in parts for key in _ADDITIONAL if key in part)[:1],
        binary=any(_is_binary(part) for part in parts),
        default=tuple(part["default"] for part in parts if "default" in part)[:1],
    )


def parts_of(schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[Mapping[str, Any]]:
    """Yield every schema that describes the same value: itself, its alternatives, and what it refers to."""
    return _parts(schema, definitions, set())


def converter(schema: Schema, definitions: Mapping[str, Schema]) -> Convert:
    """Return what makes a JSON value of one text, by the types a schema admits.

    Numbers and booleans are written as in JSON: `1`, not `01`, `+1`, `1.0` for an integer; `true`, not `True`. Where
    several types would read it, the narrowest does: boolean, integer, number, then string. An empty text and `null`
    are null where null is admitted and a string is not. Without a type, text stays text.
    """
    types = shape_of(schema, definitions).types
    readers = [_READERS[name] for name in _SCALARS if name in types and name in _READERS]
    if "null" in types and "string" not in types:
        readers.insert(0, _null)
    if len(readers) == 1:
        return readers[0]
    return _first_of(readers) if readers else str


def may_be_text(schema: Schema, definitions: Mapping[str, Schema]) -> bool:
    """Tell whether a text can be what a schema describes: a string, or a number or boolean written as one.

    A schema of arrays or objects beside `text/csv` speaks of what is in the text, which nobody here can read.
    """
    return shape_of(schema, definitions).scalar


def scalar_of(text: str) -> Any:
    """Return what a text is as a boolean or number, where it is one; else the text itself."""
    return _SCALAR(text)


def decode_percent(raw: str) -> str:
    """Return percent-encoded text decoded (RFC 3986 section 2.5). Raises UnreadableText where it is not UTF-8.

    Bytes that were sent without encoding arrive as WSGI has them, as Latin-1 characters.
    """
    if "%" not in raw and raw.isascii():
        return raw
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise UnreadableText("is not percent-encoded UTF-8") from None


def decode_form(raw: str) -> str:
    """Return text of a query or a form decoded: as `decode_percent`, and `+` is a space."""
    if "%" not in raw and "+" not in raw and raw.isascii():
        return raw
    return decode_percent(raw.replace("+", " "))


def _boolean(text: str) -> Any:
    return True if text == "true" else False if text == "false" else text


def _integer(text: str) -> Any:
    return int(text) if _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS else text


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text) or len(text) > _MOST_DIGITS:
        return text
    value = float(text)
    if not math.isfinite(value):
        return text
    return int(text) if text.lstrip("-").isdigit() else value


def _null(text: str) -> Any:
    return None if text in ("", "null") else text


_READERS: Final[dict[str, Convert]] = {"boolean": _boolean, "integer": _integer, "number": _number}


def _first_of(readers: Iterable[Convert]) -> Convert:
    def convert(text: str) -> Any:
        for read in readers:
            value = read(text)
            if value is not text:
                return value
        return text

    return convert


_SCALAR: Final = _first_of(tuple(_READERS.values()))


def _parts(schema: Schema, definitions: Mapping[str, Schema], seen: set[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, bool):
        return
    yield schema
    for keyword in ("allOf", "anyOf", "oneOf"):
        for member in schema.get(keyword, ()):
            yield from _parts(member, definitions, seen)
    name = name_of(schema["$ref"]) if "$ref" in schema else ""
    if name in definitions and name not in seen:
        seen.add(name)
        yield from _parts(definitions[name], definitions, seen)


def _types(part: Mapping[str, Any]) -> Iterator[str]:
    declared = part.get("type")
    if isinstance(declared, str):
        yield declared
    elif declared:
        yield from declared
    else:
        yield from _implied_types(part)


def _implied_types(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield the types of the values that an untyped enum or const lists, or that its keywords speak of."""
    for value in [*part.get("enum", ()), *([part["const"]] if "const" in part else [])]:
        yield _TYPE_NAMES.get(type(value), "string")
    if "properties" in part:
        yield "object"
    if "items" in part:
        yield "array"


_TYPE_NAMES: Final = {
    bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array",
    dict: "object",
}  # fmt: skip


def _is_binary(part: Mapping[str, Any]) -> bool:
    """Tell whether a schema describes bytes: by format, or, since 3.1, by a media type without an encoding."""
    return part.get("format") == "binary" or (
        "contentMediaType" in part
        and "contentEncoding" not in part
        and not _is_text(part["contentMediaType"])
    )


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith("json")
