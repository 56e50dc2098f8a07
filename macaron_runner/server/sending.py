"""A reply's two ways out: straight to the HTTP server, or as Flask's response where Flask is to see it.

Not for making the reply (results, errors).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from flask import Response
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as AnyResponse

from macaron_runner.server.errors import status_line
from macaron_runner.server.incoming import Reply
from macaron_runner.validation.responses import BODILESS

_OURS: Final = frozenset({"content-length", "x-request-id"})
"""Headers of an answer that are never the handler's to choose."""

_STATUS_LINES: Final = {status: status_line(status) for status in range(200, 600)}


class ReplyResponse(Response):
    """A reply that says itself what its body is, if it has one."""

    default_mimetype = None


AnyKind = TypeVar("AnyKind", bound=AnyResponse)


def phrased(response: AnyKind) -> AnyKind:
    """Return a response with the status line of all our answers, where it has the phrase that Werkzeug makes up."""
    status = response.status_code
    if response.status == f"{status} {HTTP_STATUS_CODES.get(status, 'unknown').upper()}":
        response.status = status_line(status)
    return response


def as_response(reply: Reply | AnyResponse) -> AnyResponse:
    """Return a reply as Flask's response; what is a response already is returned untouched."""
    if isinstance(reply, Reply):
        return ReplyResponse(reply.body, reply.status, list(reply.headers))
    return reply


def send(reply: Reply, request_id: str, method: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send a reply under its request's id (PEP 3333); there is no body where the method or the status has none."""
    status, headers, body = reply
    sent = list(headers)
    if len(sent) > 1 or (sent and sent[0][0] != "Content-Type"):
        sent = [header for header in sent if header[0].lower() not in _OURS]
    sent.append(("X-Request-ID", request_id))
    if status not in BODILESS or status == 205:
        sent.append(("Content-Length", str(len(body))))
    start_response(_STATUS_LINES[status], sent)
    return () if method == "HEAD" else (body,)
