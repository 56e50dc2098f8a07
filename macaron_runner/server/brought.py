"""The context that a request's headers bring along: ids, deadline, language, trace. What is not sane is not there.

It goes on into logs, messages and other services. Not for who asks, which is known once it was verified (incoming).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from macaron_runner.context import Context

if TYPE_CHECKING:
    from macaron_runner.server.incoming import Environ

SANE_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
"""What may become a request id of ours."""

_PATH: Final = re.compile(r"[\x21-\x7e]{1,1024}")
_UNIX_TIME: Final = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_LANGUAGES: Final = re.compile(r"[A-Za-z0-9*,;=.\- \t]{1,256}")  # RFC 9110 section 12.5.4
_TRACE_PARENT: Final = re.compile(
    r"(?!ff)(?!00.{53}-)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
    r"(?:-[\x21-\x7e]{0,128})?"
)
"""W3C Trace Context section 3.2: version ff is none, and only versions after 00 may say more."""
_TRACE_STATE: Final = re.compile(r"[\x20-\x7e\t]{1,512}")


def brought_context(environ: Environ, request_id: str, operation: str) -> Context:
    """Return the context of a request, whoever makes it."""
    deadline = _sane(environ, "HTTP_X_REQUEST_DEADLINE", _UNIX_TIME)
    parent = _sane(environ, "HTTP_TRACEPARENT", _TRACE_PARENT)
    return Context(
        request_id,
        call_id=_sane(environ, "HTTP_PYMCALLID", SANE_ID) or request_id,
        call_path=_sane(environ, "HTTP_PYMCALLPATH", _PATH),
        operation=operation,
        deadline=float(deadline) if deadline else None,
        accept_language=_sane(environ, "HTTP_ACCEPT_LANGUAGE", _LANGUAGES),
        traceparent=parent,
        # Without a parent it means nothing (section 3.3).
        tracestate=_sane(environ, "HTTP_TRACESTATE", _TRACE_STATE) if parent else "",
    )


def _sane(environ: Environ, key: str, pattern: re.Pattern[str]) -> str:
    value: str = environ.get(key, "")
    return value if value and pattern.fullmatch(value) else ""
