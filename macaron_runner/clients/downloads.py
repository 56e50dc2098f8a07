"""What a call gives with the option `stream`: the answer as it arrives, in pieces or item by item. To be closed.

    with client.with_options(stream=True).get_photo(id=3) as photo: photo.save("3.png")
    with client.with_options(stream=True).watch() as events: [... for event in events]

For coroutines the same with `async with` and `async for`. Not for reading it off the connection (streamed).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from macaron_runner.clients.failures import InvalidAnswer
from macaron_runner.clients.outgoing import Arriving, ArrivingAsync, Pairs, value_of
from macaron_runner.errors import ErrorDetail
from macaron_runner.validation.sequences import Cutter
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    import os

    from macaron_runner.validation.media_types import MediaType


class _Head:
    """Status and headers of an answer under way."""

    def __init__(self, arriving: Arriving | ArrivingAsync) -> None:
        self.status: int = arriving.status
        self.headers: Pairs = arriving.headers

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case; of several the list that they are."""
        return value_of(self.headers, name)


class _Closing(_Head):
    """For threads: a context that closes its answer, and so does the end of the iteration."""

    def __init__(self, arriving: Arriving) -> None:
        super().__init__(arriving)
        self._arriving = arriving

    def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        self._arriving.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Download(_Closing):
    """The bytes of an answer as they arrive: iterate over the pieces, `read` or `save` all of it."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces. Raises ClientError."""
        try:
            yield from self._arriving.pieces()
        finally:
            self.close()

    def read(self) -> bytes:
        """Return all that is still to come. Raises ClientError."""
        return b"".join(self)

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write all that is still to come to a file; return how many bytes that was. Raises ClientError, OSError."""
        with Path(path).open("wb") as file:
            return sum(map(file.write, self))


class Items(_Closing):
    """The items of a sequence as they arrive: JSON lines, server-sent events."""

    def __init__(self, arriving: Arriving, items: ItemMaker) -> None:
        super().__init__(arriving)
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        """Yield the items, as models where the document describes them. Raises ClientError."""
        try:
            for piece in self._arriving.pieces():
                yield from self._items.made(piece)
            yield from self._items.rest()
        finally:
            self.close()


class _ClosingAsync(_Head):
    """For coroutines."""

    def __init__(self, arriving: ArrivingAsync) -> None:
        super().__init__(arriving)
        self._arriving = arriving

    async def close(self) -> None:
        """Give the connection back, or end it where not all was read."""
        await self._arriving.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class DownloadAsync(_ClosingAsync):
    """The bytes of an answer as they arrive: iterate over the pieces, `read` or `save` all of it."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the pieces. Raises ClientError."""
        try:
            async for piece in self._arriving.pieces():
                yield piece
        finally:
            await self.close()

    async def read(self) -> bytes:
        """Return all that is still to come. Raises ClientError."""
        return b"".join([piece async for piece in self])

    async def save(self, path: str | os.PathLike[str]) -> int:
        """Write all that is still to come to a file; return how many bytes that was. Raises ClientError, OSError."""
        with Path(path).open("wb") as file:
            return sum([file.write(piece) async for piece in self])


class ItemsAsync(_ClosingAsync):
    """The items of a sequence as they arrive: JSON lines, server-sent events."""

    def __init__(self, arriving: ArrivingAsync, items: ItemMaker) -> None:
        super().__init__(arriving)
        self._items = items

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Yield the items, as models where the document describes them. Raises ClientError."""
        try:
            async for piece in self._arriving.pieces():
                for item in self._items.made(piece):
                    yield item
            for item in self._items.rest():
                yield item
        finally:
            await self.close()


class ItemMaker:
    """Makes items of the pieces of one answer. What cannot be read is InvalidAnswer."""

    def __init__(self, media_type: MediaType, make: Callable[[Any], Any], operation: str) -> None:
        self._cutter = Cutter(media_type)
        self._make = make
        self._operation = operation

    def made(self, piece: bytes) -> Iterator[Any]:
        """Return the items that are complete with this piece."""
        return self._of(lambda: self._cutter.feed(piece))

    def rest(self) -> Iterator[Any]:
        """Return those that end with the answer."""
        return self._of(self._cutter.finish)

    def _of(self, cut: Callable[[], list[Any]]) -> Iterator[Any]:
        try:
            items = cut()
        except UnreadableText as error:
            raise InvalidAnswer(
                errors=[ErrorDetail("body", "", str(error))], operation=self._operation
            ) from None
        return map(self._make, items)
