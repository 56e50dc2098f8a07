"""Sockets on which no connecting, reading or writing outlives its call: what is left of its time bounds each of them.

httpcore2 hands a timeout down as it was given, so here it is an `Until`: else a server that sends a byte now and then
could hold a call for ever. Not for coroutines, whose loop can end anything at any time (coroutines).
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore2


class Until:
    """When time is up, by time.monotonic; None is never. It may be moved."""

    __slots__ = ("at",)

    def __init__(self, seconds: float | None) -> None:
        self.move(seconds)

    def move(self, seconds: float | None) -> None:
        """Begin again, now."""
        self.at = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """Return the seconds left. Raises TimeoutError where there are none."""
        if self.at is None:
            return None
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


_TOGETHER: Final = 64 * 1024
"""Bytes of a body that are sent with its head at once; of more, the copy costs more than another call of the system."""


class Stream(httpcore2.NetworkStream):
    """One connection."""

    def __init__(self, connection: socket.socket, all_of_them: set[Stream]) -> None:
        self._socket = connection
        self._head: bytes | None = None
        self._begun = False
        self._all = all_of_them
        all_of_them.add(self)

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        """Return what has come, at most so many bytes; none at the end. Raises ReadTimeout, ReadError."""
        if self._head:  # of a request without a body
            with contextlib.suppress(httpcore2.WriteError):  # an answer may be here all the same
                self.write(b"", timeout)
        self._begun = False
        try:
            self._socket.settimeout(timeout.left())
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore2.ReadError(error) from error

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        """Send all of it; but the head of a request with what follows it. Raises WriteTimeout, WriteError."""
        if not self._begun:
            self._head, self._begun = buffer, True
            return
        head, self._head = self._head, None
        if head and len(buffer) <= _TOGETHER:
            buffer, head = head + buffer, None
        if head:
            self._send(head, timeout)
        self._send(buffer, timeout)

    def _send(self, data: bytes, timeout: Any) -> None:
        view = memoryview(data)
        try:
            while view:
                self._socket.settimeout(timeout.left())
                view = view[self._socket.send(view) :]
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        """Close it, without a word to the other side: after a fork that would be somebody else's connection."""
        self._all.discard(self)
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore2.NetworkStream:
        """Return the connection with TLS on it. Raises ConnectTimeout, ConnectError; then it is closed."""
        try:
            self._socket.settimeout(timeout.left())
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise httpcore2.ConnectTimeout(error) from error
        except (OSError, ValueError) as error:
            self.close()
            raise httpcore2.ConnectError(error) from error
        self._all.discard(self)
        return Stream(wrapped, self._all)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore2 asks for: the TLS of the connection, and whether there is something to read."""
        if info == "is_readable":
            return self._is_readable()
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        return None

    def _is_readable(self) -> bool:
        """Tell whether an idle connection is one no more: the other side closed it, or said what nobody asked for."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))


class Sockets(httpcore2.NetworkBackend):
    """Makes the connections of one pool."""

    def __init__(self) -> None:
        self._all: set[Stream] = set()

    def __len__(self) -> int:
        return len(self._all)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,  # noqa: ARG002 - httpcore2's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """Return a connection to the first address of a host that takes one. Raises ConnectTimeout, ConnectError."""
        problem: OSError = OSError(errno.EHOSTUNREACH, "the name has no address")
        try:
            for family, kind, protocol, _, address in _addresses(host, port, timeout):
                try:
                    return Stream(
                        _connected(socket.socket(family, kind, protocol), address, timeout), self._all
                    )
                except TimeoutError:
                    raise
                except OSError as error:
                    problem = error
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(error) from error
        except OSError as error:
            problem = error
        raise httpcore2.ConnectError(problem) from problem

    def close(self) -> None:
        """Close this process's copies of all connections, without a lock and without a word to the other side."""
        for stream in tuple(self._all):
            stream.close()


def _connected(connection: socket.socket, address: Any, until: Until) -> socket.socket:
    try:
        connection.settimeout(until.left())
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _addresses(host: str, port: int, until: Until) -> list[Any]:
    """Return the addresses of a host, as getaddrinfo gives them. Raises TimeoutError, OSError.

    A resolver may take longer than any call should: it is left alone then, in its thread.
    """
    with contextlib.suppress(socket.gaierror):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    found: list[Any] = []
    problem: list[OSError] = []

    def resolve() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            problem.append(error)

    resolving = threading.Thread(target=resolve, name="resolver", daemon=True)
    resolving.start()
    resolving.join(until.left())
    if problem:
        raise problem[0]
    if resolving.is_alive():
        raise TimeoutError
    return found
