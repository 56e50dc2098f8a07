"""Values into the raw text of parameters: what styles reads, written, for one parameter each.

Not for reading (styles), nor for what a text becomes (escaping), nor for putting the pieces into a request.
The forms are those of style_table. What is written is read again as it was; what a style has no text for is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from macaron_runner.openapi.operation import Parameter
from macaron_runner.validation.escaping import Inexpressible, compile_escapes
from macaron_runner.validation.form import field_parameter
from macaron_runner.validation.jsonable import NotJson, jsonable, write_json
from macaron_runner.validation.media_types import URLENCODED, parse_media_type
from macaron_runner.validation.style_table import SYNTAXES, style_of
from macaron_runner.validation.text_values import Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from macaron_runner.openapi.operation import Encoding, Schema

Encode: TypeAlias = Callable[[Any], tuple[str, ...]]
"""Gives the raw pieces of a value: of a path or a header its one text, of a query the `name=value` texts to be joined
by "&", of cookies those to be joined by "; ", of a whole query the query. Raises Inexpressible."""


_Write: TypeAlias = Callable[[Any], list[str]]
"""Gives the raw pieces of a JSON value. Raises Inexpressible and NotJson."""


def compile_encoder(parameter: Parameter, definitions: Mapping[str, Schema], title: str = "") -> Encode:
    """Return what writes one parameter: JSON values, and whatever has a JSON form (jsonable).

    encode([3, 4]) == ("ids=3", "ids=4") for an exploded array in the query. It raises Inexpressible, under the `title`
    of the parameter, for what has no text in its style and place: null anywhere, an empty object that is exploded, a
    delimiter where nothing can be percent-encoded.
    """
    write = _compile_write(parameter, definitions)
    title = title or f'the {parameter.location} parameter "{parameter.name}"'

    def encode(value: Any) -> tuple[str, ...]:
        try:
            return tuple(write(jsonable(value)))
        except (Inexpressible, NotJson) as error:
            raise Inexpressible(f"{title} cannot be sent: {error}") from None

    return encode


def compile_form_encoder(
    schema: Schema, encodings: Mapping[str, Encoding], definitions: Mapping[str, Schema]
) -> Callable[[Any], str]:
    """Return what writes an object as `application/x-www-form-urlencoded` text. It raises Inexpressible."""

    def encoder_of(name: str, member: Schema) -> Encode:
        field = field_parameter(name, member, encodings.get(name), definitions)
        return compile_encoder(field, definitions, f'the field "{name}"')

    fields = {
        name: encoder_of(name, member) for name, member in shape_of(schema, definitions).properties.items()
    }

    def encode(value: Any) -> str:
        try:
            plain = jsonable(value)
        except NotJson as error:
            raise Inexpressible(str(error)) from None
        if not isinstance(plain, dict):
            raise Inexpressible("only an object can be sent as a form")
        pieces = ((fields.get(name) or encoder_of(name, {}))(member) for name, member in plain.items())
        return "&".join(piece for several in pieces for piece in several)

    return encode


def text_of(value: Any, shape: Shape) -> str:
    """Return the text of one JSON value: scalars as JSON writes them, but text as it is; arrays and objects as JSON.

    Raises Inexpressible for null, NaN and infinities, and NotJson.
    """
    if isinstance(value, str):
        return value
    if value is None:
        raise Inexpressible("null has no text")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Inexpressible("a number that JSON does not have")
        whole = value.is_integer() and "integer" in shape.types and "number" not in shape.types
        return str(int(value)) if whole else repr(value)
    return write_json(value).decode()


class _Writer:
    """Writes one parameter that a schema and a style describe."""

    def __init__(self, parameter: Parameter, definitions: Mapping[str, Schema]) -> None:
        self._style = style_of(parameter)
        self._syntax = SYNTAXES[self._style]
        self._in_pieces = parameter.location in {"query", "cookie"}
        self._location = parameter.location
        self._explode = parameter.explode
        self._joint = self._syntax.exploded if parameter.explode else self._syntax.joint
        self._shape = shape_of(parameter.schema, definitions)
        self._inner = _inner_writer(parameter, self._shape, definitions)
        self._definitions = definitions
        self._escapes = compile_escapes(parameter)
        self._plain_name = parameter.name
        named = parameter.location != "header"  # there the name stands before the colon
        self._name = self._escapes.name(parameter.name) if named else parameter.name

    def write(self, value: Any) -> list[str]:
        """Return the pieces of a JSON value. Raises Inexpressible."""
        if self._style == "deepObject" and isinstance(value, dict | list):
            return list(self._deep(self._plain_name, value))
        if isinstance(value, dict):
            return self._exploded_object(value) if self._explode else [self._joined(self._alternating(value))]
        if isinstance(value, list):
            return self._array(value)
        return [self._single(self._escapes.alone(text_of(value, self._shape)))]

    def _array(self, value: list[Any]) -> list[str]:
        parts = [self._item(item) for item in value]
        if parts == ([] if self._shape.fewest else [""]):
            raise Inexpressible("an empty array and one of an empty text look the same")
        if not self._explode:
            return [self._joined(parts)]
        if not self._syntax.named:
            return [self._syntax.start + self._syntax.exploded.join(parts)]
        return self._repeated(parts)

    def _item(self, value: Any) -> str:
        """Return an item of an array; an array in it has a parameter's encoder of its own where it has a style."""
        if self._inner is None or not isinstance(value, list):
            return self._escapes.part(text_of(value, self._item_shape()))
        (raw,) = self._inner.write(value)
        raw = raw.removeprefix("=")
        if self._joint in raw:
            raise Inexpressible("an array and the one around it are written with the same delimiter")
        return raw

    def _repeated(self, parts: list[str]) -> list[str]:
        """Return an exploded array, each item with the name; in a query `ids=` is the empty one."""
        if self._in_pieces:
            pieces = [f"{self._name}={part}" for part in parts or [""]]
            in_one = self._location == "cookie" and self._style == "form"
            return [self._syntax.exploded.join(pieces)] if in_one else pieces
        if not parts:
            raise Inexpressible("an empty array has no text in this style")
        return ["".join(self._single(part) for part in parts)]

    def _exploded_object(self, value: Mapping[str, Any]) -> list[str]:
        parts = [part for name, member in value.items() for part in self._properties(name, member)]
        if not parts and (self._in_pieces or self._syntax.named):
            raise Inexpressible("an empty object has no text in this style")
        if self._in_pieces:
            return parts
        return [self._syntax.start + self._syntax.exploded.join(parts)]

    def _properties(self, name: str, value: Any) -> list[str]:
        """Return what one property of an exploded object becomes; an array as one comes several times."""
        shape = self._member_shape(name)
        key = self._escapes.name(name)
        if not (self._in_pieces and isinstance(value, list)):
            text = self._escapes.part(text_of(value, shape))
            return [key if self._syntax.bare and key and not text else f"{key}={text}"]
        texts = [self._escapes.part(text_of(item, shape)) for item in value]
        if texts == ([] if shape.fewest else [""]):
            raise Inexpressible("an empty array and one of an empty text look the same")
        return [f"{key}={text}" for text in texts or [""]]

    def _alternating(self, value: Mapping[str, Any]) -> list[str]:
        return [
            self._escapes.part(text)
            for name, member in value.items()
            for text in (name, text_of(member, self._member_shape(name)))
        ]

    def _deep(self, key: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict | list) and not value:
            raise Inexpressible("an empty array or object has no text in style deepObject")
        if isinstance(value, dict):
            for name, member in value.items():
                if "[" in name or "]" in name:
                    raise Inexpressible(f"a name with brackets has no text in style deepObject: {name[:60]}")
                yield from self._deep(f"{key}[{name}]", member)
        elif isinstance(value, list):
            nested = any(isinstance(item, dict | list) for item in value)
            for number, item in enumerate(value):
                yield from self._deep(f"{key}[{number if nested else ''}]", item)
        else:
            yield f"{self._escapes.name(key)}={self._escapes.alone(text_of(value, _UNKNOWN))}"

    def _joined(self, parts: list[str]) -> str:
        return self._single(self._syntax.joint.join(parts))

    def _single(self, raw: str) -> str:
        """Return one value with all that stands before it."""
        if not self._syntax.named:
            return self._syntax.start + raw
        if self._syntax.bare and not raw:
            return self._syntax.start + self._name
        return f"{self._syntax.start}{self._name}={raw}"

    def _item_shape(self) -> Shape:
        return shape_of(self._shape.items[0] if self._shape.items else True, self._definitions)

    def _member_shape(self, name: str) -> Shape:
        other = self._shape.additional[0] if self._shape.additional else True
        return shape_of(self._shape.properties.get(name, other), self._definitions)


