"""A made-up value in the form of a media type: what a handler would return for it.

Not for encoding JSON (validation.responses).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from macaron_runner.mock.xml_form import xml_document
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.media_types import parse_media_type


def in_form(value: Any, media_type: str, schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    """Return JSON and the items of a sequence as they are, and for all other media types a text or bytes."""
    parsed = parse_media_type(media_type)
    if parsed is None or parsed.is_json or parsed.is_sequence or isinstance(value, str):
        return value
    if parsed.is_event_stream:
        return value if isinstance(value, list) else [{"data": value}]
    if parsed.is_xml:
        return xml_document(value, schema, definitions, _scalar)
    if parsed.name == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode({name: _scalar(item) for name, item in value.items()}).encode()
    return _scalar(value).encode()


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
