"""When an operation was, or will be, deprecated, and when it ends: `x-deprecated-at` and `x-sunset`.

A date ("2026-12-31": its beginning, UTC) or a date-time (RFC 3339). Not for telling clients (server.deprecation).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.diagnostics import Diagnostic

if TYPE_CHECKING:
    from macaron_runner.openapi.survey import Survey

DEPRECATED_AT: Final = "x-deprecated-at"
SUNSET: Final = "x-sunset"

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d))?")


def moment_of(written: Any) -> datetime | None:
    """Return what a date or date-time says, None where it is neither."""
    if not isinstance(written, str) or not _DATE.fullmatch(written):
        return None
    try:
        moment = datetime.fromisoformat(written.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def deprecations_are_dated(survey: Survey) -> Iterator[Diagnostic]:
    """Report dates of deprecation and sunset that are no dates, or in the wrong order (RFC 9745 section 4)."""
    for node in survey.nodes("operation"):
        moments = {}
        for name in (DEPRECATED_AT, SUNSET):
            if node.has(name) and (moment := moment_of(node.child(name).value)):
                moments[name] = moment
            elif node.has(name):
                yield Diagnostic(
                    "MAC340",
                    f"{name} must be a date or a date-time",
                    node.child(name).locate(),
                    help='write it like "2026-12-31" or "2026-12-31T12:00:00Z"',
                )
        if len(moments) > 1 and moments[SUNSET] < moments[DEPRECATED_AT]:
            related = ((node.child(DEPRECATED_AT).locate(), "deprecated here"),)
            message = "the operation ends before it is deprecated"
            yield Diagnostic("MAC340", message, node.child(SUNSET).locate(), related=related)
