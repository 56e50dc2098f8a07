"""Requests that are nearly right: each begins as one an operation takes, and is then broken in a few places.

Not for what an answer must be like (judgement).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from hypothesis import strategies as st

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as bytes; `target` is what stands between the method and the version."""

    method: bytes
    target: bytes
    headers: Headers = ()
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """Return what goes over the wire; the connection ends with the answer."""
        lines = [b"%s %s HTTP/1.1" % (self.method, self.target), b"Host: fuzzed", b"Connection: close"]
        lines += [b"%s: %s" % header for header in self.headers]
        return b"\r\n".join([*lines, b"", self.body])

    def to_environ(self) -> dict[str, Any]:
        """Return the environment (PEP 3333) that a server makes of it, without `wsgi.*`."""
        path, _, query = self.target.partition(b"?")
        environ = {
            "REQUEST_METHOD": self.method.decode("latin-1"),
            "RAW_URI": self.target.decode("latin-1"),
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
        }
        for raw_name, value in self.headers:
            name = raw_name.decode("latin-1").upper().replace("-", "_")
            key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
            text = value.decode("latin-1").strip()
            environ[key] = f"{environ[key]},{text}" if key in environ else text
        return environ


TREE: Final = {
    "name": "oak", "id": "7d0b6a9e-3f64-4d44-9d53-4f6a2a0c5a11", "when": "2026-01-02T03:04:05Z", "day": "2026-01-02",
    "mail": "ann@example.com", "host": "example.com", "link": "http://example.com/", "address": "10.0.0.1",
    "small": 1, "large": 2, "ratio": 0.5, "price": 1.25, "bytes": "aGk=", "color": "red", "tags": ["a", "b"],
    "pair": [1, "x"], "labels": {"a": "b"}, "count": 3, "left": {"name": "left"}, "children": [{"name": "one"}],
    "pet": {"kind": "dog", "friend": {"kind": "cat", "lives": 9}},
}  # fmt: skip

JSON: Final = (b"Content-Type", b"application/json")
FORM: Final = (b"Content-Type", b"application/x-www-form-urlencoded")
MULTIPART: Final = (b"Content-Type", b"multipart/form-data; boundary=x")
PARTS: Final = (
    b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nann\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
    b'--x\r\nContent-Disposition: form-data; name="point"\r\nContent-Type: application/json\r\n\r\n{"x": 1}\r\n'
    b'--x\r\nContent-Disposition: form-data; name="ids"\r\n\r\n1\r\n--x--\r\n'
)


