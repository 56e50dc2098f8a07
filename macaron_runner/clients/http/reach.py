"""Where a client's requests go and how they get there; and what goes wrong on the way, in our words.

Not for sending them (blocking, coroutines).
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpcore2

from macaron_runner.clients.course import failed
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.http.tls import Trust
from macaron_runner.clients.inflating import ACCEPTED
from macaron_runner.clients.outgoing import (
    Broken,
    Garbled,
    NotConnected,
    Outgoing,
    TimedOut,
    TransportError,
)
from macaron_runner.clients.redirects import origin_of

# Below that, it writes down the headers of answers, cookies among them.
logging.getLogger("httpcore2").setLevel(logging.INFO)

KEPT: Final = 4.0
"""Seconds that a connection without a call is kept: less than the 5 after which common servers close it (Node's does).

A request sent at the moment the other side closes is lost, and what is not idempotent cannot be sent again.
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The origin ("http://host:80") that requests go to, how it is known, and the URL of a proxy."""

    origin: str
    trust: Trust
    max_connections: int = 100
    proxy: str | None = field(default=None, repr=False)

    def pool_options(self, tls: ssl.SSLContext | None) -> dict[str, Any]:
        """Return what a pool of connections is made with."""
        return {
            "ssl_context": tls,
            "proxy": self._proxy(),
            "max_connections": self.max_connections,
            "max_keepalive_connections": self.max_connections,
            "keepalive_expiry": KEPT,
        }

    def _proxy(self) -> httpcore2.Proxy | None:
        if self.proxy is None:
            return None
        parts = urlsplit(self.proxy)
        who = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
        origin = origin_of(parts)
        assert origin is not None
        return httpcore2.Proxy(origin, who)


class Origin:
    """Writes requests to one origin as httpcore2 takes them."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        assert parts.hostname is not None
        self._scheme, self._host, self._port = parts.scheme.encode(), parts.hostname.encode(), parts.port
        default = {"http": 80, "https": 443}.get(parts.scheme) == parts.port
        host = parts.netloc.rpartition(":")[0] if default else parts.netloc
        self._headers = [
            (b"Host", host.encode()),
            (b"Accept-Encoding", ACCEPTED.encode()),
            (b"User-Agent", b"macaron-runner"),
        ]

    def written(self, outgoing: Outgoing, body: Any, timeout: dict[str, Any]) -> httpcore2.Request:
        """Return the request.

        Raises CannotSend where its headers are no HTTP, so that nothing of it may begin another line, or say how it is
        transferred, so that its body ends where we say.
        """
        try:
            headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in outgoing.headers]
            target = outgoing.target.encode("ascii")
        except UnicodeEncodeError:
            raise failed(CannotSend, outgoing) from None
        sent = {name.lower() for name, _ in headers}
        if b"transfer-encoding" in sent:
            raise failed(CannotSend, outgoing)
        headers[:0] = [pair for pair in self._headers if pair[0].lower() not in sent]
        headers += _framing(outgoing, sent)
        url = httpcore2.URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        return httpcore2.Request(
            outgoing.method, url, headers=headers, content=body, extensions={"timeout": timeout}
        )


_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def _framing(outgoing: Outgoing, sent: set[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the header that tells where the body ends (RFC 9112 section 6)."""
    body = outgoing.body
    if isinstance(body, bytes):
        return [(b"Content-Length", b"%d" % len(body))]
    if body is None:
        return [(b"Content-Length", b"0")] if outgoing.method in _WITH_BODY else []
    return [] if b"content-length" in sent else [(b"Transfer-Encoding", b"chunked")]


ENDINGS: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProxyError,
    httpcore2.RemoteProtocolError,
)
"""What httpcore2 raises where no answer is to be had."""


def in_our_words(error: Exception) -> TransportError:
    """Return what went wrong with a request that httpcore2 gave up. Says nothing of hosts."""
    if isinstance(error, (httpcore2.ConnectTimeout, httpcore2.PoolTimeout)):
        return TimedOut("there was no connection in time", sent=False)
    if isinstance(error, httpcore2.ConnectError):
        return NotConnected(_reason(error))
    if isinstance(error, httpcore2.ProxyError):
        return NotConnected("the proxy would not connect")
    if isinstance(error, (httpcore2.TimeoutException, TimeoutError)):
        return TimedOut("the answer did not come in time")
    if isinstance(error, httpcore2.RemoteProtocolError) and not _is_silence(error):
        return Garbled("what came is no HTTP")
    return Broken("the connection ended before the answer began")


def _is_silence(error: httpcore2.RemoteProtocolError) -> bool:
    """Tell whether nothing came at all; else httpcore2 passes on what h11 says is wrong with it."""
    return not (error.args and isinstance(error.args[0], Exception))


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or (error.args[0] if error.args else error)
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or 'no certificate that is trusted'}"
    if isinstance(cause, socket.gaierror):
        return "the name of the host is not known"
    if isinstance(cause, OSError) and cause.errno is not None:
        return os.strerror(cause.errno)
    return "there is no connection"
