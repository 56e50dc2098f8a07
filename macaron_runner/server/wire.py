"""Requests and answers on gunicorn's connections, as gunicorn reads and writes them, in fewer steps.

    a body            ->  recv() of all that has not come with the headers; no copy where all has
    a whole answer    ->  one send() for headers and body
    who is trusted    ->  asked once an address

Each system call lets another thread have the interpreter, and costs this one its turn: so their number counts for more
than the time that they take. Not for when a connection is read from, nor by which thread (worker).
"""

from __future__ import annotations

import functools
import socket
import time
from typing import Any, Final

from gunicorn import util
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.message import Request, _ip_in_allow_list
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response

_JOINED: Final = 64 * 1024
"""Bytes of a body up to which copying it behind its headers costs less than sending it by itself."""
_AT_ONCE: Final = 1024 * 1024
"""Bytes that are made room for before they have come: as many as gunicorn's own limit."""


class SizedBody(Body):  # type: ignore[misc]  # gunicorn has no types
    """A body of known length. Who reads all of it gets the bytes as they arrived."""

    def __init__(self, reader: LengthReader, sock: socket.socket) -> None:
        super().__init__(reader)
        self._sock = sock

    @property
    def is_read(self) -> bool:
        """Whether nothing of it is left on the connection or here."""
        return not self.reader.length and not self.buf.tell()

    def read(self, size: int | None = None) -> bytes:
        """Return up to `size` bytes, all that is left where that is None; fewer where the connection ends before."""
        length = self.reader.length
        if self.buf.tell() or (size is not None and 0 <= size < length):
            return bytes(super().read(size))
        self.reader.length = 0
        try:
            return self._all(length)
        except Exception:
            self.failed = True
            raise

    def _all(self, length: int) -> bytes:
        unreader = self.reader.unreader
        data: bytes = unreader.take_buffered()
        if len(data) > length:
            unreader.unread(data[length:])
            return data[:length]
        pieces = [data]
        missing = length - len(data)
        while missing and (piece := self._sock.recv(min(missing, _AT_ONCE))):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces) if len(pieces) > 1 else data


class PlainRequest(Request):  # type: ignore[misc]  # as above
    """A request that came over a plain connection: no TLS, and no HTTP/2."""

    body: Any

    def _peer_is_trusted_proxy(self) -> bool:
        address = self.peer_addr
        return not isinstance(address, tuple) or _is_trusted(self.cfg, address[0])

    def set_body_reader(self) -> None:
        """Find out how the body's end is told."""
        super().set_body_reader()
        if isinstance(self.body.reader, LengthReader):
            self.body = SizedBody(self.body.reader, self.unreader.sock)


@functools.lru_cache(maxsize=1024)
def _is_trusted(cfg: Any, host: str) -> bool:
    """Tell whether what a peer says of whom it speaks for is believed (`forwarded_allow_ips`)."""
    return bool(_ip_in_allow_list(host, cfg.forwarded_allow_ips, cfg.forwarded_allow_networks()))


class PlainParser(RequestParser):  # type: ignore[misc]  # as above
    """Reads the requests of one plain connection."""

    mesg_class = PlainRequest

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Take what nobody has read of a body off the connection; False where that is too much, or takes too long."""
        body = getattr(self.mesg, "body", None)
        if isinstance(body, SizedBody) and body.is_read and not body.failed:
            return True
        return bool(super().finish_body(deadline, max_bytes))

    @property
    def has_more(self) -> bool:
        """Whether bytes of the next request are here already."""
        return bool(self.unreader.buf.getvalue())


class Answer(Response):  # type: ignore[misc]  # as above
    """A WSGI response. A body that is whole goes out together with the headers."""

    def write(self, arg: bytes) -> None:
        """Send a piece of the body, the headers before the first."""
        if not self._is_whole(arg):
            super().write(arg)
            return
        self.sock.sendall(self._head() + arg)
        self.headers_sent = True
        self.sent = len(arg)

    def _is_whole(self, piece: bytes) -> bool:
        """Tell whether this is all there is to send."""
        return (
            not self.headers_sent
            and type(piece) is bytes
            and len(piece) == self.response_length <= _JOINED
            and not (self._omits_body or self.upgrade)
        )

    def _head(self) -> bytes:
        major, minor = self.req.version
        lines = [
            f"HTTP/{major}.{minor} {self.status}",
            f"Server: {self.version}",
            f"Date: {_date_of(int(time.time()))}",
            f"Connection: {'close' if self.should_close() else 'keep-alive'}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@functools.lru_cache(maxsize=2)
def _date_of(second: int) -> str:
    """Return the header Date (RFC 9110 section 6.6.1)."""
    return str(util.http_date(second))
