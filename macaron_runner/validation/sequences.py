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
