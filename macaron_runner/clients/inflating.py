"""Content codings of an answer, taken off piece by piece: gzip and deflate, the ones that we say we accept.

No more than a piece of the result is ever made, whatever a few bytes may become. Not for a request's body
(server.content_coding). RFC 9110 section 8.4.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from macaron_runner.clients.outgoing import Garbled

ACCEPTED: Final = "gzip, deflate"

_PIECE: Final = 256 * 1024
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_MOST_MEMBERS: Final = 64
"""More gzip files than this, one after another, are refused: each costs far more than its bytes."""


class Coding(Protocol):
    """Takes a coding off what comes."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes stand for. Raises Garbled where they are none of the coding."""
        ...

    def end(self) -> None:
        """Note that nothing more comes. Raises Garbled where something is missing."""
        ...


class _Plain:
    """No coding at all."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what came."""
        yield data

    def end(self) -> None:
        """Note nothing."""


PLAIN: Final = _Plain()


class Inflating:
    """One body in gzip or deflate."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._engine: zlib._Decompress | None = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes stand for, in pieces. Raises Garbled."""
        while data:
            if self._engine is None:
                self._engine = self._begun(data)
            try:
                found = self._engine.decompress(data, _PIECE)
            except zlib.error:
                raise self._broken() from None
            if found:
                yield found
            data = self._engine.unconsumed_tail
            if self._engine.eof:
                data = self._engine.unused_data
                self._engine = None

    def end(self) -> None:
        """Note that nothing more comes. Raises Garbled where the last file is not complete."""
        if self._engine is not None:
            raise self._broken()

    def _begun(self, data: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > (_MOST_MEMBERS if self._coding in _GZIP else 1):
            raise self._broken()
        if self._coding in _GZIP:
            return zlib.decompressobj(31)
        # Some send deflate without its zlib header (RFC 9110 section 8.4.1.2).
        has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.decompressobj(15 if has_header else -15)

    def _broken(self) -> Garbled:
        return Garbled(f"the body is not {self._coding} as its Content-Encoding says")


def coding_of(header: str | None) -> Coding:
    """Return what takes the coding of a Content-Encoding header off. Raises Garbled for one that we do not accept."""
    name = (header or "").strip().lower()
    if name in ("", "identity"):
        return PLAIN
    if name in _GZIP or name == "deflate":
        return Inflating(name)
    raise Garbled("the body is in a content coding that was not accepted")
