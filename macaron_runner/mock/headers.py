"""The headers that a response declares, with values made up. Not for bodies (answers)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from macaron_runner.mock.fitting import Unfit, fits, make_fitting
from macaron_runner.mock.merging import Merger
from macaron_runner.openapi.operation import Header, Response
from macaron_runner.validation.schema import compile_schema

_SERVERS_OWN: Final = frozenset(
    {
        "content-type",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "date",
    }
    | {"trailer", "upgrade", "te", "server", "x-request-id"}
)
"""Headers that say how an answer is sent: made up, they would be lies that break it."""
_KNOWN: Final[Mapping[str, str]] = {
    "location": "https://example.com/page",
    "content-location": "/page",
    "link": '<https://example.com/page>; rel="next"',
    "etag": '"example"',
    "last-modified": "Mon, 01 Jan 2024 09:30:00 GMT",
    "expires": "Mon, 01 Jan 2024 09:30:00 GMT",
    "set-cookie": "session=example; Path=/",
    "www-authenticate": "Bearer",
    "cache-control": "no-cache",
    "vary": "Accept",
}
"""What headers whose form HTTP itself knows say, where their schema lets them."""
_SENDABLE: Final = re.compile(r"[\t\x20-\x7e]*")


def headers_of(response: Response, merger: Merger) -> Iterator[tuple[str, str]]:
    """Yield names and values of a response's headers; one for which no value is found is left out."""
    for header in response.headers:
        if header.name.lower() in _SERVERS_OWN:
            continue
        try:
            text = _text_of(_value_of(header, merger)).strip()
        except Unfit:
            continue
        if _SENDABLE.fullmatch(text):
            yield header.name, text


def _value_of(header: Header, merger: Merger) -> Any:
    known = _KNOWN.get(header.name.lower())
    if known is not None and fits(known, compile_schema(header.schema, merger.definitions, "response")):
        return known
    return make_fitting(header.schema, merger, name=header.name)


def _text_of(value: Any) -> str:
    """Return a value in the style "simple" (OpenAPI 3.1 section 4.8.12.2): 1,2 and key,value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_text_of, value))
    if isinstance(value, dict):
        return ",".join(f"{name},{_text_of(item)}" for name, item in value.items())
    return "" if value is None else str(value)
