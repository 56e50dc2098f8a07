"""Content codings of an answer, taken off piece by piece: gzip and deflate, the ones that we say we accept.

No more than a piece of the result is ever made, whatever a few bytes may become. Not for a request's body
(server.content_coding). RFC 9110 section 8.4.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from macaron_runner.clients.outgoing import Garbled
from macaron_runner.codings import begun, is_known, most_members

ACCEPTED: Final = "gzip, deflate"

_PIECE: Final = 256 * 1024


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
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes stand for, in pieces. Raises Garbled."""
        data, self._held = self._held + data, b""
        while data:
            if self._engine is None:
                if len(data) == 1:  # the second byte tells as what it must be read
                    self._held = data
                    return
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
        if self._engine is not None or self._held:
            raise self._broken()

    def _begun(self, data: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > most_members(self._coding):
            raise self._broken()
        return begun(self._coding, data)

    def _broken(self) -> Garbled:
        return Garbled(f"the body is not {self._coding} as its Content-Encoding says")


def coding_of(header: str | None) -> Coding:
    """Return what takes the coding of a Content-Encoding header off. Raises Garbled for one that we do not accept."""
    name = (header or "").strip().lower()
    if name in ("", "identity"):
        return PLAIN
    if is_known(name):
        return Inflating(name)
    raise Garbled("the body is in a content coding that was not accepted")
