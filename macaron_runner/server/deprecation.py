"""Answers of deprecated operations say so: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), worked out at start.

Not for where a document says it (openapi.deprecation).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Final

from werkzeug.wrappers import Response as AnyResponse

from macaron_runner.errors import MacaronError
from macaron_runner.openapi.deprecation import DEPRECATED_AT, SUNSET, moment_of
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.endpoint import Endpoint
from macaron_runner.server.errors import with_headers
from macaron_runner.server.incoming import Incoming, Reply

_LONG_SINCE: Final = "@1"
"""The date of what is deprecated, nobody says since when: RFC 9745 has no other way to say it."""


def deprecation_headers(operation: Operation) -> Mapping[str, str]:
    """Return the headers that every answer of an operation carries; none for one that is not deprecated."""
    headers = {}
    since, until = (moment_of(operation.extensions.get(name)) for name in (DEPRECATED_AT, SUNSET))
    if since is not None:
        headers["Deprecation"] = f"@{int(since.timestamp())}"
    elif operation.deprecated:
        headers["Deprecation"] = _LONG_SINCE
    if until is not None:
        headers["Sunset"] = format_datetime(until.astimezone(UTC), usegmt=True)
    return headers


def announcing(endpoint: Endpoint, headers: Mapping[str, str]) -> Endpoint:
    """Return an endpoint whose answers, errors among them, carry these headers unless they have their own."""

    def announce(incoming: Incoming) -> Reply | AnyResponse:
        try:
            reply = endpoint(incoming)
        except MacaronError as error:
            error.headers = {**headers, **error.headers}
            raise
        return with_headers(reply, headers)

    return announce
