"""A server of sockets that does to clients what networks and other people's servers do; each request gets what is next.

    with misbehaving(reset, half, answer(200, b"fine")) as server: ...

Not for what a service of macaron's answers.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

DEADLINE = 20.0
"""Seconds after which the server itself gives up."""


class Asked(NamedTuple):
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


Behaviour: TypeAlias = Callable[[socket.socket], bool | None]
"""What becomes of a request; whether the connection is kept."""


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer, and keep the connection; `Content_Length="3"` is a header."""
    lines = {"Content-Length": str(len(body))} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return raw(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode("latin-1") + body, keep=True)


def raw(data: bytes, *, keep: bool = False) -> Behaviour:
    """Send these bytes; then end the connection, or keep it."""

    def behave(connection: socket.socket) -> bool:
        connection.sendall(data)
        return keep

    return behave


def reset(connection: socket.socket) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(_: socket.socket) -> None:
    """Close the connection without a word."""


def half_then(ending: Behaviour) -> Behaviour:
    """Answer half of what was announced; then behave so."""

    def behave(connection: socket.socket) -> bool | None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nnot all ")
        return ending(connection)

    return behave


def late(seconds: float, then: Behaviour) -> Behaviour:
    """Behave so, but later, unless the client is gone by then."""

    def behave(connection: socket.socket) -> bool | None:
        gone, _, _ = select.select([connection], (), (), seconds)
        return False if gone else then(connection)

    return behave


def dribble(head: bytes, seconds: float = 0.05) -> Behaviour:
    """Send these bytes, then one now and then, for as long as anybody listens."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            connection.sendall(b"a")
            time.sleep(seconds)

    return behave


def flood(head: bytes, piece: bytes) -> Behaviour:
    """Send these bytes, then this piece again and again, for as long as anybody reads."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return behave


def tunnel(port: int) -> Behaviour:
    """Be the proxy that a CONNECT asks for, to a port of this machine."""

    def behave(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            while True:
                ready, _, _ = select.select((connection, server), (), (), DEADLINE)
                for source in ready:
                    chunk = source.recv(65536)
                    if not chunk:
                        return
                    (server if source is connection else connection).sendall(chunk)

    return behave


@dataclass
class Misbehaving:
    """The server: its port, what it was asked, how many connections there were and are; it may leave bodies unread."""

    port: int
    behaviours: list[Behaviour]
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    read_bodies: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def origin(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def next(self, asked: Asked) -> Behaviour:
        """Return what becomes of a request; the last behaviour stays."""
        with self.lock:
            self.asked.append(asked)
            return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


@contextlib.contextmanager
def misbehaving(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Misbehaving]:
    """Start the server on a free port; end all its connections at the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        server = Misbehaving(listener.getsockname()[1], list(behaviours))
        open_ones: set[socket.socket] = set()
        threading.Thread(target=_accept, args=(listener, server, tls, open_ones), daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in tuple(open_ones):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: Misbehaving, tls: Any, open_ones: set[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(DEADLINE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            open_ones.add(connection)
            threading.Thread(target=_serve, args=(connection, server, tls, open_ones), daemon=True).start()


def _serve(plain: socket.socket, server: Misbehaving, tls: Any, open_ones: set[socket.socket]) -> None:
    with server.lock:
        server.connections += 1
        server.open += 1
    connection = plain
    try:
        with contextlib.suppress(OSError, ValueError):  # of a request that was cut short
            if tls is not None:
                connection = tls.wrap_socket(plain, server_side=True)
            with connection.makefile("rb") as stream:
                while (asked := _read(stream, bodies=server.read_bodies)) is not None:
                    if not server.next(asked)(connection):
                        break
    finally:
        open_ones.discard(plain)
        connection.close()
        with server.lock:
            server.open -= 1


def _read(stream: Any, *, bodies: bool) -> Asked | None:
    line = stream.readline().decode("latin-1").strip()
    if not line:
        return None
    headers: dict[str, str] = {}
    while pair := stream.readline().decode("latin-1").strip():
        name, _, value = pair.partition(":")
        headers[name.lower()] = value.strip()
    if not bodies:
        return Asked(line, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return Asked(line, headers, body)
