"""One request as an operation sees it, and the reply to it: plain values between an HTTP server and an endpoint.

Not for any framework's request: Flask's own is there for handlers, but nothing in an endpoint asks for it.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import IO, Any, Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from macaron_runner.auth.identity import Identity
from macaron_runner.context import Context
from macaron_runner.errors import BodyTooLarge, InvalidParameter, RequestTimeout
from macaron_runner.ids import new_id
from macaron_runner.server.brought import SANE_ID, brought_context
from macaron_runner.server.content_coding import DecodedStream, codings_of, decoded
from macaron_runner.validation.styles import parse_cookie_pairs

Environ: TypeAlias = dict[str, Any]
"""A WSGI environment (PEP 3333)."""

Headers: TypeAlias = tuple[tuple[str, str], ...]

_MOST_DIGITS: Final = 100
"""Of a Content-Length: Python itself reads none of more than 4300."""
_CUT_SHORT: Final = "The request's body is shorter than announced"
_ASCII: Final = "".join(map(chr, range(0x80)))
_NO_COOKIES: Final[Mapping[str, str]] = MappingProxyType({})


class Reply(NamedTuple):
    """What goes back: status, headers (Content-Type among them where there is a body), and the body as bytes."""

    status: int
    headers: Headers
    body: bytes


reply_of: Final[Callable[[tuple[int, Headers, bytes]], Reply]] = functools.partial(tuple.__new__, Reply)
"""Makes a reply of its three parts, in a third of the time that calling the class takes."""


class Contexts(Protocol):
    """What code of the service's own finds around it, stood up for it alone: a request that is refused needs none.

    `is_whole` tells whether that code has looked inside.
    """

    is_whole: bool

    def begin(self, incoming: Incoming) -> None:
        """Be there from now on, where that is not so yet."""

    def leave(self) -> None:
        """Be there no longer."""


class _AllThere:
    """Contexts that somebody else has stood up."""

    is_whole = False

    def begin(self, incoming: Incoming) -> None:
        """Do nothing."""

    def leave(self) -> None:
        """Do nothing."""


_ALL_THERE: Final[Contexts] = _AllThere()


class Incoming:
    """One request, and the source of its context.

    `path_values` are the path's variables, still percent-encoded, by their names in the document; `operation` what
    logs call it; `request_id` the id that it brings, where that is sane, or a new one; `identity` who asks, once known;
    `contexts` are to begin before any code of the service's own runs.
    """

    __slots__ = ("contexts", "environ", "identity", "operation", "path_values", "request_id")

    def __init__(self, environ: Environ, path_values: Mapping[str, str], operation: str = "") -> None:
        self.environ = environ
        self.path_values = path_values
        self.operation = operation
        self.identity: Identity | None = None
        self.contexts = _ALL_THERE
        brought = environ.get("HTTP_X_REQUEST_ID")
        self.request_id = brought if brought and SANE_ID.fullmatch(brought) else new_id()

    def context(self) -> Context:
        """Return what handlers, tasks and logs may know of this request (context.ContextSource)."""
        here = brought_context(self.environ, self.request_id, self.operation)
        who = self.identity
        if who is None:
            return here
        return here._replace(user_id=who.user_id, claims=who.claims, token=who.token)

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case, or None."""
        return self.environ.get(_environ_key(name))

    @property
    def accept(self) -> str | None:
        """The header Accept."""
        return self.environ.get("HTTP_ACCEPT")

    @property
    def query(self) -> str:
        """The query string, still encoded, without its question mark."""
        query: str = self.environ.get("QUERY_STRING", "")
        return query

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name, their values as sent (RFC 6265 section 4.2.1)."""
        text = self.environ.get("HTTP_COOKIE")
        return parse_cookies(text) if text else _NO_COOKIES

    @property
    def content_type(self) -> str | None:
        """The header Content-Type, None where it is absent or empty."""
        return self.environ.get("CONTENT_TYPE") or None

    @property
    def content_length(self) -> int | None:
        """The announced length of the body; None where it is unknown (chunked) or there is no body.

        Raises InvalidParameter where the header is no number.
        """
        text = self.environ.get("CONTENT_LENGTH")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise InvalidParameter("The Content-Length header is not a number of bytes")
        return int(text)

    def read_body(self, limit: int) -> bytes:
        """Return the whole body, its content codings taken off; the environment gets a copy, for flask.request.

        Raises BodyTooLarge above `limit` bytes, UnsupportedMediaType for a coding that is not known, InvalidParameter
        where the body is cut short or broken.
        """
        length = self.content_length
        if length is None and not self.environ.get("wsgi.input_terminated"):
            return b""
        codings = codings_of(self.environ.get("HTTP_CONTENT_ENCODING"))
        if length is not None and length > limit:
            raise BodyTooLarge
        data = _read(self.environ["wsgi.input"], limit + 1 if length is None else length)
        if len(data) > limit:
            raise BodyTooLarge
        if length is not None and len(data) < length:
            raise InvalidParameter(_CUT_SHORT)
        if codings:
            data = decoded(data, codings, limit)
            del self.environ["HTTP_CONTENT_ENCODING"]
            self.environ["CONTENT_LENGTH"] = str(len(data))
        self.environ["wsgi.input"] = BytesIO(data)
        return data

    def open_body(self) -> IO[bytes] | None:
        """Return the body, its content codings taken off, as a file that is read as it arrives; None without a body.

        However long it is, no more of it than a piece is ever held. Raises UnsupportedMediaType for a coding that is
        not known; reading it, InvalidParameter where it is cut short or broken.
        """
        length = self.content_length
        if not length and not (length is None and self.environ.get("wsgi.input_terminated")):
            return None
        stream: io.RawIOBase = BodyStream(self.environ["wsgi.input"], length)
        for coding in codings_of(self.environ.get("HTTP_CONTENT_ENCODING")):
            stream = DecodedStream(io.BufferedReader(stream).read1, coding)
        return io.BufferedReader(stream)


class BodyStream(io.RawIOBase):
    """A body as it arrives; `length` None: until it ends."""

    def __init__(self, stream: Any, length: int | None) -> None:
        self._stream = stream
        self._missing = length

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, or a part of it; 0 at the end. Raises InvalidParameter where the body is cut short."""
        most = len(buffer) if self._missing is None else min(len(buffer), self._missing)
        data = _read(self._stream, most)
        if self._missing is not None:
            if most and not data:
                raise InvalidParameter(_CUT_SHORT)
            self._missing -= len(data)
        buffer[: len(data)] = data
        return len(data)


