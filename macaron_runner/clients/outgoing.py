"""A request on its way out and the answer to it, as data; and what a transport is, whatever carries them.

Not for making requests of arguments (encoding), for reading answers (decoding), or for trying again (course).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Operation

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Headers in their order, as they are written."""


def value_of(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return a header's value by its name in any case; of several the list that they are (RFC 9110 section 5.3)."""
    wanted = name.lower()
    found = [value for key, value in pairs if key.lower() == wanted]
    return ", ".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to an operation, as data; `origin` is empty where it goes to the one that its transport knows.

    `path` (base path included) and `query` (without "?") are raw: percent-encoded, ASCII. A `body` that is no bytes is
    an iterable of bytes, sent piece by piece; it may be closed, sent or not.
    """

    operation: Operation
    path: str
    query: str = ""
    headers: Pairs = ()
    body: bytes | Iterable[bytes] | None = None
    origin: str = ""

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return self.operation.method.upper()

    @property
    def target(self) -> str:
        """Path and query, as the request line has them (RFC 9112 section 3.2.1)."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def replayable(self) -> bool:
        """Whether it can be sent a second time: a body that comes piece by piece is gone after the first."""
        return self.body is None or isinstance(self.body, bytes)

    def __repr__(self) -> str:
        """Show where it goes, and nothing that may hold a credential: query, headers, body."""
        return f"<{self.method} {self.path}>"

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case."""
        return value_of(self.headers, name)

    def with_headers(self, *pairs: tuple[str, str]) -> Outgoing:
        """Return the request with these headers in place of those of the same names."""
        names = {name.lower() for name, _ in pairs}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return replace(self, headers=(*kept, *pairs))


class Patience(NamedTuple):
    """How long a transport may take, in seconds; None waits for ever.

    `connect`: for a connection, a free place in the pool included; `read`: for the next bytes of the answer, or to be
    rid of the next bytes of the request; `total`: for all of it, up to the last byte of the answer.
    """

    connect: float | None = None
    read: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `headers` as they came; `body` without its content coding."""

    status: int
    headers: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case; of several the list that they are."""
        return value_of(self.headers, name)


class Arriving(Protocol):
    """An answer whose head is here, and whose body is still to be read, once; to be closed, read or not."""

    @property
    def status(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Pairs:
        """The headers, as they came."""
        ...

    def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; TransportError."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes. Raises TransportError."""
        ...

    def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        ...


class ArrivingAsync(Protocol):
    """The same for coroutines."""

    @property
    def status(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Pairs:
        """The headers, as they came."""
        ...

    async def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; TransportError."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises TransportError."""
        ...

    async def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        ...


class Transport(Protocol):
    """What carries a request to its one origin, and brings the head of the answer. Tries once."""

    def send(self, outgoing: Outgoing, patience: Patience) -> Arriving:
        """Return the answer as soon as its head is here. Raises TransportError."""
        ...


class AsyncTransport(Protocol):
    """The same for coroutines."""

    async def send(self, outgoing: Outgoing, patience: Patience) -> ArrivingAsync:
        """Return the answer as soon as its head is here. Raises TransportError."""
        ...


class TransportError(Exception):
    """Ends one attempt; the course tries again, or makes an error of failures of it.

    `sent` tells whether any part of the request may have reached the other side: where none has, anything may be sent
    again. The message is for logs of ours: it says nothing of hosts or credentials.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class NotConnected(TransportError):
    """There is no connection: refused, unresolved, TLS failed, or the proxy would not. Nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class Broken(TransportError):
    """The connection ended before the answer did."""


class TimedOut(TransportError):
    """Patience is at its end."""


class Garbled(TransportError):
    """What came is not HTTP, or was cut short."""


class TooLong(Garbled):
    """The answer is longer than it may be."""