def _post(path: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> Request:
    return Request(b"POST", path, (*headers, (b"Content-Length", b"%d" % len(body))), body)


RIGHT: Final = (
    Request(b"GET", b"/plain/7/2026-01-02.json"),
    Request(b"GET", b"/styles/1,2/.1.5.2/;x=1;y=true/x,1,y,false"),
    Request(b"GET", b"/query?ids=1&ids=2&names=a,b&spaced=1%202.5&piped=a%7Cb&id=7d0b6a9e-3f64-4d44-9d53-4f6a2a0c5a11"),
    Request(b"GET", b"/query?at[after]=2026-01-02T03:04:05Z&at[n]=1&red=1&blue=true&filter=%7B%22a%22%3A1%7D&page=2"),
    Request(b"GET", b"/query?time=2026-01-02T03:04:05.5%2B01:00&much=1.25&flag=&either=true&like=a-b-c"),
    Request(b"GET", b"/headers", ((b"X-Ids", b"1, 2"), (b"X-Point", b"x=1,y=true"), (b"Cookie", b"theme=dark"))),
    Request(b"GET", b"/headers", ((b"X-When", b"2026-01-02T03:04:05Z"), (b"Cookie", b"seen=1,2"))),
    _post(b"/json", json.dumps(TREE).encode(), JSON),
    _post(b"/json", b'{"name": "oak"}', JSON, (b"Accept", b"text/html, application/*;q=0.5")),
    _post(b"/json/any", b'[1, {"a": null}]', JSON, (b"Content-Encoding", b"identity")),
    _post(b"/json/any", b"{}", (b"Content-Type", b"application/merge-patch+json; charset=utf-8")),
    _post(b"/form", b"name=ann&ids=1&ids=2&when=2026-01-02&x=1&y=true", FORM),
    _post(b"/multipart", PARTS, MULTIPART),
    _post(b"/text", "größe".encode(), (b"Content-Type", b"text/plain; charset=utf-8")),
    _post(b"/binary", b"\x00\xff", (b"Content-Type", b"image/png"), (b"Expect", b"100-continue")),
    _post(b"/undeclared?a=1", b"a=1&b=2", FORM, (b"If-Modified-Since", b"Sat, 28 Nov 2026 13:00:00 GMT")),
    _post(b"/undeclared", PARTS, MULTIPART, (b"Range", b"bytes=0-4"), (b"Accept-Language", b"de, en;q=0.5")),
    Request(b"GET", b"/secure", ((b"Authorization", b"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbg"),)),
    Request(b"GET", b"/secure", ((b"Cookie", b"token=Bearer%20eyJhbGciOiJub25lIn0.e30."),)),
    Request(b"GET", b"/older/query/1,2?many=2026-01-02&many=2026-01-03&tabs=1%092", ((b"X-Ids", b"1,2"),)),
    _post(b"/older/form", b"name=ann&ids=1,2", FORM),
    _post(b"/older/form", PARTS, MULTIPART),
    _post(b"/older/file", PARTS, MULTIPART),
    _post(b"/older/body", b'{"kind": "a", "n": 4}', JSON),
    Request(b"HEAD", b"/ping"),
    Request(b"OPTIONS", b"/json"),
    Request(b"GET", b"/health/ready"),
)  # fmt: skip
"""Requests that are taken as they are (some without a token that is)."""

CHUNKED: Final = (
    Request(b"POST", b"/json/any", (JSON, (b"Transfer-Encoding", b"chunked")), b"4\r\n[1] \r\n0\r\n\r\n"),
    Request(
        b"POST",
        b"/binary",
        ((b"Content-Type", b"image/png"), (b"Transfer-Encoding", b"chunked")),
        b"0\r\n\r\n",
    ),
)
"""Requests that are taken as they are over a socket, where a server takes them apart."""

NASTY: Final = (
    b"%", b"%zz", b"%00", b"%0d%0a", b"%2F", b"%ff", b"%C3%28", b"%ED%A0%80", b"%F0%9F%92%A9", b"../",
    b"//", b"?", b"#", b";", b"&", b"=", b",", b"|", b"[", b"]", b"[a][b]", b"{", b"}", b'"', b"'",
    b"\\", b"\\ud800", b"\\u0000", b"null", b"NaN", b"Infinity", b"-0", b"1e400", b"-1e-400", b"9" * 30,
    b"1_000", b"0x10", b"1.0", b"true", b"\xef\xbb\xbf", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
    "ü€💩".encode(), b"0000-00-00", b"9999-12-31T23:59:60Z", b"2026-02-30", b"+01:00", b"[" * 600,
    b'{"a":' * 600, b"a" * 5000, b"--x", b"--x--", b"\r\n", b"\t", b" ", b"\x00", b"Bearer ", b"q=",
    b"*/*", b"charset=utf-16", b"charset=nonsense", b"boundary=", b"gzip", b"100-continue", b"bytes=-",
    b"__class__", b"$ref", b"kind",
)  # fmt: skip

_NAMES: Final = (
    b"Accept", b"Accept-Charset", b"Accept-Encoding", b"Authorization", b"Connection", b"Content-Encoding",
    b"Content-Length", b"Content-Type", b"Cookie", b"Expect", b"Host", b"If-None-Match", b"Range", b"X-Forwarded-For",
    b"X-HTTP-Method-Override", b"X-Ids", b"X-Point", b"X-Request-ID", b"X-When", b"PymCallPath", b"Prefer",
)  # fmt: skip

_METHODS: Final = (
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"PATCH",
    b"DELETE",
    b"OPTIONS",
    b"TRACE",
    b"CONNECT",
    b"QUERY",
    b"get",
)

_nasty = st.one_of(st.sampled_from(NASTY), st.binary(max_size=8))


@st.composite
def broken(draw: st.DrawFn, text: bytes) -> bytes:
    """Return a text with something put in, taken out, put instead, or said again."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        kind = draw(st.sampled_from(("insert", "delete", "replace", "repeat")))
        if kind == "insert":
            text = text[:start] + draw(_nasty) + text[start:]
        elif kind == "delete":
            text = text[:start] + text[end:]
        elif kind == "replace":
            text = text[:start] + draw(_nasty) + text[end:]
        else:
            text = text[:end] + text[start:]
    return text


_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
        st.sampled_from(("", "2026-01-02", "cat", "dog", "\ud800", "\x00", "a" * 300)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
"""JSON values, and some that JSON has not."""


@st.composite
def changed_json(draw: st.DrawFn) -> bytes:
    """Return a tree of which some members are other values, or gone."""
    tree: dict[str, Any] = dict(TREE)
    for name in draw(st.lists(st.sampled_from(tuple(TREE)), min_size=1, max_size=3, unique=True)):
        tree[name] = draw(_values)
    for name in draw(st.lists(st.sampled_from(tuple(TREE)), max_size=3, unique=True)):
        tree.pop(name, None)
    return json.dumps(tree).encode()


@st.composite
def requests(draw: st.DrawFn, beginnings: tuple[Request, ...] = RIGHT) -> Request:
    """Return a request that is nearly right, or right."""
    request = draw(st.sampled_from(beginnings))
    for part in draw(
        st.lists(st.sampled_from(("method", "target", "headers", "body", "json", "length")), max_size=3)
    ):
        request = draw(_changed(request, part))
    return request


def _changed(request: Request, part: str) -> st.SearchStrategy[Request]:
    if part == "method":
        return st.builds(lambda method: replace(request, method=method), st.sampled_from(_METHODS))
    if part == "target":
        return st.builds(lambda target: replace(request, target=_target(target)), broken(request.target))
    if part == "headers":
        return st.builds(lambda headers: replace(request, headers=headers), _headers(request.headers))
    if part == "length":
        length = st.one_of(st.integers(0, 70_000).map(lambda number: b"%d" % number), st.sampled_from(NASTY))
        return st.builds(lambda text: _with_length(request, _value(text)), length)
    body = broken(request.body) if part == "body" else changed_json()
    return st.builds(lambda body: _with_length(replace(request, body=body), b"%d" % len(body)), body)


def _with_length(request: Request, length: bytes) -> Request:
    others = tuple(header for header in request.headers if header[0] != b"Content-Length")
    return replace(request, headers=(*others, (b"Content-Length", length)))


def _target(text: bytes) -> bytes:
    """Return a target that a parser lets through: what it refuses is not ours to answer for."""
    return b"/" + bytes(byte for byte in text if 0x20 < byte != 0x7F).lstrip(b"/*")


def _value(text: bytes) -> bytes:
    return bytes(byte for byte in text if byte >= 0x20 and byte != 0x7F).strip()


@st.composite
def _headers(draw: st.DrawFn, headers: Headers) -> Headers:
    """Return the headers with one more, one broken, or one less."""
    kind = draw(st.sampled_from(("more", "broken", "less")))
    if kind == "more" or not headers:
        name = draw(st.sampled_from(_NAMES))
        return (
            *headers,
            (
                name,
                _value(draw(st.one_of(_nasty, st.sampled_from([value for _, value in headers] or [b""])))),
            ),
        )
    index = draw(st.integers(0, len(headers) - 1))
    name, value = headers[index]
    others = headers[:index] + headers[index + 1 :]
    return others if kind == "less" else (*others, (name, _value(draw(broken(value)))))
