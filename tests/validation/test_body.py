"""Bodies: media types, JSON exactly, forms, multipart, text and bytes."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from macaron_runner.errors import InvalidParameter, UnsupportedMediaType
from macaron_runner.openapi.operation import Body, Content, Encoding, Header, Operation
from macaron_runner.validation.body import BodyDecoder, compile_body
from macaron_runner.validation.problems import Finding, Unusable
from tests.support.calls import calls

INTEGER = {"type": "integer"}
ORDER = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "qty": INTEGER}}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"


def same(_: Any) -> Any:
    return lambda value: value


def taking(*contents: Content, required: bool = True, adapt: Any = same) -> BodyDecoder:
    operation = Operation("shop", "POST", "", "/x", "make", (), Body(required, contents), ())
    decoder = compile_body(operation, {}, adapt)
    decoder.prepare()
    return decoder


def decode(decoder: BodyDecoder, content_type: str | None, raw: bytes) -> Any:
    return decoder(content_type, len(raw), lambda: raw)


def refused(decoder: BodyDecoder, content_type: str | None, raw: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InvalidParameter) as caught:
        decode(decoder, content_type, raw)
    assert {detail.location for detail in caught.value.errors} == {"body"}
    return [(detail.pointer, detail.message) for detail in caught.value.errors]


@pytest.mark.parametrize(
    ("offered", "given", "accepted"),
    [
        (JSON, JSON, True),
        (JSON, "Application/JSON; Charset=UTF-8", True),
        (JSON, 'application/json;charset="utf-8"', True),
        (JSON, "application/json; charset=latin-1", False),
        (JSON, "text/json", False),
        (JSON, "application/vnd.shop+json", False),
        (JSON, "nonsense", False),
        (JSON, "text/plain", False),
        ("application/json; charset=utf-8", JSON, True),
        ("application/vnd.shop+json", "application/vnd.shop+json; v=1", True),
        ("application/vnd.shop+json; v=2", "application/vnd.shop+json; v=1", False),
        ("application/*", "application/problem+json", True),
        ("application/*+json", "application/problem+json", True),
        ("application/*+json", "application/xml", False),
        ("*/*", "anything/at-all", True),
    ],
)
def test_media_types(offered: str, given: str, accepted: bool) -> None:
    decoder = taking(Content(offered))
    if accepted:
        assert decode(decoder, given, b"{}") in ({}, b"{}")
    else:
        with pytest.raises(UnsupportedMediaType):
            decode(decoder, given, b"{}")


def test_headers_that_come_again_are_known_whatever_came_before() -> None:
    decoder = taking(Content(JSON))
    for number in range(200):
        decode(decoder, f"{JSON}; odd={number}", b"{}")
    again = f"{JSON}; charset=utf-8"
    first, then = (calls(lambda: decode(decoder, again, b"{}")) for _ in range(2))
    assert then < first
    assert calls(lambda: decode(decoder, JSON, b"{}")) < then


def test_what_is_accepted_is_told() -> None:
    with pytest.raises(
        UnsupportedMediaType, match='"text/plain" is not accepted here, only application/json, text/csv'
    ):
        decode(taking(Content(JSON), Content("text/csv")), "text/plain", b"x")


def test_the_closest_media_type_decides() -> None:
    decoder = taking(
        Content("*/*"), Content("application/*", INTEGER), Content("text/plain", {"maxLength": 1})
    )
    assert decode(decoder, "application/x+json", b"5") == 5
    assert refused(decoder, "text/plain", b"ab") == [("", 'is longer than 1 character: "ab"')]
    assert decode(decoder, "image/png", b"ab") == b"ab"


def test_a_wrong_body_is_told_with_places() -> None:
    decoder = taking(Content(JSON, ORDER))
    assert decode(decoder, JSON, b'{"sku": "a", "qty": 1.0}') == {"sku": "a", "qty": 1.0}
    assert refused(decoder, JSON, b'{"qty": "a"}') == [
        ("", '"sku" is required'),
        ("/qty", 'is not an integer: "a"'),
    ]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "is not JSON: line 1, column 2"),
        (b'{"a": 1,\n "b": }', "is not JSON: line 2, column 7"),
        (b"[NaN]", "is not JSON: line 1, column 2"),
        (b"[1e999]", "holds a number that is too large: line 1, column 2"),
        (b"\xff", "is not UTF-8 text: line 1, column 1"),
        (b"\xef\xbb\xbf1", "begins with a byte order mark, which JSON has not: line 1, column 1"),
        (b'["\\ud800"]', "holds half a character (a lone surrogate): line 1, column 3"),
        (b'["\\udc00\\ud800"]', "holds half a character (a lone surrogate): line 1, column 3"),
        (b'["\xed\xa0\x80"]', "is not UTF-8 text: line 1, column 1"),
        (b"[Infinity]", "is not JSON: line 1, column 2"),
        (b"[-1e400]", "holds a number that is too large: line 1, column 2"),
        (b"[" * 2000 + b"]" * 2000, "is nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "holds a number that is too large: line 1, column 2"),
        (b" ", "is not JSON: line 1, column 1"),
    ],
)
def test_malformed_json(raw: bytes, message: str) -> None:
    assert refused(taking(Content(JSON)), JSON, raw) == [("", message)]


REPEATED = "has the key {} twice in one object: line {}, column {}"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a":1,"a":1}', REPEATED.format('"a"', 1, 8)),
        (b'{"a": 1, "b": 2,\n "a": 1}', REPEATED.format('"a"', 2, 2)),
        (b'{"a" :1,"a"\t:2}', REPEATED.format('"a"', 1, 9)),
        (b'[{}, {"x": [{"a": {}, "b": 0, "a": null}]}]', REPEATED.format('"a"', 1, 31)),
        (b'{"a":1,"\\u0061":"x"}', REPEATED.format('"a"', 1, 8)),
        (b'{"a":"\\u003a","a":""}', REPEATED.format('"a"', 1, 15)),
        (b'{"a":"\\u003A","a":"\\u003A"}', REPEATED.format('"a"', 1, 15)),
        (b'{"a":"::","a":"\\u003a\\u003a\\u003a"}', REPEATED.format('"a"', 1, 11)),
        (b'{"":1,"":1}', REPEATED.format('""', 1, 7)),
        (b'{"a:":1,"a:":1}', REPEATED.format('"a:"', 1, 9)),
        (b'{"a":' * 300 + b'{"b":1,"b":2}' + b"}" * 300, REPEATED.format('"b"', 1, 1508)),
        (b'{"a": 1, "a": "' + b"x" * 70_000 + b'"}', "has a key twice in one object"),
        (b'{"a": ' + b"1" * 30 + b', "a": 1}', REPEATED.format('"a"', 1, 39)),
    ],
)
def test_no_key_stands_twice(raw: bytes, message: str) -> None:
    assert refused(taking(Content(JSON)), JSON, raw) == [("", message)]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}',
        b'{"a": "\\": \\"a\\":", "b": ":", "\\u003a": ":", "A": 1}',
        b'{"a:": 1.50, "a": 1E2, "b": "\\u003a\\/"}',
        b"[1.0, 1e2, -0, 12345678901234567890123]",
        b'{"a":' * 300 + b'":"' + b"}" * 300,
        '{"é": "\\u00e9", "e\u0301": 1}'.encode(),
        b":".join([b'"', b'"']),
    ],
)
def test_equal_keys_of_different_objects_are_no_repetition(raw: bytes) -> None:
    assert decode(taking(Content(JSON)), JSON, raw) == json.loads(raw)


def test_a_long_number_deep_inside_is_exact_or_refused() -> None:
    # How deep Python's own parser, which is exact, goes depends on Python's version.
    decoder = taking(Content(JSON))
    raw = b"[" * 1000 + b"1" * 30 + b"]" * 1000
    try:
        value = decode(decoder, JSON, raw)
    except InvalidParameter:
        assert refused(decoder, JSON, raw) == [("", "is nested too deeply")]
    else:
        while isinstance(value, list):
            (value,) = value
        assert value == int("1" * 30)


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, -(2**64), 10**40, -(10**40)])
def test_integers_are_exact(number: int) -> None:
    value = decode(taking(Content(JSON, INTEGER)), JSON, str(number).encode())
    assert value == number
    assert type(value) is int


def test_digits_in_texts_change_nothing() -> None:
    raw = b'{"sku": "12345678901234567890123", "x": 0.12345678901234567890123}'
    assert decode(taking(Content(JSON, ORDER)), JSON, raw) == {
        "sku": "12345678901234567890123",
        "x": 0.12345678901234568,
    }


def test_absent_bodies() -> None:
    def never() -> bytes:
        raise AssertionError("there is nothing to read")

    assert taking(Content(JSON), required=False)(None, 0, never) is None
    assert decode(taking(Content(JSON), required=False), JSON, b"") is None
    assert taking(Content(JSON), required=False)(None, None, lambda: b"") is None
    assert refused(taking(Content(JSON)), None, b"") == [("", "a body is required")]
    assert refused(taking(Content(JSON)), JSON, b"") == [("", "a body is required")]
    assert decode(taking(Content("text/plain")), "text/plain", b"") == ""
    nothing = compile_body(Operation("shop", "GET", "", "/x", "get", (), None, ()), {}, same)
    assert nothing(JSON, 5, never) is None
    assert not nothing.takes_body


def test_a_body_without_content_type_is_json_or_bytes() -> None:
    assert decode(taking(Content(JSON), Content("*/*")), None, b"[1]") == [1]
    assert decode(taking(Content("application/octet-stream")), None, b"[1]") == b"[1]"
    with pytest.raises(UnsupportedMediaType, match="a body without Content-Type is not accepted here"):
        decode(taking(Content("text/plain")), None, b"[1]")


def test_text_and_bytes() -> None:
    assert decode(taking(Content("text/plain")), "text/plain", "é".encode()) == "é"
    assert refused(taking(Content("text/plain")), "text/plain", b"\xff") == [("", "is not UTF-8 text")]
    assert (
        decode(taking(Content("image/*", {"type": "string", "format": "binary"})), "image/png", b"\xff")
        == b"\xff"
    )
    assert decode(taking(Content("application/xml", ORDER)), "application/xml", b"<a/>") == b"<a/>"


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("UTF-8", b"\xc3\xa9", "é"),
        ("iso-8859-1", b"\xe9", "é"),
        ('"Windows-1252"', b"\x80", "€"),
        ("utf-16", "é".encode("utf-16"), "é"),
        ("us-ascii", b"e", "e"),
        ("shift_jis", "日".encode("shift_jis"), "日"),
        ("us-ascii", b"\xe9", None),
    ],
)
def test_text_in_charsets(charset: str, raw: bytes, text: str | None) -> None:
    decoder = taking(Content("text/*", {"type": "string"}))
    if text is None:
        assert refused(decoder, f"text/csv; charset={charset}", raw) == [("", "is not US-ASCII text")]
    else:
        assert decode(decoder, f"text/csv; charset={charset}", raw) == text


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset=nonsense",
        "text/plain; charset=utf-7",
        "text/plain; charset=base64",
        "text/plain; charset=unicode_escape",
        "text/plain; charset=é",
        f"{FORM}; charset=iso-8859-1",
        "application/jsonl; charset=utf-16",
        "application/vnd.a+json; charset=utf-16",
    ],
)
def test_charsets_that_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="in the charset") as caught:
        decode(taking(Content("*/*"), Content(FORM)), content_type, b"x")
    assert caught.value.headers == {"Accept": f"*/*, {FORM}"}


def test_bytes_may_be_text_in_any_charset() -> None:
    given = "application/xml; charset=iso-8859-1"
    assert decode(taking(Content("application/xml")), given, b"<a>\xe9</a>") == b"<a>\xe9</a>"


JSONL, JSON_SEQ = "application/jsonl", "application/json-seq"


@pytest.mark.parametrize(
    ("media_type", "raw", "expected"),
    [
        (JSONL, b'{"sku": "a"}\n{"sku": "b"}\r\n\n', [{"sku": "a"}, {"sku": "b"}]),
        (JSONL, b"\n", []),
        (JSON_SEQ, b'\x1e{"sku":\n "a"}\n\x1e{"sku": "b"}\n', [{"sku": "a"}, {"sku": "b"}]),
        (JSONL, b'{"sku": "a"}\n{"qty": 1}', [("/1", '"sku" is required')]),
        (JSONL, b'{"sku": "a"}\n{', [("", "item 2 is not JSON: line 1, column 2")]),
        (JSON_SEQ, b"\x1e1", [("/0", "is not an object: 1")]),
    ],
)
def test_sequences(media_type: str, raw: bytes, expected: Any) -> None:
    decoder = taking(Content(media_type, item_schema=ORDER))
    if expected and isinstance(expected[0], tuple):
        assert refused(decoder, media_type, raw) == expected
    else:
        assert decode(decoder, media_type, raw) == expected


def test_a_sequence_and_its_items_may_both_be_described() -> None:
    decoder = taking(Content(JSONL, {"type": "array", "maxItems": 1}, item_schema=INTEGER))
    assert decode(decoder, JSONL, b"1") == [1]
    assert [pointer for pointer, _ in refused(decoder, JSONL, b"1\n2")] == [""]
    assert [pointer for pointer, _ in refused(decoder, JSONL, b"true")] == ["/0"]


def streaming(*contents: Content, required: bool = True) -> BodyDecoder:
    operation = Operation(
        "shop", "POST", "", "/x", "make", (), Body(required, contents), (), extensions={"x-stream-body": True}
    )
    return compile_body(operation, {}, same)


def test_a_streamed_body_is_a_file_of_an_accepted_type() -> None:
    decoder = streaming(Content("image/*"), Content("application/octet-stream"))
    assert decoder.streams
    for content_type in ("image/png", None):
        file = BytesIO(b"abc")
        assert decoder.open(content_type, 3, lambda file=file: file) is file
        assert file.tell() == 0
    with pytest.raises(UnsupportedMediaType):
        decoder.open("text/plain", None, lambda: BytesIO(b"abc"))
    with pytest.raises(UnsupportedMediaType):
        streaming(Content("image/png")).open(None, 3, lambda: BytesIO(b"abc"))
    with pytest.raises(InvalidParameter):
        decoder.open("image/png", 0, lambda: BytesIO(b""))
    assert streaming(Content("image/*"), required=False).open("image/png", None, lambda: None) is None


def test_the_value_is_adapted_and_what_python_cannot_hold_is_the_clients_error() -> None:
    assert decode(taking(Content(JSON, INTEGER), adapt=lambda _: lambda value: value + 1), JSON, b"1") == 2

    def refuse(_: Any) -> Any:
        raise Unusable([Finding(("a/b", 0), "", "is not of this world")])

    decoder = taking(Content(JSON, INTEGER), adapt=lambda _: refuse)
    assert refused(decoder, JSON, b"1") == [("/a~1b/0", "is not of this world")]


FIELDS: dict[str, Any] = {
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string"},
        "qty": INTEGER,
        "gift": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "ids": {"type": "array", "items": INTEGER},
        "at": {"type": "object", "properties": {"x": INTEGER}},
        "deep": {"type": "object", "properties": {"x": INTEGER}},
    },
}
ENCODING = {"ids": Encoding(style="pipeDelimited", explode=False), "deep": Encoding(style="deepObject")}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"sku=a+b&qty=2&gift=true", {"sku": "a b", "qty": 2, "gift": True}),
        (b"sku=%C3%A9&tags=a&tags=b", {"sku": "é", "tags": ["a", "b"]}),
        (b"sku=a&ids=1|2", {"sku": "a", "ids": [1, 2]}),
        (b"sku=a&at=%7B%22x%22%3A1%7D", {"sku": "a", "at": {"x": 1}}),
        (b"sku=a&deep[x]=1", {"sku": "a", "deep": {"x": 1}}),
        (b"sku=a&other=1&more=1&more=2", {"sku": "a", "other": "1", "more": ["1", "2"]}),
    ],
)
def test_forms(raw: bytes, expected: Any) -> None:
    assert decode(taking(Content(FORM, FIELDS, ENCODING)), FORM, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"qty=x", [("/qty", 'is not an integer: "x"'), ("", '"sku" is required')]),
        (b"sku=a&sku=b", [("/sku", "is given 2 times")]),
        (
            b"sku=%FF&at={",
            [("/sku", "is not percent-encoded UTF-8"), ("/at", "is not JSON: line 1, column 2")],
        ),
        (b"", [("", '"sku" is required')]),
    ],
)
def test_wrong_forms(raw: bytes, expected: Any) -> None:
    found = refused(taking(Content(FORM, FIELDS)), FORM, raw)
    assert sorted(found) == sorted(expected)


def part(head: str, data: bytes) -> bytes:
    return f"--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"


FILE = {"type": "string", "format": "binary", "maxLength": 100}
UPLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": FILE, "pages": {"type": "array", "items": FILE},
        "qty": INTEGER, "ids": {"type": "array", "items": INTEGER},
        "at": {"type": "object", "properties": {"x": INTEGER}}, "note": {"type": "string"},
    },
}  # fmt: skip


def test_multipart() -> None:
    raw = b"".join([
        part('name="file"; filename="a.bin"\r\nContent-Type: image/png', b"\x00\xff\r\n--X"),
        part('name="pages"; filename="1"', b"one"), part('name="pages"', b"two"),
        part('name="qty"', b"2"), part('name="ids"', b"1"), part('name="ids"', b"2"),
        part('name="at"\r\nContent-Type: application/json', b'{"x": 1}'), part('name="note"', "é".encode()),
        b"--XX--\r\n",
    ])  # fmt: skip
    value = decode(taking(Content("multipart/form-data", UPLOAD)), MULTIPART, raw)
    file, pages = value.pop("file"), value.pop("pages")
    assert (file.filename, file.content_type, file.read()) == ("a.bin", "image/png", b"\x00\xff\r\n--X")
    assert [page.read() for page in pages] == [b"one", b"two"]
    assert value == {"qty": 2, "ids": [1, 2], "at": {"x": 1}, "note": "é"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            part('name="qty"', b"x") + b"--XX--",
            [("", '"file" is required'), ("/qty", 'is not an integer: "x"')],
        ),
        (part('name="note"', b"\xff") + b"--XX--", [("/note", "is not UTF-8 text")]),
        (part('name="note"', b"a") * 2 + b"--XX--", [("/note", "is given more than once")]),
        (part('name="at"', b"{") + b"--XX--", [("/at", "is not JSON: line 1, column 2")]),
        (part('name="note"', b"a"), [("", "is not well-formed multipart/form-data")]),
        (part("filename=a", b"a") + b"--XX--", [("", "is not well-formed multipart/form-data")]),
        (b"nothing", [("", "is not well-formed multipart/form-data")]),
        (part('name="x"', b"") * 1001 + b"--XX--", [("", "has more than 1000 parts")]),
    ],
)
def test_wrong_multipart(raw: bytes, expected: Any) -> None:
    assert sorted(refused(taking(Content("multipart/form-data", UPLOAD)), MULTIPART, raw)) == sorted(expected)


def test_multipart_asks_for_a_boundary_and_for_the_media_types_described() -> None:
    encoding = {"file": Encoding(content_type="image/png, image/jpeg")}
    decoder = taking(Content("multipart/form-data", UPLOAD, encoding))
    assert refused(decoder, "multipart/form-data", b"x") == [("", "the Content-Type has no boundary")]
    raw = part('name="file"; filename="a"\r\nContent-Type: text/html', b"x") + b"--XX--"
    assert refused(decoder, MULTIPART, raw) == [
        ("/file", "is of the media type text/html, not image/png, image/jpeg")
    ]


def test_parts_are_what_they_say() -> None:
    encoding = {
        "pages": Encoding(
            content_type="image/png, image/*;q=0.5", headers=(Header("X-Page", INTEGER, required=True),)
        ),
        "meta": Encoding(content_type="application/json"),
    }
    schema = {**UPLOAD, "properties": {**UPLOAD["properties"], "meta": {"type": "array", "items": INTEGER}}}
    decoder = taking(Content("multipart/form-data", schema, encoding))
    png = "\r\nContent-Type: image/png"
    raw = b"".join([
        part('name="file"; filename="a"', b"x"), part('name="meta"', b"[1, 2]"),
        part(f'name="pages"; filename="1"{png}\r\nx-page: 1', b"one"),
        part('name="pages"; filename="2"\r\nContent-Type: image/gif\r\nX-Page: 2', b"two"),
        part('name="note"\r\nContent-Type: text/plain; charset=iso-8859-1', b"\xe9"), b"--XX--",
    ])  # fmt: skip
    value = decode(decoder, MULTIPART, raw)
    assert [(page.content_type, page.filename, page.read()) for page in value["pages"]] == [
        ("image/png", "1", b"one"),
        ("image/gif", "2", b"two"),
    ]
    assert (value["meta"], value["note"]) == ([1, 2], "é")
    for head, message in (
        (f'name="pages"; filename="1"{png}', "has a header X-Page that does not fit: it is required"),
        (
            f'name="pages"; filename="1"{png}\r\nX-Page: x',
            'has a header X-Page that does not fit: it is not an integer: "x"',
        ),
    ):
        raw = part('name="file"; filename="a"', b"x") + part(head, b"one") + b"--XX--"
        assert refused(decoder, MULTIPART, raw) == [("/pages", message)]
    raw = (
        part('name="file"', b"x")
        + part('name="note"\r\nContent-Type: text/plain; charset=x', b"a")
        + b"--XX--"
    )
    assert refused(decoder, MULTIPART, raw) == [("/note", 'is in the charset "x", which is not known')]


def test_a_file_nobody_chose_was_not_sent() -> None:
    """Browsers send an empty name and nothing; an empty file, or a file without a name, is a file."""
    decoder = taking(Content("multipart/form-data", UPLOAD))
    nothing = part('name="file"; filename=""\r\nContent-Type: application/octet-stream', b"")
    assert refused(decoder, MULTIPART, nothing + b"--XX--") == [("", '"file" is required')]
    pages = part('name="pages"; filename=""', b"")
    raw = part('name="file"; filename="empty"', b"") + pages + b"--XX--"
    value = decode(decoder, MULTIPART, raw)
    assert (list(value), value["file"].filename, value["file"].read()) == (["file"], "empty", b"")
    nameless = part('name="file"', b"abc") + part('name="pages"; filename=""', b"1") + b"--XX--"
    value = decode(decoder, MULTIPART, nameless)
    assert (value["file"].filename, value["file"].read(), len(value["pages"])) == (None, b"abc", 1)


@pytest.mark.parametrize(
    ("additional", "expected"),
    [
        (True, {"a": ["1", "2"], "b": "x"}),
        (False, [("/a", "unknown property"), ("/b", "unknown property")]),
        ({"type": "array", "items": INTEGER}, [("/b/0", 'is not an integer: "x"')]),
        ({"type": "string"}, [("/a", "is given")]),
    ],
)
@pytest.mark.parametrize("media_type", [FORM, MULTIPART])
def test_what_no_property_names(additional: Any, expected: Any, media_type: str) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": additional}
    decoder = taking(Content(media_type.partition(";")[0], schema))
    raw = b"a=1&a=2&b=x"
    if media_type == MULTIPART:
        raw = part('name="a"', b"1") + part('name="a"', b"2") + part('name="b"', b"x") + b"--XX--"
    if isinstance(expected, dict):
        assert decode(decoder, media_type, raw) == expected
        return
    for (pointer, message), (wanted, beginning) in zip(
        refused(decoder, media_type, raw), expected, strict=True
    ):
        assert (pointer, message[: len(beginning)]) == (wanted, beginning)


def test_other_files_of_a_form() -> None:
    schema = {"type": "object", "additionalProperties": FILE}
    decoder = taking(Content("multipart/form-data", schema))
    value = decode(
        decoder, MULTIPART, part('name="a"', b"1") + part('name="b"; filename="b"', b"2") + b"--XX--"
    )
    assert {name: file.read() for name, file in value.items()} == {"a": b"1", "b": b"2"}


@pytest.mark.parametrize("accepted", ["*/*", "application/*"])
@pytest.mark.parametrize("given", ["application/octet-stream", FORM])
def test_bytes_do_not_pass_by_the_schema_of_a_range(accepted: str, given: str) -> None:
    decoder = taking(Content(accepted, ORDER))
    assert decode(decoder, JSON, b'{"sku": "a"}') == {"sku": "a"}
    with pytest.raises(UnsupportedMediaType) as caught:
        decode(decoder, given, b'{"sku": 1}')
    assert caught.value.headers == {"Accept": JSON}
    assert decode(taking(Content(accepted, {"type": "string"})), given, b"a=b") == b"a=b"


@pytest.mark.parametrize("levels", [300, 900])
def test_a_part_may_be_nested_as_deeply_as_any_json(levels: int) -> None:
    raw = b'--XX\r\nContent-Disposition: form-data; name="lines"\r\n\r\n'
    raw += b"{" + b'"a":{' * levels + b"}" * levels + b"}\r\n--XX--\r\n"
    decoder = taking(Content("multipart/form-data", {"properties": {"lines": {"type": "object"}}}))
    found = decode(decoder, MULTIPART, raw)["lines"]
    for _ in range(levels):
        found = found["a"]
    assert found == {}


def test_a_schema_of_what_is_in_a_text_is_not_about_the_text() -> None:
    assert decode(taking(Content("text/csv", {"type": "array"})), "text/csv", b"a,b") == "a,b"
    assert decode(taking(Content("text/xml", {"type": "object"})), "text/xml", b"<a/>") == "<a/>"


def test_numbers_and_booleans_as_text() -> None:
    decoder = taking(Content("text/plain", {"type": "integer", "minimum": 1}))
    assert decode(decoder, "text/plain", b"5") == 5
    assert refused(decoder, "text/plain", b"0") == [("", "is less than 1: 0")]
    assert refused(decoder, "text/plain", b"five") == [("", 'is not an integer: "five"')]
    assert decode(taking(Content("text/plain", {"type": "boolean"})), "text/plain", b"true") is True
    assert decode(taking(Content("text/plain", {"type": "string"})), "text/plain", b"5") == "5"
    assert decode(taking(Content("text/plain", {"maxLength": 3})), "text/plain", b"5") == "5"
