"""Values into the bytes of a media type: JSON, text, bytes, items one after another; whole, or as a stream.

    a model, dict, list        -> application/json
    a str, bytes               -> text/*, anything else
    a generator, a file        -> the same, sent piece by piece
    a list, a generator        -> application/jsonl, text/event-stream: item by item

Each with the check that it must pass, if any. Not for what a document promises of which answer (responses).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.errors import BadResponse, ErrorDetail
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.jsonable import SURROGATE, NotJson, jsonable, write_json
from macaron_runner.validation.media_types import is_charset
from macaron_runner.validation.sequences import json_line, server_sent_event
from macaron_runner.validation.text_values import UnreadableText, scalar_of

if TYPE_CHECKING:
    from macaron_runner.validation.media_types import MediaType
    from macaron_runner.validation.schema import Check

Body: TypeAlias = "bytes | Stream"
Write: TypeAlias = Callable[[Any], Body]
"""Raises BadResponse for a value that cannot be written. A stream raises it while it is read."""

Broken: TypeAlias = Callable[["Check", Any], None]
"""Hears of a value that does not pass its check, and may raise."""


class Stream:
    """The pieces of a body, each written when it is asked for. To be closed, read or not: so is what they come from."""

    def __init__(self, source: Any, pieces: Iterator[Any], write: Callable[[Any], bytes]) -> None:
        self._source = source
        self._pieces: Iterator[bytes] = map(write, pieces)

    def begin(self) -> None:
        """Make the first piece: what fails until then can still be answered. Raises whatever making it raises."""
        try:
            first = list(islice(self._pieces, 1))
        except BaseException:
            self.close()
            raise
        self._pieces = chain(first, self._pieces)

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Close the generator or file."""
        if hasattr(self._source, "close"):
            self._source.close()


_PIECE: Final = 64 * 1024
_BYTES: Final = (bytes, bytearray, memoryview)


def compile_writer(
    media_type: MediaType, check: Check | None, item_check: Check | None, broken: Broken
) -> Write:
    """Return what writes values in a media type. `item_check` is for the items of those that are sequences."""
    if media_type.is_json:
        return _json_writer(check, broken)
    if media_type.is_sequence:
        write_line = _json_writer(item_check, broken)
        write_all = _sequence_writer(write_line, lambda raw: json_line(raw, media_type))
        return write_all if check is None else _checking_whole(write_all, check, broken)
    if media_type.is_event_stream:
        return _sequence_writer(_event_writer(item_check, broken), bytes)
    if media_type.is_text:
        charset = media_type.charset if is_charset(media_type.charset) else "utf-8"
        return _text_writer(charset, check, broken)
    return _in_pieces(write_bytes)


def _json_writer(check: Check | None, broken: Broken) -> Callable[[Any], bytes]:
    if check is None:
        return _write

    def write(value: Any) -> bytes:
        try:
            plain = value.to_json() if hasattr(value, "to_json") else value
            if check.valid(plain):  # the engine's own function, once it is prepared
                return write_json(check.trimmed(plain))
        except (TypeError, ValueError):  # something in it is no JSON value yet: models in a list, dates
            raw = _quickly(check, value)
            if raw is not None:
                return raw
        return _exactly(check, value, broken)

    return write


def _exactly(check: Check, value: Any, broken: Broken) -> bytes:
    """Return the bytes of a value of which every part is looked at in Python, for what is quicker has failed."""
    plain = _plain(value)
    if not _valid(check, plain):
        broken(check, plain)
    return _write(check.trimmed(plain))


def _sequence_writer(write: Callable[[Any], bytes], frame: Callable[[bytes], bytes]) -> Write:
    """Return what writes items. What is text or bytes already was framed by the handler."""

    def write_item(item: Any) -> bytes:
        return bytes(item) if isinstance(item, _BYTES) else frame(write(item))

    def write_all(value: Any) -> Body:
        if isinstance(value, list | tuple):
            return b"".join(map(write_item, value))
        if hasattr(value, "__next__"):
            return Stream(value, value, write_item)
        return write_bytes(value) if value is None or isinstance(value, str) else write_item(value)

    return write_all


