"""Forms: `application/x-www-form-urlencoded` bodies, and how the properties of any form are read.

Not for cutting a multipart body into its parts (multipart). OpenAPI 3.1 section 4.8.15.1, WHATWG URL section 5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from macaron_runner.errors import ErrorDetail
from macaron_runner.openapi.operation import Content, Encoding, Parameter, Schema
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.problems import invalid, pointer_of
from macaron_runner.validation.styles import ABSENT, Read, compile_reader, parse_pairs
from macaron_runner.validation.text_values import (
    Convert,
    Shape,
    UnreadableText,
    converter,
    decode_form,
    shape_of,
)

DecodeForm: TypeAlias = Callable[[bytes], dict[str, Any]]


def compile_form(content: Content, definitions: Mapping[str, Schema]) -> DecodeForm:
    """Return what makes a JSON object of an urlencoded form, each property as its schema and encoding describe it.

    Fields that the schema does not name stay text (several of one name an array), for the check to judge. It
    raises InvalidParameter with everything that is wrong.
    """
    shape = shape_of(content.schema if content.schema is not None else True, definitions)
    known = frozenset(shape.properties)
    readers = {
        name: _field_reader(name, member, content.encoding.get(name), definitions, known)
        for name, member in shape.properties.items()
    }
    claimed = _claimed(shape, content.encoding, definitions)

    def decode(raw: bytes) -> dict[str, Any]:
        pairs = parse_pairs(raw.decode("latin-1"))
        found: dict[str, Any] = {}
        errors: list[ErrorDetail] = []
        for name, read in readers.items():
            _put(found, errors, name, partial(read, pairs))
        for name, texts in pairs.items():
            if name not in known and not claimed(name):
                _put(found, errors, name, partial(_undeclared, texts))
        if errors:
            raise invalid(errors)
        return found

    return decode


def value_reader(schema: Schema, encoding: Encoding | None, definitions: Mapping[str, Schema]) -> Convert:
    """Return what reads one decoded value of a form: JSON for an object or where the encoding says so, else a scalar.

    Raises UnreadableText (the reader, where the text is not JSON).
    """
    shape = shape_of(schema, definitions)
    media_type = parse_media_type(encoding.content_type) if encoding and encoding.content_type else None
    if media_type.is_json if media_type else bool(shape.types & {"object", "array"}) and not shape.scalar:
        return lambda text: read_json(text.encode("utf-8", "surrogatepass"))
    return converter(schema, definitions)


def _field_reader(
    name: str,
    schema: Schema,
    encoding: Encoding | None,
    definitions: Mapping[str, Schema],
    known: frozenset[str],
) -> Read:
    """Return what reads one property, as if it were a query parameter; an object without a style is sent as JSON."""
    types = shape_of(schema, definitions).types
    media_type = encoding.content_type if encoding else None
    if media_type is None and encoding is None and "object" in types and "array" not in types:
        media_type = "application/json"
    style, explode = (encoding.style, encoding.explode) if encoding else ("form", True)
    field = Parameter(
        name, "query", required=False, schema=schema, style=style, explode=explode, media_type=media_type
    )
    return compile_reader(field, definitions, known)


def _claimed(
    shape: Shape, encodings: Mapping[str, Encoding], definitions: Mapping[str, Schema]
) -> Callable[[str], bool]:
    """Return whether a field that no property names still belongs to one: `at[x]`, or `x` of an exploded object."""
    starts = tuple(f"{name}[" for name, one in encodings.items() if one.style == "deepObject")
    spread = {
        member
        for name, one in encodings.items()
        if one.style == "form" and one.explode and one.content_type is None and name in shape.properties
        for member in shape_of(shape.properties[name], definitions).properties
    }
    return lambda name: name in spread or bool(starts and name.startswith(starts))


def _undeclared(texts: Sequence[str]) -> Any:
    decoded = [decode_form(text) for text in texts]
    return decoded if len(decoded) > 1 else decoded[0]


def _put(found: dict[str, Any], errors: list[ErrorDetail], name: str, read: Callable[[], Any]) -> None:
    try:
        value = read()
    except UnreadableText as error:
        errors.append(ErrorDetail("body", pointer_of([name]), str(error)))
    else:
        if value is not ABSENT:
            found[name] = value
