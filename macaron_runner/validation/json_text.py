"""JSON bytes into values, exactly, and refused with a reason a client can use.

Not for checking the values (schema) or writing them (responses). RFC 8259.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from macaron_runner.validation.text_values import UnreadableText

_DIGITS_TO_ZERO: Final = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_MANY_DIGITS: Final = b"0" * 20
"""2**64, where the fast parser begins to turn integers into floats, has twenty digits."""


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises UnreadableText, which tells line and column.

    NaN, a byte order mark, text that is not UTF-8 and nesting beyond 1024 are refused; integers are exact
    whatever their size. Of two equal keys in an object the last one counts.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        # The parser's own words are not repeated: they are its, and change with its versions.
        raise UnreadableText(_fault(error)) from None
    return _exact(raw) if _MANY_DIGITS in raw.translate(_DIGITS_TO_ZERO) else value


def _fault(error: orjson.JSONDecodeError) -> str:
    if "depth limit" in error.msg:
        return "is nested too deeply"
    if "infinity" in error.msg:
        return f"holds a number that is too large: line {error.lineno}, column {error.colno}"
    return f"is not JSON: line {error.lineno}, column {error.colno}"


def _exact(raw: bytes) -> Any:
    """Return the value of text that is known to be JSON, with integers of any size."""
    try:
        return json.loads(raw)
    except RecursionError:
        raise UnreadableText("is nested too deeply") from None
