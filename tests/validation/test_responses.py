"""Responses: what a handler returned, checked and written; and which media type an Accept header gets."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import decimal
import enum
import io
import json
import math
import time
import uuid
from collections import deque
from typing import Any

import pytest

from macaron_runner.errors import BadResponse, NotAcceptable
from macaron_runner.openapi.operation import Content, Header, Operation, Response
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.jsonable import NotJson, jsonable
from macaron_runner.validation.responses import Mode, ResponseEncoder, compile_responses
from tests.support.calls import calls

JSON = "application/json"
ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "secret": {"type": "string", "writeOnly": True}},
}


class Model:
    def __init__(self, **values: Any) -> None:
        self.values = values

    def to_json(self) -> dict[str, Any]:
        return self.values


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    at: datetime.date


def answering(*responses: Response, mode: Mode = "enforce", reports: Any = None) -> ResponseEncoder:
    operation = Operation("shop", "GET", "", "/x", "get", (), None, responses)
    encoder = compile_responses(operation, {}, mode, [].append if reports is None else reports.append)
    encoder.prepare()
    return encoder


def ok(schema: Any = None, media_type: str = JSON, status: str = "200") -> Response:
    return Response(status, "", (Content(media_type, schema),))


DAY = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 2.5, None, True, "é"]}, {"a": [1, 2.5, None, True, "é"]}),
        (Model(id=1), {"id": 1}),
        ([Model(id=1), {"x": Model(id=2)}], [{"id": 1}, {"x": {"id": 2}}]),
        (DAY, "2026-01-02T03:04:05Z"),
        (DAY.replace(tzinfo=None), "2026-01-02T03:04:05Z"),
        (DAY.astimezone(datetime.timezone(datetime.timedelta(hours=2))), "2026-01-02T05:04:05+02:00"),
        ({"d": DAY.date(), "t": DAY.time()}, {"d": "2026-01-02", "t": "03:04:05"}),
        (datetime.timedelta(seconds=1.5), 1.5),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([decimal.Decimal("1.10"), decimal.Decimal("3")], [1.1, 3]),
        (b"\xff\x00", "/wA="),
        ({Color.RED: Color.RED}, {"red": "red"}),
        ({1: 2}, {"1": 2}),
        ((1, (2,)), [1, [2]]),
        ([{1}, frozenset({2}), deque([3]), range(4, 5), {6: 7}.values()], [[1], [2], [3], [4], [7]]),
        ({Model(id=1)}, [{"id": 1}]),
        (Point(1, DAY.date()), {"x": 1, "at": "2026-01-02"}),
        ([2**70, -(2**70)], [2**70, -(2**70)]),
        (None, None),
    ],
)
@pytest.mark.parametrize("mode", ["enforce", "none"])
def test_values_are_written_as_json(value: Any, expected: Any, mode: Mode) -> None:
    encoder = answering(ok({}), mode=mode)
    assert json.loads(encoder.encode(value, 200, JSON)) == expected


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Model,
        {"a": object()},
        Model(values=object()),
        {("a",): 1},
        math.nan,
        {"a": [math.inf]},
        "\ud800",
        decimal.Decimal("NaN"),
    ],
)
@pytest.mark.parametrize("mode", ["enforce", "log", "none"])
def test_what_has_no_json_form_is_a_bad_response(value: Any, mode: Mode) -> None:
    with pytest.raises(BadResponse):
        answering(ok({}), mode=mode).encode(value, 200, JSON)


@pytest.mark.parametrize("schema", [None, {"type": "string"}])
@pytest.mark.parametrize("mode", ["enforce", "none"])
def test_a_text_that_is_no_unicode_is_a_bad_response(schema: Any, mode: Mode) -> None:
    with pytest.raises(BadResponse):
        answering(ok(schema, "text/plain"), mode=mode).encode("\ud800", 200, "text/plain")


@pytest.mark.parametrize("schema", [None, {}, {"type": "array", "items": {"type": "integer"}}])
def test_a_generator_is_read_once(schema: Any) -> None:
    result = (number for number in (1, 2**70))
    assert answering(ok(schema)).encode(result, 200, JSON) == b"[1,%d]" % 2**70


class Unwritable:
    def to_json(self) -> Any:
        raise ValueError("it holds a socket")


@pytest.mark.parametrize("value", [Unwritable(), [Unwritable()], {"a": (Unwritable(),)}])
@pytest.mark.parametrize("mode", ["enforce", "none"])
def test_a_model_that_cannot_be_written_is_a_bad_response(value: Any, mode: Mode) -> None:
    with pytest.raises(BadResponse) as caught:
        answering(ok({}), mode=mode).encode(value, 200, JSON)
    assert caught.value.errors[0].message == "the value has no JSON form: it holds a socket"


def test_a_value_that_contains_itself() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(NotJson, match="contains itself"):
        jsonable(value)


def test_a_broken_promise_by_mode() -> None:
    reports: list[BadResponse] = []
    with pytest.raises(BadResponse) as caught:
        answering(ok(ORDER)).encode({"id": "a"}, 200, JSON)
    assert [(one.pointer, one.message) for one in caught.value.errors] == [("/id", 'is not an integer: "a"')]
    assert "integer" not in caught.value.description  # the client learns nothing
    assert answering(ok(ORDER), mode="log", reports=reports).encode({"id": "a"}, 200, JSON) == b'{"id":"a"}'
    assert [one.errors for one in reports] == [caught.value.errors]
    assert answering(ok(ORDER), mode="none", reports=reports).encode({"id": "a"}, 200, JSON) == b'{"id":"a"}'
    assert len(reports) == 1


def test_the_response_direction_and_models() -> None:
    assert (
        answering(ok({**ORDER, "required": ["id", "secret"]})).encode(Model(id=1), 200, JSON) == b'{"id":1}'
    )


@pytest.mark.parametrize(
    ("status", "value", "fits"),
    [
        (200, 1, True),
        (200, "a", False),
        (404, "a", True),
        (404, 1, False),
        (500, True, True),
        (500, 1, False),
    ],
)
def test_the_response_is_chosen_by_status_range_or_default(status: int, value: Any, fits: bool) -> None:
    encoder = answering(
        ok({"type": "boolean"}, status="default"),
        ok({"type": "string"}, status="4XX"),
        ok({"type": "integer"}),
    )
    if fits:
        assert json.loads(encoder.encode(value, status, JSON)) == value
    else:
        with pytest.raises(BadResponse):
            encoder.encode(value, status, JSON)


def test_an_undeclared_status() -> None:
    with pytest.raises(BadResponse) as caught:
        answering(ok()).encode({}, 299, JSON)
    assert caught.value.errors[0].message == "the status 299 is not among the responses described"
    reports: list[BadResponse] = []
    assert answering(ok(), mode="log", reports=reports).encode({}, 299, JSON) == b"{}"
    assert len(reports) == 1
    assert answering(ok(), mode="none").encode(None, 299, JSON) == b""


@pytest.mark.parametrize("status", [204, 205, 304])
def test_an_undeclared_status_that_has_no_body(status: int) -> None:
    """It is no answer of this operation either (OpenAPI 3.1 section 4.8.16: the expected responses)."""
    with pytest.raises(BadResponse):
        answering(ok()).encode(None, status, JSON)
    reports: list[BadResponse] = []
    lenient = answering(ok(), mode="log", reports=reports)
    assert lenient.encode(None, status, JSON) == lenient.encode({"a": 1}, status, JSON) == b""
    assert len(reports) == 3
    assert lenient.answer(status, JSON).headers == ()


def test_responses_without_content() -> None:
    encoder = answering(Response("204"), Response("201"))
    assert encoder.encode(None, 204, JSON) == encoder.encode(None, 201, JSON) == b""
    for status in (204, 201):
        with pytest.raises(BadResponse):
            encoder.encode({"a": 1}, status, JSON)
    assert encoder.media_type(201, JSON) == ""
    lenient = answering(Response("204"), Response("201"), mode="log")
    assert lenient.encode({"a": 1}, 204, JSON) == b""
    assert lenient.encode({"a": 1}, 201, JSON) == b'{"a":1}'


def test_text_and_bytes() -> None:
    encoder = answering(ok({"type": "string", "maxLength": 3}, "text/plain"), ok({}, "image/png", "201"))
    assert encoder.encode("é", 200, "text/plain") == "é".encode()
    assert encoder.encode(b"\xff", 201, "image/png") == b"\xff"
    for value in ("long", {"a": 1}):
        with pytest.raises(BadResponse):
            encoder.encode(value, 200, "text/plain")


def test_each_status_has_its_own_media_types() -> None:
    encoder = answering(ok(None, "image/png"), ok(ORDER, "application/problem+json", "4XX"))
    assert encoder.negotiate("image/*") == "image/png"
    assert encoder.media_type(200, "image/png") == "image/png"
    assert encoder.media_type(404, "image/png") == "application/problem+json"
    assert encoder.encode({"id": 1}, 404, "image/png") == b'{"id":1}'
    assert encoder.media_type(500, "image/png") == JSON


@pytest.mark.parametrize(
    ("accept", "offered", "expected"),
    [
        (None, ["a/b", "c/d"], "a/b"),
        ("", ["a/b"], "a/b"),
        ("*/*", ["a/b", "c/d"], "a/b"),
        ("c/d", ["a/b", "c/d"], "c/d"),
        ("c/*, a/b;q=0.5", ["a/b", "c/d"], "c/d"),
        ("a/b;q=0.5, c/d;q=0.6", ["a/b", "c/d"], "c/d"),
        ("*/*;q=0.1, a/b;q=0", ["a/b", "c/d"], "c/d"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", [JSON], JSON),
        ("Application/JSON; charset=utf-8", [JSON], JSON),
        ("application/json;v=2", ["application/json;v=1", "application/json;v=2"], JSON),
        ("x/y", ["a/b"], None),
        ("a/b;q=0", ["a/b"], None),
        ("x/y", [], JSON),
        ("garbage", ["a/b"], "a/b"),
        ("image/png", ["image/*"], "application/octet-stream"),
        ("x/y", ["*/*"], JSON),
        ('a/b;t="x,y", c/d', ["c/d"], "c/d"),
        ('c/d, a/b;t="x', ["a/b", "c/d"], "c/d"),
    ],
)
def test_negotiation(accept: str | None, offered: list[str], expected: str | None) -> None:
    encoder = answering(Response("200", "", tuple(Content(name) for name in offered)))
    for _ in range(2):  # the second time it is remembered
        if expected is None:
            with pytest.raises(NotAcceptable, match="only a/b"):
                encoder.negotiate(accept)
        else:
            assert encoder.negotiate(accept) == expected


def test_headers_that_come_again_are_known_whatever_came_before() -> None:
    encoder = answering(Response("200", "", (Content("a/b"), Content("c/d"))))
    for number in range(200):
        encoder.negotiate(f"a/b, odd/{number}")
    first, then = (calls(lambda: encoder.negotiate("c/d, a/b;q=0.5")) for _ in range(2))
    assert then < first


@pytest.mark.parametrize("piece", ['\\"', '"', "\\", ';a=\\"', ";a=", ", "])
def test_a_header_that_is_made_to_be_slow_is_not(piece: str) -> None:
    encoder = answering(Response("200", "", (Content("a/b"),)))
    before = time.process_time()
    for number in range(10):
        with contextlib.suppress(NotAcceptable):
            encoder.negotiate(f'x/{number};t="' + piece * (8000 // len(piece)))
    assert time.process_time() - before < 1


def test_what_is_broken_is_logged_unless_told_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    operation = Operation("shop", "GET", "", "/x", "get", (), None, (ok(ORDER),))
    compile_responses(operation, {}, "log").encode({"id": "a"}, 200, JSON)
    assert caplog.messages == ['the answer breaks its description: /id is not an integer: "a"']


# Headers


COUNT = Header("X-Count", {"type": "integer"}, required=True)
SIZES = Header("X-Sizes", {"type": "array", "items": {"type": "integer"}})


@pytest.mark.parametrize(
    ("headers", "problems"),
    [
        ([("x-count", "1")], []),
        ([("X-Count", "1"), ("X-Sizes", "1,2"), ("X-Other", "x")], []),
        ([("X-Count", "1"), ("X-Sizes", "1"), ("X-Sizes", "2")], []),
        ([], [("/X-Count", "is required")]),
        (
            [("X-Count", "a"), ("X-Sizes", "1, b")],
            [("/X-Count", "is not an integer"), ("/X-Sizes", "is not an integer")],
        ),
    ],
)
def test_headers(headers: list[tuple[str, str]], problems: list[tuple[str, str]]) -> None:
    response = Response("2XX", content=(Content(JSON),), headers=(COUNT, SIZES))
    check = answering(response).answer(200, JSON).check_headers
    assert check is not None
    reports: list[BadResponse] = []
    reporting = answering(response, mode="log", reports=reports).answer(201, JSON).check_headers
    assert reporting is not None
    reporting(headers)
    found = [(one.pointer, one.message.partition(":")[0]) for error in reports for one in error.errors]
    assert found == problems
    if problems:
        with pytest.raises(BadResponse) as caught:
            check(headers)
        assert {one.location for one in caught.value.errors} == {"header"}
    else:
        check(headers)


def test_headers_that_nobody_looks_at() -> None:
    made_by_us = Header("X-Request-ID", {"type": "integer"}, required=True)
    response = Response("200", content=(Content(JSON),), headers=(made_by_us,))
    assert answering(response).answer(200, JSON).check_headers is None
    assert answering(ok()).answer(200, JSON).check_headers is None
    described = Response("200", content=(Content(JSON),), headers=(COUNT,))
    assert answering(described, mode="none").answer(200, JSON).check_headers is None
    empty = answering(Response("204", headers=(COUNT,))).answer(204, JSON)
    assert (empty.headers, empty.check_headers is None) == ((), False)


# Media types


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        (JSON, JSON),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv; charset=iso-8859-1", "text/csv; charset=iso-8859-1"),
        ("text/event-stream", "text/event-stream"),
        ("image/png", "image/png"),
    ],
)
def test_content_type(name: str, content_type: str) -> None:
    encoder = answering(Response("200", "", (Content(name),)))
    assert encoder.answer(200, encoder.negotiate(None)).headers == (("Content-Type", content_type),)


def test_text_is_written_in_its_charset() -> None:
    name = "text/plain; charset=ISO-8859-1"
    encoder = answering(Response("200", "", (Content(name),)))
    assert encoder.encode("é", 200, name) == b"\xe9"
    with pytest.raises(BadResponse) as caught:
        encoder.encode("€", 200, name)
    assert caught.value.errors[0].message == "the text is not ISO-8859-1"


def test_a_media_type_that_the_handler_chooses() -> None:
    response = Response("200", "", (Content(JSON, ORDER), Content("text/*", {"maxLength": 1})))
    encoder = answering(response)
    assert encoder.answer_as(200, "text/csv").write("a") == b"a"
    assert encoder.answer_as(200, "application/json; charset=utf-8").write({"id": 1}) == b'{"id":1}'
    for content_type, value in (
        ("text/csv", "ab"),
        ("image/png", b"x"),
        ("nonsense", b"x"),
        (JSON, {"id": "a"}),
    ):
        with pytest.raises(BadResponse):
            encoder.answer_as(200, content_type).write(value)
    reports: list[BadResponse] = []
    lenient = answering(response, mode="log", reports=reports)
    assert lenient.answer_as(200, "image/png").write(b"x") == b"x"
    assert [error.errors[0].message for error in reports] == [
        'the media type "image/png" is not among those of the response 200'
    ]
    assert answering(response, mode="none").answer_as(200, "image/png").write(b"x") == b"x"
    assert answering(Response("204")).answer_as(204, "image/png").write(None) == b""


def test_an_operation_that_describes_no_responses_promises_nothing() -> None:
    assert answering().encode({"a": 1}, 299, JSON) == b'{"a":1}'
    assert answering().encode(None, 200, JSON) == b""


# Streams


def test_what_is_made_piece_by_piece_is_sent_piece_by_piece() -> None:
    made = []

    def pieces() -> Any:
        for piece in ("é", b"b", "c"):
            made.append(piece)
            yield piece

    for media_type in ("text/plain", "application/octet-stream"):
        made.clear()
        stream = answering(ok({"type": "string"}, media_type)).encode(pieces(), 200, media_type)
        assert not isinstance(stream, bytes)
        assert made == []
        assert (next(stream), made) == ("é".encode(), ["é"])
        assert list(stream) == [b"b", b"c"]


def test_what_a_stream_comes_from_is_closed_with_it() -> None:
    closed = []

    def pieces() -> Any:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    stream = answering(ok(None, "image/png")).encode(pieces(), 200, "image/png")
    assert not isinstance(stream, bytes)
    assert next(stream) == b"a"
    stream.close()
    assert closed


def test_a_stream_that_fails_at_once_is_closed() -> None:
    class Failing:
        closed = False

        def __next__(self) -> bytes:
            raise LookupError

        def __iter__(self) -> Any:
            return self

        def close(self) -> None:
            self.closed = True

    failing = Failing()
    stream = answering(ok(None, "image/png")).encode(failing, 200, "image/png")
    assert not isinstance(stream, bytes)
    with pytest.raises(LookupError):
        stream.begin()
    assert failing.closed
    begun = answering(ok(None, "image/png")).encode(iter([b"a", b"b"]), 200, "image/png")
    assert not isinstance(begun, bytes)
    begun.begin()
    assert list(begun) == [b"a", b"b"]


def test_files_are_sent_in_pieces_and_closed() -> None:
    file = io.BytesIO(bytes(200_000))
    stream = answering(ok(None, "image/*")).encode(file, 200, "image/png")
    assert not isinstance(stream, bytes)
    sizes = [len(piece) for piece in stream]
    stream.close()
    assert (sum(sizes), max(sizes) < 100_000, file.closed) == (200_000, True, True)
    assert list(answering(ok(None, "text/csv")).encode(io.StringIO("é"), 200, "text/csv")) == ["é".encode()]


def test_a_piece_that_cannot_be_sent_ends_the_stream() -> None:
    stream = answering(ok(None, "image/png")).encode(iter([b"a", {"b": 1}]), 200, "image/png")
    assert not isinstance(stream, bytes)
    assert next(stream) == b"a"
    with pytest.raises(BadResponse):
        next(stream)


EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "string"}, "id": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("media_type", "schema", "items", "expected"),
    [
        ("application/jsonl", ORDER, [{"id": 1}, Model(id=2)], b'{"id":1}\n{"id":2}\n'),
        ("application/x-ndjson", None, [{"at": DAY.date()}], b'{"at":"2026-01-02"}\n'),
        ("application/json-seq", ORDER, [{"id": 1}], b'\x1e{"id":1}\n'),
        ("application/jsonl", ORDER, [b"as it is"], b"as it is"),
        ("application/jsonl", ORDER, [], b""),
        (
            "text/event-stream",
            EVENT,
            [{"data": "a\r\nb", "event": "sold", "id": 7}],
            b"event: sold\nid: 7\ndata: a\ndata: b\n\n",
        ),
        ("text/event-stream", EVENT, ["é", {"data": {"a": [1]}}], 'data: é\n\ndata: {"a":[1]}\n\n'.encode()),
        ("text/event-stream", None, [Model(retry=100), b": a comment\n\n"], b"retry: 100\n\n: a comment\n\n"),
    ],
)
def test_sequences(media_type: str, schema: Any, items: list[Any], expected: bytes) -> None:
    encoder = answering(Response("200", "", (Content(media_type, item_schema=schema),)))
    assert encoder.encode(items, 200, media_type) == expected
    stream = encoder.encode(iter(items), 200, media_type)
    assert not isinstance(stream, bytes)
    assert b"".join(stream) == expected
    if items and isinstance(items[0], dict):
        assert encoder.encode(items[0], 200, media_type) == encoder.encode(items[:1], 200, media_type)
    assert encoder.encode(None, 200, media_type) == b""
    assert encoder.encode("framed\n", 200, media_type) == b"framed\n"


@pytest.mark.parametrize(
    ("media_type", "schema", "wrong"),
    [
        ("application/jsonl", ORDER, {"id": "a"}),
        ("application/json-seq", ORDER, 1),
        ("application/jsonl", None, object()),
        ("text/event-stream", EVENT, {"event": "x"}),
        ("text/event-stream", None, {"data": "a", "event": "x\ndata: forged"}),
        ("text/event-stream", None, {"data": object()}),
    ],
)
def test_an_item_that_does_not_fit_ends_the_stream(media_type: str, schema: Any, wrong: Any) -> None:
    encoder = answering(Response("200", "", (Content(media_type, item_schema=schema),)))
    stream = encoder.encode(iter([{"id": 1, "data": "a"}, wrong]), 200, media_type)
    assert not isinstance(stream, bytes)
    assert next(stream)
    with pytest.raises(BadResponse):
        next(stream)
    with pytest.raises(BadResponse):
        encoder.encode([wrong], 200, media_type)


ROWS = {"type": "array", "items": {"$ref": "#/$defs/Row"}}


def test_a_schema_of_what_is_in_a_text_is_not_about_the_text() -> None:
    """Swagger 2.0 and OpenAPI describe rows of CSV, and an object of XML, by schemas that no text could fit."""
    encoder = answering(ok(ROWS, "text/csv"), ok({"type": "object"}, "text/xml", "201"))
    assert encoder.encode("a,b", 200, "text/csv") == b"a,b"
    assert encoder.encode("<a/>", 201, "text/xml") == b"<a/>"


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1}, ((5, b"5"), ("5", b"5")), (0, "0", "five", True, "5.5")),
        ({"type": "boolean"}, ((True, b"true"), ("false", b"false")), (1, "1", "True")),
        ({"type": "string", "maxLength": 3}, (("5", b"5"), ("abc", b"abc")), (5, "abcd")),
    ],
)
def test_numbers_and_booleans_as_text(schema: Any, good: Any, bad: Any) -> None:
    encoder = answering(ok(schema, "text/plain"))
    for value, expected in good:
        assert encoder.encode(value, 200, "text/plain") == expected
    for value in bad:
        with pytest.raises(BadResponse):
            encoder.encode(value, 200, "text/plain")


def test_all_items_of_a_sequence_together() -> None:
    """`schema` is about the complete content, treated as an array (OpenAPI 3.2, "Sequential Media Types")."""
    lines = "application/jsonl"
    content = Content(lines, {"minItems": 2, "uniqueItems": True}, item_schema={"type": "integer"})
    encoder = answering(Response("200", content=(content,)))
    assert encoder.encode([1, 2], 200, lines) == b"1\n2\n"
    for wrong in ([1], [1, 1], [1, "2"], []):
        with pytest.raises(BadResponse):
            encoder.encode(wrong, 200, lines)
    assert encoder.encode([b"1\n"], 200, lines) == b"1\n"
    whole = answering(ok({"type": "array", "items": {"type": "integer"}}, lines))
    with pytest.raises(BadResponse):
        whole.encode(["a"], 200, lines)


@pytest.mark.parametrize("levels", [254, 255, 900])
def test_what_was_read_can_be_written(levels: int) -> None:
    """However deep a request's value is (RFC 8259 section 9 leaves the limit to us), a handler may return it."""
    encoder = answering(ok({}))
    for raw in (b"[" * levels + b"]" * levels, b'{"a":' * levels + b"1" + b"}" * levels):
        assert encoder.encode(read_json(raw), 200, JSON) == raw
