"""What handlers return, as plain JSON values and as bytes: models, dates, UUIDs, decimals, enumerations, dataclasses.

Not for checking the result against a schema (responses).
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import orjson

_OPTIONS: Final = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)

SURROGATE: Final = "the value holds text that is not valid Unicode (a lone surrogate)"
_NO_NUMBER: Final = "the value holds a number that JSON does not have: NaN or an infinity"


class NotJson(TypeError):
    """A value that has no JSON form; the message says which, and where."""


def jsonable(value: Any) -> Any:
    """Return a value built of dict, list, str, int, float, bool and None only.

    A model is its members, anything else with a `to_json()` is what that returns; date, time and UUID are their
    ISO text, a time without zone is taken for UTC, bytes are base64 (RFC 4648 section 4), a decimal is a number, a
    timedelta seconds, an enumeration's member its value, a set, a generator or another collection a list. Raises
    NotJson for anything else, and for what contains itself.
    """
    try:
        return _plain(value)
    except RecursionError:
        raise NotJson("the value is nested too deeply, or contains itself") from None
    except NotJson:
        raise
    except ValueError as error:  # a model whose attributes were assigned things that have no JSON form
        raise NotJson(f"the value has no JSON form: {error}") from error


def time_to_json(value: datetime.datetime) -> str:
    """Return a time as RFC 3339 writes it; one without zone is taken for UTC, as bravado-core did."""
    text = value.isoformat()
    return f"{text}Z" if value.tzinfo is None else f"{text[:-6]}Z" if text.endswith("+00:00") else text


def scalar_to_json(value: Any) -> Any:
    """Return the plain form of one value that JSON does not know, its own members untouched. Raises NotJson."""
    if isinstance(value, type):
        raise NotJson(f"a class ({value.__name__}) has no JSON form")
    if hasattr(value, "__macaron_values__"):
        return value.__macaron_values__()
    if hasattr(value, "to_json"):
        return value.to_json()
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise NotJson(f"a value of type {type(value).__name__} has no JSON form")


def write_json(value: Any) -> bytes:
    """Return a value as JSON bytes. Raises NotJson for what has no JSON form, NaN and infinities among it."""
    try:
        raw = orjson.dumps(value, default=scalar_to_json, option=_OPTIONS)
    except TypeError:
        return _write_exactly(value)
    # The fast writer makes null of NaN; only where there is a null is it worth a second look. (`in` would first try
    # whether b"null" is a number.)
    if raw.find(b"null") >= 0 and _has_nan(value):
        raise NotJson(_NO_NUMBER)
    return raw


def _write_exactly(value: Any) -> bytes:
    """Return JSON bytes of what the fast writer refused: integers beyond 64 bits, keys that are no text."""
    try:
        text = json.dumps(jsonable(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson(SURROGATE) from None
    except ValueError:
        raise NotJson(_NO_NUMBER) from None


def _has_nan(value: Any) -> bool:
    try:
        json.dumps(value, default=scalar_to_json, allow_nan=False)
    except ValueError:
        return True
    return False


def _plain(value: Any) -> Any:
    """Return the plain form, one frame a level: a comprehension would be another, and what was read be too deep."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict:
        return dict(zip(map(_key, value), map(_plain, value.values()), strict=True))
    # An iterator here only, where nothing is read twice.
    if kind is list or kind is tuple or isinstance(value, Iterator):
        return list(map(_plain, value))
    return _plain(scalar_to_json(value))


def _key(name: Any) -> str:
    if type(name) is str:
        return name
    plain = _plain(name)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, int) and not isinstance(plain, bool):
        return str(plain)
    raise NotJson(f"a key of type {type(name).__name__} has no JSON form")


def _number(value: decimal.Decimal) -> int | float:
    """Return a decimal as the JSON number nearest to it: an integer where it is one, else a double."""
    if not value.is_finite():
        raise NotJson(f"a decimal that is no number ({value}) has no JSON form")
    whole = value.adjusted() < _LARGEST and value == value.to_integral_value()
    return int(value) if whole else float(value)


_LARGEST: Final = 300
"""The power of ten up to which a decimal may become an integer: 1E+1000000 would have a million digits."""

_ATOMS: Final = frozenset({str, int, float, bool, type(None)})
_CONVERSIONS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...]] = (
    (enum.Enum, lambda value: value.value),
    (datetime.datetime, time_to_json),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    (uuid.UUID, str),
    (decimal.Decimal, _number),
    ((bytes, bytearray, memoryview), lambda value: base64.b64encode(value).decode("ascii")),
    (str, str),  # subclasses, which the fast writers refuse
    (bool, bool),
    (int, int),
    (float, float),
    (Mapping, dict),
    (Collection, list),
)
