"""Whatever a client sends, the only error is the client's own."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.errors import InvalidParameter, MacaronError, NotAcceptable, UnsupportedMediaType
from macaron_runner.openapi.operation import Body, Content, Operation, Parameter, Response
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.parameters import compile_parameters
from macaron_runner.validation.responses import compile_responses

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
STYLES = {
    "path": ["simple", "label", "matrix"],
    "query": ["form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"],
    "header": ["simple"],
    "cookie": ["form"],
}
TEXT = st.text() | st.text(alphabet=';.,=&|%+[]{}p0xX123abc-e"C\u00e9\u00ff \t')


def same(_: Any) -> Any:
    return lambda value: value


def parameters(location: Any) -> tuple[Any, ...]:
    made = [
        Parameter("p", location, True, schema, style, explode)
        for style in STYLES[location]
        for explode in (False, True)
        for schema in SCHEMAS
    ]
    made.append(Parameter("p", location, True, POINT, "simple", False, media_type="application/json"))
    operations = (Operation("a", "GET", "", "/", None, (one,), None, ()) for one in made)
    return tuple(compile_parameters(operation, {}, same) for operation in operations)


DECODERS = {location: parameters(location) for location in STYLES}


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_parameters(text: str) -> None:
    for location, decoders in DECODERS.items():
        for decode in decoders:
            query = (f"p={text}", text)[len(text) % 2] if location == "query" else ""
            with contextlib.suppress(InvalidParameter):
                decode({"p": text}, query, {"p": text}.get, {"p": text, "x": text})


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


@settings(max_examples=300, deadline=None)
@given(
    st.binary() | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")), st.sampled_from(HEADS) | TEXT
)
def test_bodies(raw: bytes, content_type: str | None) -> None:
    with contextlib.suppress(InvalidParameter, UnsupportedMediaType):
        DECODE_BODY(content_type, None, lambda: raw)


@settings(max_examples=100, deadline=None)
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


@settings(max_examples=200, deadline=None)
@given(TEXT | st.text(alphabet='/*,;q=.01a" '))
def test_accept_headers(accept: str) -> None:
    with contextlib.suppress(NotAcceptable):
        assert "*" not in ENCODER.negotiate(accept)


@settings(max_examples=200, deadline=None)
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