_UNKNOWN = shape_of({}, {})


def _inner_writer(parameter: Parameter, shape: Shape, definitions: Mapping[str, Schema]) -> _Writer | None:
    """Return what writes the arrays inside an array, as parameters of the query without a name."""
    if not parameter.inner_styles:
        return None
    style, *inner = parameter.inner_styles
    item = shape.items[0] if shape.items else {}
    return _Writer(
        Parameter(
            "", "query", required=False, schema=item, style=style, explode=False, inner_styles=tuple(inner)
        ),
        definitions,
    )


def _compile_write(parameter: Parameter, definitions: Mapping[str, Schema]) -> _Write:
    if parameter.media_type is not None:
        return _content(parameter, definitions)
    write = _Writer(parameter, definitions).write
    return _without_dots(write) if (parameter.location, style_of(parameter)) == ("path", "simple") else write


def _without_dots(write: _Write) -> _Write:
    """Return `write` without `.` and `..`: on the way those mean another path (RFC 3986 section 5.2.4)."""

    def write_segment(value: Any) -> list[str]:
        pieces = write(value)
        if pieces[0] in {".", ".."}:
            raise Inexpressible(f"{pieces[0]!r} cannot be a whole segment of a path")
        return pieces

    return write_segment


def _content(parameter: Parameter, definitions: Mapping[str, Schema]) -> _Write:
    """Return what writes a parameter described by `content`: as JSON, as a form, or as a scalar's text."""
    media_type = parse_media_type(parameter.media_type or "")
    escapes = compile_escapes(parameter)
    start = escapes.name(parameter.name) + "=" if parameter.location in {"query", "cookie"} else ""
    if media_type is not None and media_type.name == URLENCODED:
        write_form = compile_form_encoder(parameter.schema, parameter.encoding, definitions)
        if parameter.location == "querystring":
            return lambda value: [write_form(value)]
        return lambda value: [start + escapes.alone(write_form(value))]
    is_json = media_type is not None and media_type.is_json
    shape = shape_of(parameter.schema, definitions)

    def write(value: Any) -> list[str]:
        if not is_json and isinstance(value, dict | list):
            raise Inexpressible(f"{parameter.media_type} has no arrays and objects")
        return [start + escapes.alone(_ascii_json(value) if is_json else text_of(value, shape))]

    return write


def _ascii_json(value: Any) -> str:
    """Return JSON that can stand in a header."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise Inexpressible("a number that JSON does not have") from None
