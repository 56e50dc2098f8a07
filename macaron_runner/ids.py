"""Random ids: of requests, calls and errors. Not for secrets, whatever they are made of."""

from __future__ import annotations

import os
from typing import Final

_DRAWN_AT_ONCE: Final = 64
_drawn: Final[list[str]] = []
"""Ids that nobody has yet: asking the kernel for each would cost a request more than matching its path does."""
os.register_at_fork(after_in_child=_drawn.clear)


def new_id() -> str:
    """Return a new id, unique in practice: 128 random bits as 32 hexadecimal digits."""
    try:
        return _drawn.pop()
    except IndexError:
        drawn = os.urandom(16 * _DRAWN_AT_ONCE).hex()
        _drawn.extend(drawn[start : start + 32] for start in range(32, len(drawn), 32))
        return drawn[:32]


def new_uuid() -> str:
    """Return a new random UUID (RFC 9562 section 5.4)."""
    text = new_id()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:]}"


_VARIANT: Final = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}
"""The digit that begins a UUID's fourth group, by a random one: of its four bits the first two are 1 and 0."""
