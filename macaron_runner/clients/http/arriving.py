"""An answer that arrives over a socket: its head is here, its body is read once, whole or piece by piece.

Not for sending requests (blocking, coroutines).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing
from typing import Any, Final

import httpcore2

from macaron_runner.clients.http.reach import ENDINGS, in_our_words
from macaron_runner.clients.http.sockets import Until
from macaron_runner.clients.inflating import PLAIN, Coding, coding_of
from macaron_runner.clients.outgoing import Garbled, Pairs, TimedOut, TooLong, TransportError, value_of

_BODILESS: Final = frozenset({204, 304})
_TOO_LONG: Final = "the answer is longer than it may be"


class _Head:
    """Status, headers, and what takes the coding off the body."""

    def __init__(self, response: httpcore2.Response, method: str) -> None:
        self.status = response.status
        self.headers: Pairs = tuple(
            (name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers
        )
        self._response = response
        self._bodiless = method == "HEAD" or self.status in _BODILESS

    @property
    def _says_too_much(self) -> bool:
        """Whether more came than the answer, which the next call on the connection would take for its own.

        No public part of httpcore2 tells.
        """
        found: Any = self._response.stream
        for name in ("_stream", "_connection", "_h11_state"):
            found = getattr(found, name, None)
        return found is not None and bool(found.trailing_data[0])

    def _coding(self) -> Coding:
        return PLAIN if self._bodiless else coding_of(value_of(self.headers, "Content-Encoding"))


class Arriving(_Head):
    """For threads (outgoing.Arriving). `until` is when the call's time is up; `patience` is for a piece, in seconds."""

    def __init__(
        self, response: httpcore2.Response, method: str, until: Until, patience: float | None
    ) -> None:
        super().__init__(response, method)
        self._until, self._patience = until, patience

    def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; TransportError."""
        whole = bytearray()
        with closing(self._pieces(lambda: None)) as pieces:
            for piece in pieces:
                whole += piece
                if len(whole) > most:
                    raise TooLong(_TOO_LONG)
        return bytes(whole)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, each piece in time. Raises TransportError."""
        return self._pieces(lambda: self._until.move(self._patience))

    def _pieces(self, begin: Callable[[], None]) -> Generator[bytes]:
        try:
            coding = self._coding()
            begin()
            for data in self._response.iter_stream():
                yield from coding.feed(data)
                begin()
            if self._says_too_much:
                self._response.extensions["network_stream"].close()
            coding.end()
        except ENDINGS as error:
            raise _cut_short(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        self._response.close()


class ArrivingAsync(_Head):
    """For coroutines (outgoing.ArrivingAsync). `until` is the loop's time when the call's is up."""

    def __init__(
        self, response: httpcore2.Response, method: str, until: float | None, patience: float | None
    ) -> None:
        super().__init__(response, method)
        self._until, self._patience = until, patience

    async def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; TransportError."""
        whole = bytearray()
        async with aclosing(self._pieces(lambda: asyncio.timeout_at(self._until))) as pieces:
            async for piece in pieces:
                whole += piece
                if len(whole) > most:
                    raise TooLong(_TOO_LONG)
        return bytes(whole)

    def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes, each piece in time. Raises TransportError."""
        return self._pieces(lambda: asyncio.timeout(self._patience))

    async def _pieces(self, in_time: Callable[[], asyncio.Timeout]) -> AsyncGenerator[bytes]:
        try:
            coding = self._coding()
            async with aclosing(self._response.aiter_stream()) as body:
                while True:
                    async with in_time():
                        data = await anext(body, None)
                    if data is None:
                        break
                    for piece in coding.feed(data):
                        yield piece
            if self._says_too_much:
                await self._response.extensions["network_stream"].aclose()
            coding.end()
        except (*ENDINGS, TimeoutError) as error:
            raise _cut_short(error) from error
        finally:
            await self.close()

    async def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        await self._response.aclose()


def _cut_short(error: Exception) -> TransportError:
    """Return what the end of an answer before its time is, in our words."""
    failure = in_our_words(error)
    return failure if isinstance(failure, TimedOut) else Garbled("the answer was cut short")