def _checking_whole(write: Write, check: Check, broken: Broken) -> Write:
    """Return what holds all items against what describes them together, where they are there together."""

    def write_checked(value: Any) -> Body:
        if isinstance(value, list | tuple) and not any(isinstance(item, _BYTES) for item in value):
            plain = _plain(value)
            if not _valid(check, plain):
                broken(check, plain)
        return write(value)

    return write_checked


def _event_writer(check: Check | None, broken: Broken) -> Callable[[Any], bytes]:
    def write(value: Any) -> bytes:
        event = _plain(value)
        event = dict(event) if isinstance(event, dict) else {"data": event}
        if not isinstance(event.get("data", ""), str):
            event["data"] = _write(event["data"]).decode("utf-8")
        if check is not None and not _valid(check, event):
            broken(check, event)
        try:
            return server_sent_event(event)
        except ValueError as error:
            raise bad(str(error)) from None

    return write


def _text_writer(charset: str, check: Check | None, broken: Broken) -> Write:
    """Return what writes text; a number or a boolean as JSON does, and such a text may be what was asked for."""

    def write(value: Any) -> bytes:
        if isinstance(value, str):
            return _encoded(value, charset)
        return _write(value) if isinstance(value, int | float) else write_bytes(value)

    def write_checked(value: Any) -> Body:
        if check is not None and isinstance(value, str | int | float) and not _fits(check, value):
            broken(check, value)
        return pieces(value)

    pieces = _in_pieces(write)
    return write_checked


def _fits(check: Check, value: str | float) -> bool:
    if not isinstance(value, str):
        return _valid(check, value)
    text = str(value)
    scalar = scalar_of(text)
    return _valid(check, text) or (scalar is not text and _valid(check, scalar))


def _in_pieces(write: Callable[[Any], bytes]) -> Write:
    """Return what also takes generators and files, which become streams."""

    def write_or_stream(value: Any) -> Body:
        if hasattr(value, "read"):
            return Stream(value, _pieces_of(value), write)
        return Stream(value, value, write) if hasattr(value, "__next__") else write(value)

    return write_or_stream


def _pieces_of(file: IO[Any]) -> Iterator[Any]:
    while piece := file.read(_PIECE):
        yield piece


def write_bytes(value: Any) -> bytes:
    """Return text or bytes as they are. Raises BadResponse for anything else."""
    if isinstance(value, str):
        return _encoded(value, "utf-8")
    if isinstance(value, _BYTES):
        return bytes(value)
    if value is None:
        return b""
    raise bad(f"a value of type {type(value).__name__} is neither text nor bytes")


def write_any(value: Any) -> bytes:
    """Return the bytes of a value nobody described: bytes as they are, nothing for None, the rest as JSON."""
    if value is None:
        return b""
    return bytes(value) if isinstance(value, _BYTES) else _write(value)


def bad(message: str, problems: tuple[ErrorDetail, ...] = ()) -> BadResponse:
    """Return the error of an answer with these problems, or with this one of its body."""
    return BadResponse(errors=problems or (ErrorDetail("body", "", message),))


def problems_of(check: Check, value: Any) -> tuple[ErrorDetail, ...]:
    """Return what is wrong with a plain value. Raises BadResponse for broken text in it."""
    try:
        return check.problems(value)
    except UnicodeEncodeError:
        raise bad(SURROGATE) from None


def _encoded(text: str, charset: str) -> bytes:
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        raise bad(SURROGATE if charset == "utf-8" else f"the text is not {charset.upper()}") from None


def _valid(check: Check, value: Any) -> bool:
    """Tell whether a plain value fits. Raises BadResponse for the one thing in it that is no JSON: broken text."""
    try:
        return check.valid(value)
    except UnicodeEncodeError:
        raise bad(SURROGATE) from None


def _quickly(check: Check, value: Any) -> bytes | None:
    """Return the bytes of a value whose parts the fast writer can turn into JSON, None where they do not fit."""
    try:
        raw = write_json(value)
        plain = read_json(raw)
        if not check.valid(plain):
            return None
        trimmed = check.trimmed(plain)
        return raw if trimmed is plain else write_json(trimmed)
    except (NotJson, UnreadableText):
        return None


def _plain(value: Any) -> Any:
    try:
        return jsonable(value)
    except NotJson as error:
        raise bad(str(error)) from None


def _write(value: Any) -> bytes:
    try:
        return write_json(value)
    except NotJson as error:
        raise bad(str(error)) from None
