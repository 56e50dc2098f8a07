"""Compressed bodies of requests: taken off within the limit, whole or as they are read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO
from random import Random

import pytest

from macaron_runner.errors import BodyTooLarge, InvalidParameter, UnsupportedMediaType
from macaron_runner.server.incoming import Incoming

TEXT = bytes(Random(1).choices(b"abcdefgh", k=50_000))


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # names of tests must not tell the time


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def request(body: bytes, coding: str, *, chunked: bool = False) -> Incoming:
    length = {"wsgi.input_terminated": True} if chunked else {"CONTENT_LENGTH": str(len(body))}
    return Incoming({"wsgi.input": BytesIO(body), "HTTP_CONTENT_ENCODING": coding, **length}, {})


def read_whole(incoming: Incoming) -> bytes:
    return incoming.read_body(len(TEXT))


def read_in_pieces(incoming: Incoming) -> bytes:
    file = incoming.open_body()
    assert file is not None
    return b"".join(iter(lambda: file.read(777), b""))


either = pytest.mark.parametrize("read", [read_whole, read_in_pieces])
Read = Callable[[Incoming], bytes]


@either
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", zipped(TEXT)),
        ("X-GZip", zipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("identity", TEXT),
        ("", TEXT),
        ("deflate, gzip", zipped(zlib.compress(TEXT))),
        ("gzip", zipped(TEXT[:9]) + zipped(TEXT[9:])),
    ],
)
def test_codings(read: Read, coding: str, body: bytes, chunked: bool) -> None:
    assert read(request(body, coding, chunked=chunked)) == TEXT


def test_flask_sees_the_body_without_its_coding() -> None:
    incoming = request(zipped(TEXT), "gzip")
    assert incoming.read_body(len(TEXT)) == incoming.environ["wsgi.input"].read()
    assert incoming.environ["CONTENT_LENGTH"] == str(len(TEXT))
    assert "HTTP_CONTENT_ENCODING" not in incoming.environ


@either
@pytest.mark.parametrize("coding", ["br", "gzip, zstd", "gzip, gzip, gzip", "*"])
def test_codings_that_are_not_known(read: Read, coding: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="only gzip and deflate") as caught:
        read(request(b"x", coding))
    assert caught.value.headers == {"Accept-Encoding": "gzip, deflate"}


@either
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"no gzip"),
        ("gzip", zipped(TEXT)[:-1]),
        ("gzip", zipped(TEXT)[:-6] + b"xxxxxx"),
        ("gzip", zipped(TEXT)[:30]),
        ("gzip", zipped(TEXT) + b"more"),
        ("deflate", b"no deflate"),
        ("deflate", zlib.compress(TEXT)[:-1]),
        ("deflate", zlib.compress(TEXT) + b"more"),
    ],
)
def test_broken_bodies(read: Read, coding: str, body: bytes) -> None:
    with pytest.raises(InvalidParameter, match=r"is not (gzip|deflate) as its Content-Encoding says"):
        read(request(body, coding))


def test_no_bomb_is_unpacked_beyond_the_limit() -> None:
    bomb = zipped(zipped(bytes(50_000_000)))
    assert len(bomb) < 1000
    for coding in ("gzip", "gzip, gzip"):
        limit = 100 if coding == "gzip" else 1_000_000
        with pytest.raises(BodyTooLarge):
            request(bomb, coding).read_body(limit)
    assert request(zipped(b"x" * 100), "gzip").read_body(100) == b"x" * 100
    with pytest.raises(BodyTooLarge):
        request(zipped(b"x" * 101), "gzip").read_body(100)


def test_many_empty_members_are_refused() -> None:
    with pytest.raises(InvalidParameter):
        request(zipped(b"") * 10_000, "gzip").read_body(1_000_000)


def test_a_stream_is_read_only_as_far_as_asked() -> None:
    source = BytesIO(bytes(10_000_000))
    file = Incoming({"wsgi.input": source, "CONTENT_LENGTH": "10000000"}, {}).open_body()
    assert file is not None
    assert len(file.read(10)) == 10
    assert source.tell() < 100_000


def test_a_stream_that_is_cut_short() -> None:
    file = Incoming({"wsgi.input": BytesIO(b"abc"), "CONTENT_LENGTH": "4"}, {}).open_body()
    assert file is not None
    with pytest.raises(InvalidParameter, match="shorter than announced"):
        file.read()


def test_no_body_no_stream() -> None:
    assert Incoming({"wsgi.input": BytesIO(b"")}, {}).open_body() is None
    assert Incoming({"wsgi.input": BytesIO(b""), "CONTENT_LENGTH": "0"}, {}).open_body() is None
