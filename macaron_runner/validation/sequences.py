"""Sequential media types: JSON lines, JSON text sequences and server-sent events, one item after another.

Not for checking the items (body, responses). OpenAPI 3.2 "Sequential Media Types"; RFC 7464; https://jsonlines.org;
WHATWG HTML section 9.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Schema
    from macaron_runner.validation.media_types import MediaType

_RECORD_SEPARATOR: Final = b"\x1e"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LINE_FEED: Final = re.compile(rb"\n")
_RECORD_START: Final = re.compile(_RECORD_SEPARATOR)
_EVENT_END: Final = re.compile(rb"(?:\r\n|\r(?!\n|\Z)|\n){2}")
"""An empty line; a lone CR at the end of a piece may be half a CRLF."""
_MOST_DIGITS: Final = 15


def schema_of_sequence(content: Content) -> Schema | None:
    """Return what describes all items of a content together, as an array; None where nothing does."""
    if content.item_schema is None:
        return content.schema
    items: Schema = {"type": "array", "items": content.item_schema}
    return items if content.schema is None else {"allOf": [items, content.schema]}


def read_items(raw: bytes, media_type: MediaType) -> list[Any]:
    """Return the JSON values of a sequence. Raises UnreadableText, which tells the number of the item."""
    parts = raw.split(_RECORD_SEPARATOR if media_type.is_json_seq else b"\n")
    return [_read_item(part, number) for number, part in enumerate(parts, 1) if part.strip()]


class Cutter:
    r"""Cuts a sequence into its items while it arrives: each JSON value, or each server-sent event as an object.

        cutter.feed(b'{"id": 1}\n{"i') == [{"id": 1}]

    An event has the members data, event, id and retry, of those that it says (OpenAPI 3.2 "Server-Sent Events").
    """

    def __init__(self, media_type: MediaType) -> None:
        self._is_events = media_type.is_event_stream
        self._end = _EVENT_END if self._is_events else _RECORD_START if media_type.is_json_seq else _LINE_FEED
        self._rest = b""
        self._number = 0

    def feed(self, piece: bytes) -> list[Any]:
        """Return the items that are complete now. Raises UnreadableText."""
        *whole, self._rest = self._end.split(self._rest + piece)
        return self._items(whole)

    def finish(self) -> list[Any]:
        """Return what is left when all has arrived; of events nothing, for one lacks its end. Raises UnreadableText."""
        rest, self._rest = self._rest, b""
        return [] if self._is_events else self._items([rest])

    def _items(self, parts: list[bytes]) -> list[Any]:
        items = []
        for part in parts:
            if part.strip():
                self._number += 1
                items.append(_event_of(part) if self._is_events else _read_item(part, self._number))
        return [item for item in items if item != {} or not self._is_events]


def _event_of(raw: bytes) -> dict[str, Any]:
    """Return the fields of one event (WHATWG HTML section 9.2.6); comments are none."""
    event: dict[str, Any] = {}
    for line in _LINE_END.split(raw.decode("utf-8", "replace").removeprefix("\ufeff")):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            event["data"] = f"{event['data']}\n{value}" if "data" in event else value
        elif name in {"event", "id"}:
            event[name] = value
        elif name == "retry" and value.isascii() and value.isdigit():
            event["retry"] = int(value[:_MOST_DIGITS])
    return event


def _read_item(raw: bytes, number: int) -> Any:
    try:
        return read_json(raw.strip())
    except UnreadableText as error:
        raise UnreadableText(f"item {number} {error}") from None


def json_line(raw: bytes, media_type: MediaType) -> bytes:
    """Return one JSON text as an item of a sequence."""
    return (_RECORD_SEPARATOR if media_type.is_json_seq else b"") + raw + b"\n"


def server_sent_event(event: Mapping[str, Any]) -> bytes:
    r"""Return one event of `text/event-stream`: its fields, `data` last. Raises ValueError for a field of two lines.

    server_sent_event({"event": "sold", "data": "a\nb"}) == b"event: sold\ndata: a\ndata: b\n\n"
    """
    lines = []
    for name, value in event.items():
        if value is not None and name != "data":
            text = str(value)
            if _LINE_END.search(f"{name}{text}"):
                raise ValueError(f'the field "{name[:40]}" of an event cannot have line ends')
            lines.append(f"{name}: {text}")
    data = event.get("data")
    lines += [f"data: {line}" for line in _LINE_END.split(data)] if data is not None else []
    return "\n".join([*lines, "", ""]).encode("utf-8", "replace")
