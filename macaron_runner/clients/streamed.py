"""An answer that is read as it comes, by whoever called: what goes wrong then is a ClientError as well.

Not for reading it off a socket (http), nor for what the pieces mean (decoding).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from macaron_runner.clients.course import failed, kind_of
from macaron_runner.clients.outgoing import TransportError

if TYPE_CHECKING:
    from macaron_runner.clients.limits import NoLimit, Places
    from macaron_runner.clients.outgoing import Arriving, ArrivingAsync, Outgoing, Pairs


class Streamed:
    """For threads (outgoing.Arriving); to be closed. `places` gets back the place that the call holds until then."""

    def __init__(self, arriving: Arriving, outgoing: Outgoing, places: Places | NoLimit) -> None:
        self.status: int = arriving.status
        self.headers: Pairs = arriving.headers
        self._arriving, self._outgoing = arriving, outgoing
        self._places: Places | NoLimit | None = places

    def read(self, most: int) -> bytes:
        """Return the whole body. Raises InvalidAnswer where it is longer than `most` bytes; ClientError."""
        with _in_our_words(self._outgoing):
            return self._arriving.read(most)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes. Raises ClientError."""
        with _in_our_words(self._outgoing):
            yield from self._arriving.pieces()

    def close(self) -> None:
        """Give the connection back, or end it where not all was read; once more does nothing."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back()
            self._arriving.close()


class StreamedAsync:
    """For coroutines (outgoing.ArrivingAsync)."""

    def __init__(self, arriving: ArrivingAsync, outgoing: Outgoing, places: Places | NoLimit) -> None:
        self.status: int = arriving.status
        self.headers: Pairs = arriving.headers
        self._arriving, self._outgoing = arriving, outgoing
        self._places: Places | NoLimit | None = places

    async def read(self, most: int) -> bytes:
        """Return the whole body. Raises InvalidAnswer where it is longer than `most` bytes; ClientError."""
        with _in_our_words(self._outgoing):
            return await self._arriving.read(most)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises ClientError."""
        with _in_our_words(self._outgoing):
            async for piece in self._arriving.pieces():
                yield piece

    async def close(self) -> None:
        """Give the connection back, or end it where not all was read; once more does nothing."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back()
            await self._arriving.close()


@contextmanager
def _in_our_words(outgoing: Outgoing) -> Iterator[None]:
    try:
        yield
    except TransportError as error:
        raise failed(kind_of(error), outgoing) from error