class RecordedStream:
    """A body that can be read once more from its beginning, after however much of it was read.

    Read only as far as asked, and no longer recorded once it was rewound.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._heard = bytearray()
        self._position = 0
        self._rewound = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or all there are."""
        if self._rewound and self._position == len(self._heard):
            return _read(self._stream, size)
        missing = size - (len(self._heard) - self._position)
        if size < 0 or missing > 0:
            self._heard += _read(self._stream, size if size < 0 else missing)
        end = len(self._heard) if size < 0 else self._position + size
        found = bytes(self._heard[self._position : end])
        self._position += len(found)
        return found

    def rewind(self) -> None:
        """Begin again, for the last time."""
        self._position, self._rewound = 0, True


def _read(stream: Any, size: int) -> bytes:
    """Return up to `size` bytes of the body, below 0 all; what a server raises is the client's connection's fault."""
    if not size:
        return b""
    try:
        data: bytes = stream.read(size)
    except (BlockingIOError, TimeoutError) as error:
        raise RequestTimeout from error
    except Exception as error:
        raise InvalidParameter("The request's body could not be read") from error
    return data


@functools.cache
def _environ_key(name: str) -> str:
    """Return where a header stands in the environment. The names come from documents, so the cache is bounded."""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def parse_cookies(text: str) -> dict[str, str]:
    """Return the cookies of a Cookie header, values untouched; of two with one name the first, the most specific.

    parse_cookies('a=1; token="Bearer%20x"') == {"a": "1", "token": '"Bearer%20x"'}
    """
    return {name: values[0] for name, values in parse_cookie_pairs(text).items()}


def raw_path(environ: Environ) -> str:
    """Return the path below the mount point, still percent-encoded.

    WSGI's PATH_INFO is decoded, so that an encoded slash looks like a real one. gunicorn and Werkzeug also give the
    request target as it came; it is believed only where it says the same as PATH_INFO, which middleware may rewrite.
    """
    path: str = environ.get("PATH_INFO", "")
    target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    raw = target.partition("?")[0]
    if raw == path and "%" not in raw and raw.isascii():
        return raw
    if not raw.startswith("/"):
        raw = _origin_form(raw)
    mount = environ.get("SCRIPT_NAME", "")
    if mount and raw.startswith(mount):
        raw = raw[len(mount) :]
    if unquote_to_bytes(raw).decode("latin-1") == path:
        return raw
    return quote(path.encode("latin-1"), safe="/:;=@!$&'()*+,~")


def encode_query(environ: Environ) -> None:
    """Percent-encode what a client left raw in the query (RFC 3986 section 2.1): Werkzeug reads no bytes but UTF-8."""
    query: str = environ.get("QUERY_STRING", "")
    if not query.isascii():
        environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=_ASCII)


def _origin_form(target: str) -> str:
    """Return the path of a request target in absolute form, "http://host/path" (RFC 9112 section 3.2.2)."""
    _, found, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if found else target
