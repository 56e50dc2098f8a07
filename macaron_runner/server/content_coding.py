"""Content codings of a request's body, taken off before anything else sees it: gzip and deflate.

Not for reading the body off the connection (incoming). RFC 9110 section 8.4.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from macaron_runner.codings import begun, is_known, most_members
from macaron_runner.errors import BodyTooLarge, InvalidParameter, UnsupportedMediaType

_MOST_CODINGS: Final = 2
_PIECE: Final = 64 * 1024


def codings_of(header: str | None) -> Sequence[str]:
    """Return what must be taken off a body, the last one first. Raises UnsupportedMediaType for what is not known."""
    if not header:
        return ()
    codings = [name for part in header.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if len(codings) > _MOST_CODINGS or not all(map(is_known, codings)):
        raise UnsupportedMediaType(
            f'a body in the content coding "{header[:100]}" is not accepted here, only gzip and deflate',
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return codings[::-1]


def decoded(data: bytes, codings: Sequence[str], limit: int) -> bytes:
    """Return a body without its codings.

    Raises BodyTooLarge where it would be longer than `limit` (nothing beyond that is made), InvalidParameter where it
    is broken.
    """
    for coding in codings:
        data = _inflated(data, coding, limit)
    return data


def _inflated(data: bytes, coding: str, limit: int) -> bytes:
    out = bytearray()
    for _ in range(most_members(coding)):
        engine = begun(coding, data)
        try:
            out += engine.decompress(data, limit + 1 - len(out))
        except zlib.error:
            raise _broken(coding) from None
        if len(out) > limit:
            raise BodyTooLarge
        data = engine.unused_data
        if not engine.eof:
            raise _broken(coding)
        if not data:
            return bytes(out)
    raise _broken(coding)


def _broken(coding: str) -> InvalidParameter:
    return InvalidParameter(f"The request's body is not {coding} as its Content-Encoding says")


class DecodedStream(io.RawIOBase):
    """A body without one of its codings, made as it is read; `read` gives up to so many bytes of the coded one."""

    def __init__(self, read: Callable[[int], bytes], coding: str) -> None:
        self._read = read
        self._coding = coding
        self._waiting = b""
        self._engine: zlib._Decompress | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, or a part of it; 0 at the end. Raises InvalidParameter where the body is broken."""
        while True:
            data = self._waiting or self._read(_PIECE)
            if not data and self._engine is None:
                return 0
            found = self._inflate(data, len(buffer))  # without data, what the engine still holds back
            if found:
                buffer[: len(found)] = found
                return len(found)
            if not data and self._engine is not None:
                raise _broken(self._coding)

    def _inflate(self, data: bytes, most: int) -> bytes:
        engine = self._engine or begun(self._coding, data)
        try:
            found = engine.decompress(data, most)
        except zlib.error:
            raise _broken(self._coding) from None
        self._engine = None if engine.eof else engine
        self._waiting = engine.unused_data if engine.eof else engine.unconsumed_tail
        return found
