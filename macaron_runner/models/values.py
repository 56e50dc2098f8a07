"""What texts and numbers of JSON are in Python: the words for them that generated source is written with.

Checked by the JSON-Schema engine before: a word knows the type, and how it is written again. Not for objects (model).
"""

# No `from __future__ import annotations`: pydantic reads them.

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from macaron_runner.validation.formats import read_base64

AS_IT_IS: Final = core_schema.simple_ser_schema("any")
"""Written as what a value is, whatever it was declared."""


def _read_base64(value: Any) -> Any:
    """Return the bytes a base64 text stands for (RFC 4648 section 4); bytes are taken as they are."""
    if not isinstance(value, str):
        return value
    try:
        return read_base64(value)
    except ValueError:  # text beyond ASCII, or binascii.Error
        raise PydanticCustomError("base64", "is not base64") from None


def _write_base64(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes | bytearray) else value


Base64 = Annotated[bytes, BeforeValidator(_read_base64), PlainSerializer(_write_base64, when_used="json")]
"""Bytes, in JSON a base64 text (format byte)."""

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    File = bytes | FileStorage
else:
    File = Any  # what it may be is the decoder's business, and pydantic knows no FileStorage
"""A property of format binary: the file of a form, or bytes."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """Of texts, takes those of a length only: pydantic would take a day for a time, and midnight for a day.

    In a union of both, each value thus becomes what it is. Other values must be of the very type.
    """

    least: int
    most: int | None
    message: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        text = core_schema.str_schema(min_length=self.least, max_length=self.most, strict=True)
        arms = [core_schema.chain_schema([text, arm]) for arm in _read(schema)]
        either = core_schema.union_schema([*arms, *_zoned({**schema, "strict": True})], mode="left_to_right")
        return core_schema.custom_error_schema(
            either, schema["type"], custom_error_message=self.message, serialization=AS_IT_IS
        )


def _zoned(schema: Any) -> tuple[CoreSchema, ...]:
    """Return what takes a time that has its zone, and then one without it, for UTC; of anything else the schema."""
    if schema["type"] != "datetime":
        return (schema,)
    naive = core_schema.no_info_after_validator_function(_in_utc, schema)
    return {**schema, "tz_constraint": "aware"}, naive


def _read(schema: Any) -> tuple[CoreSchema, ...]:
    """Return the same for texts: what is read of them is in a zone of Python's own, as by datetime.fromisoformat.

    That reads at once what RFC 3339 says; pydantic the rest. Being bytes in between makes it a conversion, of which
    pydantic thinks less than of a text that stays one, where both are alternatives.
    """
    if schema["type"] != "datetime":
        return (schema,)
    steps: list[CoreSchema] = [
        core_schema.str_schema(pattern=_RFC_3339),
        core_schema.bytes_schema(),
        core_schema.str_schema(),
        core_schema.no_info_plain_validator_function(datetime.fromisoformat),
    ]
    zoned, naive = _zoned(schema)
    other = core_schema.no_info_after_validator_function(_in_own_zone, zoned)
    return core_schema.chain_schema(steps), other, naive


_RFC_3339: Final = r"^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):\d\d)$"


def _in_own_zone(value: datetime) -> datetime:
    return value.replace(tzinfo=timezone(value.utcoffset() or timedelta()))


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Either:
    """Takes an integer or a float as what it is, and only looks further at other values. Written as what it is."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        exact = [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True)]
        return core_schema.union_schema(
            [*exact, handler(source)],
            mode="left_to_right",
            serialization=AS_IT_IS,
        )


Number = Annotated[int | float, _Either()]
"""A JSON number: an int where it is written without a fraction."""

Date = Annotated[date, _Texts(10, 10, "is not a date as 2026-11-22, of the years 1 to 9999")]
"""A day (format date)."""

DateTime = Annotated[
    datetime,
    _Texts(
        11, None, "is not a time as 2026-11-22T10:20:30Z, of the years 1 to 9999 and without leap seconds"
    ),
]
"""A time with its zone, in JSON as RFC 3339 writes it (format date-time)."""
