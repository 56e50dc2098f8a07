"""Forms: `application/x-www-form-urlencoded` bodies, and how the properties of any form are read.

Not for cutting a multipart body into its parts (multipart), nor for writing forms (parameter_encoder). OpenAPI 3.1
section 4.8.15.1, WHATWG URL section 5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from macaron_runner.openapi.operation import Content, Encoding, Parameter, Schema
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.parameter_values import part_converter
from macaron_runner.validation.problems import Finding, details_of, invalid
from macaron_runner.validation.styles import ABSENT, Pairs, Read, compile_reader, parse_pairs
from macaron_runner.validation.text_values import (
    Convert,
    Shape,
    UnreadableText,
    converter,
    decode_form,
    shape_of,
)

DecodeForm: TypeAlias = Callable[[bytes], dict[str, Any]]

ReadFields: TypeAlias = Callable[[Pairs], tuple[dict[str, Any], list[Finding]]]
"""Gives the object that the fields of a form make, and what is wrong with them."""


def compile_form(content: Content, definitions: Mapping[str, Schema]) -> DecodeForm:
    """Return what makes a JSON object of an urlencoded form. It raises InvalidParameter with all that is wrong."""
    read = compile_fields(
        content.schema if content.schema is not None else True, content.encoding, definitions
    )

    def decode(raw: bytes) -> dict[str, Any]:
        found, wrong = read(parse_pairs(raw.decode("latin-1")))
        if wrong:
            raise invalid(details_of(wrong, "body"))
        return found

    return decode


def compile_fields(
    schema: Schema, encodings: Mapping[str, Encoding], definitions: Mapping[str, Schema]
) -> ReadFields:
    """Return what makes a JSON object of the fields of a form, each property as its schema and encoding describe it.

    Fields that the schema does not name are what additionalProperties says, else text (several of one name an array).
    """
    shape = shape_of(schema, definitions)
    known = frozenset(shape.properties)
    readers = {
        name: compile_reader(
            field_parameter(name, member, encodings.get(name), definitions), definitions, known
        )
        for name, member in shape.properties.items()
    }
    claimed = _claimed(shape, encodings, definitions)
    read_other = _other_reader(shape, definitions)

    def read(pairs: Pairs) -> tuple[dict[str, Any], list[Finding]]:
        found: dict[str, Any] = {}
        wrong: list[Finding] = []
        for name, read_field in readers.items():
            _put(found, wrong, name, read_field, pairs)
        for name, texts in pairs.items():
            if name not in known and not claimed(name):
                _put(found, wrong, name, read_other, texts)
        return found, wrong

    return read


def value_reader(schema: Schema, encoding: Encoding | None, definitions: Mapping[str, Schema]) -> Convert:
    """Return what reads one decoded value of a form: as its encoding says, else JSON for an array or object.

    Raises UnreadableText (the reader, where the text is not JSON).
    """
    media_type = parse_media_type(encoding.content_type) if encoding and encoding.content_type else None
    if media_type is None:
        return part_converter(schema, definitions)
    return part_converter(_CONTAINER, {}) if media_type.is_json else converter(schema, definitions)


_CONTAINER: Final[Schema] = {"type": "object"}


def field_parameter(
    name: str, schema: Schema, encoding: Encoding | None, definitions: Mapping[str, Schema]
) -> Parameter:
    """Return a property of a form as if it were a query parameter; an object without a style is sent as JSON."""
    types = shape_of(schema, definitions).types
    media_type = encoding.content_type if encoding else None
    if media_type is None and encoding is None and "object" in types and "array" not in types:
        media_type = "application/json"
    style, explode = (encoding.style, encoding.explode) if encoding else ("form", True)
    reserved = encoding is not None and encoding.allow_reserved
    return Parameter(
        name,
        "query",
        required=False,
        schema=schema,
        style=style,
        explode=explode,
        allow_reserved=reserved,
        media_type=media_type,
    )


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


def _other_reader(shape: Shape, definitions: Mapping[str, Schema]) -> Callable[[Sequence[str]], Any]:
    """Return what reads the fields that no property names."""
    additional = next(iter(shape.additional), True)
    if isinstance(additional, bool):
        return _undeclared
    read = compile_reader(field_parameter("", additional, None, definitions), definitions)
    return lambda texts: read({"": texts})


def _undeclared(texts: Sequence[str]) -> Any:
    decoded = [decode_form(text) for text in texts]
    return decoded if len(decoded) > 1 else decoded[0]


def _put(found: dict[str, Any], wrong: list[Finding], name: str, read: Read, source: Any) -> None:
    try:
        value = read(source)
    except UnreadableText as error:
        wrong.append(Finding((name,), "", str(error)))
    else:
        if value is not ABSENT:
            found[name] = value
