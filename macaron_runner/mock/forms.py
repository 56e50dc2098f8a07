"""A made-up value in the form of a media type: what a handler would return for it.

Not for encoding JSON (validation.responses).
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import orjson

from macaron_runner.validation.media_types import parse_media_type

_ELEMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def in_form(value: Any, media_type: str) -> Any:
    """Return JSON and the items of a sequence as they are, and for all other media types a text or bytes."""
    parsed = parse_media_type(media_type)
    if parsed is None or parsed.is_json or parsed.is_sequence or isinstance(value, str):
        return value
    if parsed.is_event_stream:
        return value if isinstance(value, list) else [{"data": value}]
    if parsed.name.endswith(("/xml", "+xml")):
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{_xml("response", value)}'.encode()
    if parsed.name == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode({name: _scalar(item) for name, item in value.items()}).encode()
    return _scalar(value).encode()


def _xml(name: str, value: Any) -> str:
    """Return an element; of an array one for each item, as documents mean it that say nothing else."""
    if isinstance(value, list) and name != "response":
        return "".join(_xml(name, item) for item in value)
    tag = name if _ELEMENT.fullmatch(name) else "item"
    if isinstance(value, list):
        return f"<{tag}>{_xml('item', value)}</{tag}>"
    if isinstance(value, dict):
        return f"<{tag}>{''.join(_xml(each, item) for each, item in value.items())}</{tag}>"
    return f"<{tag}>{escape(_scalar(value))}</{tag}>"


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
