"""Multipart bodies: what is written is read again as it was, and what cannot be is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from macaron_runner.openapi.operation import Content, Encoding, Schema
from macaron_runner.validation.escaping import Inexpressible
from macaron_runner.validation.jsonable import NotJson
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.multipart import compile_multipart
from macaron_runner.validation.multipart_encoder import compile_multipart_encoder

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FILE: Schema = {"type": "string", "format": "binary"}


def described(
    properties: dict[str, Any], encoding: dict[str, Encoding] | None = None, **more: Any
) -> Content:
    return Content(
        "multipart/form-data", {"type": "object", "properties": properties, **more}, encoding or {}
    )


def trip(content: Content, value: Any) -> tuple[bytes, dict[str, Any]]:
    """Return the body of a value, and what a server reads of it."""
    encoder = compile_multipart_encoder(content, {})
    written = encoder.encode(encoder.members(value))
    body = written.body if isinstance(written.body, bytes) else b"".join(written.body)
    media_type = parse_media_type(written.content_type)
    assert media_type is not None
    return body, compile_multipart(content, {})(body, media_type)


def seen(value: Any) -> Any:
    if isinstance(value, FileStorage):
        return value.filename, value.mimetype, value.stream.read()
    return [seen(each) for each in value] if isinstance(value, list) else value


KINDS: dict[str, tuple[Schema, Any]] = {
    "string": ({"type": "string"}, TEXTS),
    "integer": ({"type": "integer"}, st.integers()),
    "number": ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    "boolean": ({"type": "boolean"}, st.booleans()),
    "strings": ({"type": "array", "items": {"type": "string"}}, st.lists(TEXTS, min_size=1, max_size=3)),
    "object": ({"type": "object"}, st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=2)),
    "objects": (
        {"type": "array", "items": {"type": "object"}},
        st.lists(st.dictionaries(TEXTS, st.integers(-9, 9), max_size=2), min_size=1, max_size=2),
    ),
}


@given(st.data())
def test_whatever_is_sent_is_read(data: st.DataObject) -> None:
    kinds = data.draw(st.dictionaries(NAMES, st.sampled_from(sorted(KINDS)), max_size=4))
    value = {name: data.draw(KINDS[kind][1]) for name, kind in kinds.items()}
    content = described({name: KINDS[kind][0] for name, kind in kinds.items()})
    try:
        _, found = trip(content, value)
    except Inexpressible:
        assert any(char in name for name in kinds for char in (*map(chr, range(32)), "\x7f", "\\", "%22"))
        return
    assert found == value
    assert {name: type(each) for name, each in found.items()} == {
        name: type(each) for name, each in value.items()
    }


@given(st.binary(max_size=60), st.text(alphabet='a"é .-', min_size=1, max_size=6))
def test_files_arrive_as_they_are(data: bytes, filename: str) -> None:
    _, found = trip(described({"file": FILE}), {"file": (filename, data, "image/png")})
    assert seen(found["file"]) == (filename, "image/png", data)


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        (b"ab", ("file", "application/octet-stream", b"ab")),
        ("ab", ("file", "application/octet-stream", b"ab")),
        (("a.txt", b"ab"), ("a.txt", "text/plain", b"ab")),
        (("a.txt", io.BytesIO(b"ab"), "x/y"), ("a.txt", "x/y", b"ab")),
        (io.StringIO("é"), ("file", "application/octet-stream", "é".encode())),
        (FileStorage(io.BytesIO(b"ab"), "b.png", content_type="image/png"), ("b.png", "image/png", b"ab")),
        (("a\r\n\\b", b""), ("a___b", "application/octet-stream", b"")),
    ],
    ids=["bytes", "text", "named", "named-and-typed", "open-as-text", "storage", "odd-name"],
)
def test_a_file_in_every_form(given_as: Any, expected: Any) -> None:
    _, found = trip(described({"file": FILE}), {"file": given_as})
    assert seen(found["file"]) == expected


def test_several_files_of_one_name() -> None:
    files = {"type": "array", "items": FILE}
    _, found = trip(described({"files": files}), {"files": [b"a", ("b", b"b", "x/y")]})
    assert [each[2] for each in seen(found["files"])] == [b"a", b"b"]


def test_what_nobody_described_is_text_or_a_file() -> None:
    _, found = trip(described({}), {"a": "x", "b": [1, True], "c": b"raw"})
    assert (found["a"], found["b"], seen(found["c"])[2]) == ("x", ["1", "true"], b"raw")


def test_encodings_and_headers_of_parts() -> None:
    encoding = {
        "object": Encoding("application/json"),
        "text": Encoding("text/plain"),
        "photo": Encoding("image/png, image/jpeg"),
        "list": Encoding("application/json"),
    }
    integers = {"type": "array", "items": {"type": "integer"}}
    content = described(
        {"object": {"type": "object"}, "text": {"type": "string"}, "photo": FILE, "list": integers}, encoding
    )
    photo = FileStorage(io.BytesIO(b"x"), "a", headers={"X-Size": "big"})  # type: ignore[arg-type]
    body, found = trip(content, {"object": {"a": [1]}, "text": "t", "photo": photo, "list": [1, 2]})
    assert (found["object"], found["text"], found["list"]) == ({"a": [1]}, "t", [1, 2])
    assert found["photo"].headers["X-Size"] == "big"
    assert found["photo"].mimetype == "image/png"
    assert body.count(b"application/json") == 2


def test_additional_properties_are_as_described() -> None:
    _, found = trip(described({}, additionalProperties={"type": "integer"}), {"a": 5})
    assert found == {"a": 5}


def test_bytes_of_a_text_in_base64_stay_one() -> None:
    _, found = trip(described({"key": {"type": "string", "format": "byte"}}), {"key": b"\x00"})
    assert found == {"key": "AA=="}


@pytest.mark.parametrize(
    "value", [{"a": None}, {"a": []}, {"a\n": "x"}, {"a": float("nan")}, {"a": "\ud800"}]
)
def test_what_no_part_can_hold_is_refused(value: Any) -> None:
    schema: Schema = {"type": "array", "items": {"type": "string"}} if value.get("a") == [] else {}
    with pytest.raises((Inexpressible, NotJson)):
        trip(
            described(
                {"a": schema} if value.get("a") == [] else {"a": {"type": ["string", "number", "null"]}}
            ),
            value,
        )


def test_only_an_object_is_a_form() -> None:
    with pytest.raises(NotJson):
        trip(described({}), [1])
