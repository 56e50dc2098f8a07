"""Whatever a client sends, the only error is the client's own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.errors import InvalidParameter, MacaronError, NotAcceptable, UnsupportedMediaType
from macaron_runner.openapi.operation import Body, Content, Operation, Response
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.parameter_values import decoder_of
from macaron_runner.validation.quick_scalars import UNSURE, compile_quickly
from macaron_runner.validation.responses import compile_responses
from macaron_runner.validation.schema import compile_schema
from macaron_runner.validation.text_values import UnreadableText, converter
from tests.support.codec import STYLES, color, compile_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from macaron_runner.validation.schema import Check

INTEGERS = {"type": "array", "items": {"type": "integer"}}
POINT = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": INTEGERS},
    "additionalProperties": True,
}
SCHEMAS: list[Any] = [
    {}, {"type": "integer"}, {"type": "number"}, {"type": ["boolean", "null"]}, INTEGERS, POINT,
    {"oneOf": [{"type": "integer"}, INTEGERS]}, {"type": "string", "format": "date-time"},
]  # fmt: skip
TEXT = st.text() | st.text(alphabet=';.,=&|%+[]{}p0xX123abc-e"C\u00e9\u00ff \t')


def same(_: Any) -> Any:
    return lambda value: value


def parameters(location: Any) -> Iterator[tuple[Callable[[str], dict[str, Any]], Check]]:
    for style in STYLES[location]:
        for explode in (False, True):
            for schema in SCHEMAS:
                yield (
                    compile_reading(color(location, style, explode, schema)),
                    compile_schema(schema, {}, "request"),
                )
    as_json = color(location, schema=POINT, media_type="application/json")
    yield compile_reading(as_json), compile_schema(POINT, {}, "request")


READERS = {location: tuple(parameters(location)) for location in STYLES}


@settings(max_examples=150)
@given(TEXT, st.sampled_from(["", "color=", "color[", "x=1&color=", "color[x]=1&color[y]["]))
def test_parameters(text: str, start: str) -> None:
    """Whatever text comes, what a handler gets fits the schema."""
    for location, readers in READERS.items():
        raw = start + text if location in {"query", "cookie"} else text
        for read, check in readers:
            with contextlib.suppress(InvalidParameter):
                assert check.valid(read(raw)["color"])


BOUNDED: list[Any] = [
    {"type": "integer", "minimum": -1, "maximum": 5}, {"type": "integer", "format": "int32"}, {"type": "number"},
    {"type": "number", "maximum": 2.5}, {"type": "boolean", "description": "x"}, {"type": "string"},
    {"type": "string", "minLength": 1, "maxLength": 2}, {"type": "string", "enum": ["a", "1", ""]},
]  # fmt: skip


@settings(max_examples=150)
@given(TEXT | st.sampled_from(["true", "-1", "5", "2.5", "6", "1e0", "aé"]))
def test_what_is_read_quickly_is_what_is_read_with_care(text: str) -> None:
    for location in STYLES:
        for schema in BOUNDED:
            parameter = color(location, STYLES[location][0], False, schema)
            decode = decoder_of(parameter)
            quick = compile_quickly(schema, {}, decode)
            assert quick is not None
            with contextlib.suppress(UnreadableText):
                value = quick(text)
                if value is not UNSURE:
                    assert value == converter(schema, {})(decode(text))
                    assert compile_schema(schema, {}, "request").valid(value)


MEDIA_TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
    "*/*",
]
BODY = Body(True, tuple(Content(name, POINT) for name in MEDIA_TYPES))
DECODE_BODY = compile_body(Operation("a", "POST", "", "/", None, (), BODY, ()), {}, same)
HEADS = [
    None,
    *MEDIA_TYPES,
    "multipart/form-data; boundary=p",
    'multipart/form-data; boundary="\u20ac"',
    "a/b+json",
]


@settings(max_examples=300)
@given(
    st.binary() | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")), st.sampled_from(HEADS) | TEXT
)
def test_bodies(raw: bytes, content_type: str | None) -> None:
    with contextlib.suppress(InvalidParameter, UnsupportedMediaType):
        DECODE_BODY(content_type, None, lambda: raw)


@settings(max_examples=100)
@given(
    st.binary(),
    st.sampled_from([b'name="x"', b'name="y"; filename="f"', b"", b'name="z"\r\nContent-Type: a/b']),
)
def test_multipart_parts(data: bytes, head: bytes) -> None:
    raw = b"--p\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + data + b"\r\n--p--\r\n"
    with contextlib.suppress(InvalidParameter):
        DECODE_BODY("multipart/form-data; boundary=p", len(raw), lambda: raw)


ENCODER = compile_responses(
    Operation("a", "GET", "", "/", None, (), None, (Response("200", "", BODY.content),)), {}, "enforce"
)


@settings(max_examples=200)
@given(TEXT | st.text(alphabet='/*,;q=.01a" '))
def test_accept_headers(accept: str) -> None:
    with contextlib.suppress(NotAcceptable):
        assert "*" not in ENCODER.negotiate(accept)


@settings(max_examples=200)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=10,
))  # fmt: skip
def test_results(value: Any) -> None:
    with contextlib.suppress(MacaronError):
        ENCODER.encode(value, 200, "application/json")


def test_a_wrong_body_has_no_traceback_of_the_parser() -> None:
    with pytest.raises(InvalidParameter) as caught:
        DECODE_BODY("application/json", None, lambda: b'{"password": "secret"')
    assert caught.value.__suppress_context__
    assert "secret" not in str(caught.value)
