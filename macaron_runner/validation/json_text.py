"""JSON bytes into values, exactly, and refused with a reason a client can use.

Not for checking the values (schema) or writing them (responses). RFC 8259.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from macaron_runner.openapi.positions import JsonPositions, repeats_a_key
from macaron_runner.validation.problems import shown
from macaron_runner.validation.text_values import UnreadableText

_DIGITS_TO_ZERO: Final = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_MANY_DIGITS: Final = b"0" * 19
"""-2**63, below which the fast parser turns integers into floats (as from 2**64 on), has nineteen digits."""
_BACKSLASH: Final = 0x5C
_SPACE: Final = b" \t\r\n"
_LOOKED_THROUGH: Final = 64 * 1024
"""Bytes up to which the place of a repeated key is looked for."""
_FAULTS: Final = (
    ("infinity", "holds a number that is too large"),
    ("byte order mark", "begins with a byte order mark, which JSON has not"),
    ("surrogate in string", "holds half a character (a lone surrogate)"),
    ("not valid UTF-8", "is not UTF-8 text"),
)


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises UnreadableText, which tells line and column.

    NaN, infinities, a key that its object already has, half characters, a byte order mark, text that is not UTF-8 and
    nesting beyond 1024 are refused; integers are exact whatever their size.
    """
    return exactly(raw, parse_json(raw))


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text as the fast parser sees it, for `exactly`. Raises UnreadableText."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableText(_fault(error)) from None


def exactly(raw: bytes, value: Any) -> Any:
    """Return the value of a JSON text, given what `parse_json` made of it; that itself where nothing was lost.

    Raises UnreadableText.
    """
    try:
        written = orjson.dumps(value)
    except TypeError:  # nested more deeply than it writes
        written = b""
    # What is written again as it came was read without a loss. This is so of most requests, and cheap to see.
    return value if written == raw or _same_but_for_space(raw, written) else _exact(raw, value, written)


def _same_but_for_space(raw: bytes, written: bytes) -> bool:
    """Tell whether two JSON texts are the same without white space, that in their strings included.

    Then they have the same structure, and their numbers are written alike. Texts with escapes are rarely so.
    """
    return _BACKSLASH not in raw and raw.translate(None, _SPACE) == written.translate(None, _SPACE)


def _exact(raw: bytes, value: Any, written: bytes) -> Any:
    """Return the value of text that is known to be JSON, with integers of any size. Raises UnreadableText.

    The fast parser keeps the last of two equal keys and makes floats of large integers. Where it has dropped a key
    there are fewer colons now, unless others were escaped.
    """
    try:
        if raw.count(b":") != written.count(b":") or (_BACKSLASH in raw and b"\\u003" in raw):
            _refuse_repeated_keys(raw)
        return json.loads(raw) if _MANY_DIGITS in raw.translate(_DIGITS_TO_ZERO) else value
    except RecursionError:
        raise UnreadableText("is nested too deeply") from None


def _refuse_repeated_keys(raw: bytes) -> None:
    text = raw.decode()
    if not repeats_a_key(text):
        return
    if len(raw) > _LOOKED_THROUGH:
        raise UnreadableText("has a key twice in one object")
    name, place = next(JsonPositions(text, "").repeated_keys())
    raise UnreadableText(
        f"has the key {shown(name)} twice in one object: line {place.line}, column {place.column}"
    )


def _fault(error: orjson.JSONDecodeError) -> str:
    """Return what is wrong. The parser's own words are not repeated: they are its, and change with its versions."""
    if "depth limit" in error.msg:
        return "is nested too deeply"
    said = next((words for sign, words in _FAULTS if sign in error.msg), "is not JSON")
    return f"{said}: line {error.lineno}, column {error.colno}"
