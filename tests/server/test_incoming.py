from io import BytesIO

import pytest

from macaron_runner.errors import BodyTooLarge, InvalidParameter, RequestTimeout
from macaron_runner.server.incoming import Incoming, RecordedStream, encode_query, parse_cookies, raw_path


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"PATH_INFO": "/a", "RAW_URI": "/a"}, "/a"),
        ({"PATH_INFO": "/a", "RAW_URI": "/a?b=/c"}, "/a"),
        ({"PATH_INFO": "/a/b,c", "RAW_URI": "/a%2Fb%2Cc"}, "/a%2Fb%2Cc"),
        ({"PATH_INFO": "/a b", "REQUEST_URI": "/a%20b"}, "/a%20b"),
        ({"PATH_INFO": "/a", "RAW_URI": "http://host/a?x"}, "/a"),
        ({"PATH_INFO": "/", "RAW_URI": "http://host"}, "/"),
        ({"PATH_INFO": "/a%2F", "RAW_URI": "/m/a%252F", "SCRIPT_NAME": "/m"}, "/a%252F"),
        ({"PATH_INFO": "/caf\xc3\xa9"}, "/caf%C3%A9"),
        ({"PATH_INFO": "/caf\xc3\xa9", "RAW_URI": "/caf\xc3\xa9"}, "/caf%C3%A9"),
        ({"PATH_INFO": "/50% off"}, "/50%25%20off"),
        # What middleware has rewritten counts, not what the client sent.
        ({"PATH_INFO": "/public", "RAW_URI": "/secret"}, "/public"),
        ({"PATH_INFO": "/public", "RAW_URI": "/secret%2F"}, "/public"),
        ({"PATH_INFO": "*", "RAW_URI": "*"}, "*"),
        ({}, ""),
    ],
)
def test_raw_path(environ, path):
    assert raw_path(environ) == path


@pytest.mark.parametrize(
    ("query", "encoded"),
    [("a=%20b+c&d", "a=%20b+c&d"), ("a=\xc3\xa9", "a=%C3%A9"), ("\x80=1&b=2", "%80=1&b=2"), ("", "")],
)
def test_a_query_is_ascii(query, encoded):
    environ = {"QUERY_STRING": query}
    encode_query(environ)
    assert environ["QUERY_STRING"] == encoded


@pytest.mark.parametrize(
    ("text", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ('token="Bearer%20x"', {"token": '"Bearer%20x"'}),
        ("a=1; a=2", {"a": "1"}),
        ("a=b=c; ; =x; flag", {"a": "b=c", "": "x"}),
    ],
)
def test_cookies(text, cookies):
    assert parse_cookies(text) == cookies


def incoming(body: bytes, **environ: object) -> Incoming:
    return Incoming({"wsgi.input": BytesIO(body), **environ}, {})


def test_headers():
    request = incoming(b"", HTTP_X_SHOP_ID="7", CONTENT_TYPE="text/plain", HTTP_ACCEPT="*/*")
    assert request.header("x-shop-id") == "7"
    assert request.header("Content-Type") == "text/plain"
    assert request.header("Nope") is None
    assert request.accept == "*/*"
    assert request.cookies == {}


class TestBody:
    def test_is_read_once_and_kept_for_flask(self):
        request = incoming(b"abcdef", CONTENT_LENGTH="4")
        assert request.read_body(10) == b"abcd"
        assert request.environ["wsgi.input"].read() == b"abcd"

    def test_without_length_there_is_none(self):
        assert incoming(b"abc").read_body(10) == b""

    def test_chunked(self):
        request = incoming(b"abc", **{"wsgi.input_terminated": True})
        assert request.content_length is None
        assert request.read_body(3) == b"abc"

    def test_may_be_recorded(self):
        stream = RecordedStream(BytesIO(b"abcdef"))
        assert (stream.read(2), stream.read(2)) == (b"ab", b"cd")
        stream.rewind()
        assert (stream.read(3), stream.read(), stream.read(1)) == (b"abc", b"def", b"")

    def test_is_recorded_only_until_it_is_rewound(self):
        stream = RecordedStream(BytesIO(bytes(1000)))
        stream.read(2)
        stream.rewind()
        assert [len(stream.read(size)) for size in (1, 9, 900, 900)] == [1, 9, 900, 90]
        assert len(stream._heard) < 20

    @pytest.mark.parametrize("environ", [{"CONTENT_LENGTH": "11"}, {"wsgi.input_terminated": True}])
    def test_too_large(self, environ):
        with pytest.raises(BodyTooLarge):
            incoming(b"x" * 11, **environ).read_body(10)

    def test_cut_short(self):
        with pytest.raises(InvalidParameter):
            incoming(b"abc", CONTENT_LENGTH="4").read_body(10)

    @pytest.mark.parametrize("length", ["-1", "+1", "1e3", "x", "٣", "9" * 5000])
    def test_length_that_is_no_number(self, length):
        with pytest.raises(InvalidParameter):
            incoming(b"abc", CONTENT_LENGTH=length).read_body(10)

    @pytest.mark.parametrize(
        ("raised", "seen"), [(BlockingIOError(), RequestTimeout), (OSError("gone"), InvalidParameter)]
    )
    def test_connection_fails(self, raised, seen):
        class Broken:
            def read(self, size):
                raise raised

        with pytest.raises(seen):
            Incoming({"wsgi.input": Broken(), "CONTENT_LENGTH": "4"}, {}).read_body(10)
