"""What stands under `content` and `headers` of an OpenAPI 3 document: media types, encodings, headers, examples.

Not for the operations these belong to (openapi3), nor for Swagger 2.0, which has no such objects. Section names are
those of OpenAPI 3.2.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from macaron_runner.openapi.normalise import copy
from macaron_runner.openapi.operation import Content, Encoding, Header, Schema, Style
from macaron_runner.openapi.reading import Reading
from macaron_runner.openapi.references import Node


def read_contents(reading: Reading, owner: Node) -> tuple[Content, ...]:
    """Return the media types of a body or a response ("Media Type Object"); in 3.2 they may be references."""
    return tuple(
        _content(reading, media_type, reading.follow(written))
        for media_type, written in owner.child("content").members()
    )


def read_headers(reading: Reading, owner: Node) -> tuple[Header, ...]:
    """Return the headers of a response or a part; Content-Type has its own place and is ignored here."""
    return tuple(
        _header(reading, name, reading.follow(written))
        for name, written in owner.child("headers").members()
        if name.lower() != "content-type"
    )


def described(reading: Reading, node: Node) -> tuple[str | None, Schema]:
    """Return media type and schema of a parameter or header, which has either `content` or `schema`."""
    for media_type, written in node.child("content").members():
        content = reading.follow(written)
        return media_type, reading.schema(content.child("schema")) if content.has("schema") else True
    return None, reading.schema(node.child("schema")) if node.has("schema") else True


def encodings_of(reading: Reading, parameter: Node) -> dict[str, Encoding]:
    """Return the encodings of the form that a parameter described by `content` may hold."""
    for _, written in parameter.child("content").members():
        return _encodings(reading, reading.follow(written))
    return {}


def style_of(node: Node, default: Style) -> tuple[Style, bool]:
    """Return style and explode of what has them ("Style Values"); a style nobody knows counts as the default."""
    written = node.text("style")
    style = cast("Style", written) if written in get_args(Style) else default
    return style, node.flag("explode") if node.has("explode") else style in ("form", "cookie")


def _content(reading: Reading, media_type: str, node: Node) -> Content:
    return Content(
        media_type=media_type,
        schema=_schema(reading, node, "schema"),
        encoding=_encodings(reading, node),
        examples=_examples(reading, node),
        item_schema=_schema(reading, node, "itemSchema"),
        prefix_encoding=_prefix_encoding(reading, node),
        item_encoding=_item_encoding(reading, node),
    )


def _schema(reading: Reading, node: Node, name: str) -> Schema | None:
    return reading.schema(node.child(name)) if node.has(name) else None


def _encodings(reading: Reading, owner: Node) -> dict[str, Encoding]:
    """Return the encodings that say more than their absence would."""
    found = {name: _encoding(reading, written) for name, written in owner.child("encoding").members()}
    return {name: encoding for name, encoding in found.items() if encoding != Encoding()}


def _prefix_encoding(reading: Reading, owner: Node) -> tuple[Encoding, ...]:
    return tuple(_encoding(reading, node) for node in owner.child("prefixEncoding").elements())


def _item_encoding(reading: Reading, owner: Node) -> Encoding | None:
    return _encoding(reading, owner.child("itemEncoding")) if owner.has("itemEncoding") else None


def _encoding(reading: Reading, node: Node) -> Encoding:
    style, explode = style_of(node, "form")
    return Encoding(
        content_type=node.text("contentType") or None,
        style=style,
        explode=explode,
        allow_reserved=node.flag("allowReserved"),
        headers=read_headers(reading, node),
        encoding=_encodings(reading, node),
        prefix_encoding=_prefix_encoding(reading, node),
        item_encoding=_item_encoding(reading, node),
    )


def _header(reading: Reading, name: str, node: Node) -> Header:
    media_type, schema = described(reading, node)
    return Header(
        name=name,
        schema=schema,
        required=node.flag("required"),
        description=node.text("description"),
        explode=node.flag("explode"),
        media_type=media_type,
        deprecated=node.flag("deprecated"),
    )


def _examples(reading: Reading, node: Node) -> dict[str, Any]:
    """Return the examples by name ("Example Object"); what stands elsewhere, or only as it is sent, is left out."""
    examples = {"": copy(node.child("example").value)} if node.has("example") else {}
    for name, written in node.child("examples").members():
        example = reading.follow(written)
        for member in ("dataValue", "value"):
            if example.has(member):
                examples[name] = copy(example.child(member).value)
                break
    return examples
