"""The content codings there are, gzip and deflate, as zlib takes them off (RFC 9110 section 8.4).

Not for whose bodies they are on: those of requests (server.content_coding), those of answers (clients.inflating).
"""

from __future__ import annotations

import zlib
from typing import Final

_WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The coding's name -> what zlib calls its format."""

_RAW_DEFLATE: Final = -15

_MOST_MEMBERS: Final = 64
"""More gzip files than this, one after another, are refused: each costs far more than its bytes."""


def is_known(name: str) -> bool:
    """Tell whether a coding, in lower case, can be taken off."""
    return name in _WINDOWS


def most_members(name: str) -> int:
    """Return how many files may stand one after another: in deflate there is one stream and no more."""
    return 1 if name == "deflate" else _MOST_MEMBERS


def begun(name: str, data: bytes) -> zlib._Decompress:
    """Return what takes off a coding of which these are the first bytes.

    Some send deflate without its zlib header (RFC 9110 section 8.4.1.2).
    """
    has_header = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.decompressobj(_RAW_DEFLATE if name == "deflate" and not has_header else _WINDOWS[name])
