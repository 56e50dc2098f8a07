"""From anything that went wrong in a request to the reply a client sees, and the report its owner gets.

    {"status": 404, "error": "NOT_FOUND", "error_description": "There is nothing at this path", "error_id": "..."}

or, with `http.errors: problem`, the same facts as application/problem+json (RFC 9457). What a 5xx tells a client is
what the service wrote for clients, never what Python said. Not for the errors themselves (macaron_runner.errors).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import CoroutineType, MappingProxyType
from typing import Any, Final, TypeAlias

import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from macaron_runner import context
from macaron_runner.errors import (
    BadResponse,
    BodyTooLarge,
    Forbidden,
    InvalidParameter,
    MacaronError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotImplementedYet,
    RequestTimeout,
    TokenInvalid,
    TooManyRequests,
    UnsupportedMediaType,
    add_error,
)
from macaron_runner.server import event_loop
from macaron_runner.server.incoming import Headers, Reply, reply_of
from macaron_runner.server.results import render_plainly

log = logging.getLogger(__name__)

RenderError: TypeAlias = Callable[[BaseException], Reply | AnyResponse]
"""Never raises: whatever went wrong has an answer."""

ErrorReply: TypeAlias = Callable[[MacaronError], Reply]
ErrorBody: TypeAlias = Callable[[MacaronError], dict[str, Any]]

_CLASSES: Final[Mapping[int, type[MacaronError]]] = MappingProxyType({
    kind.status: kind
    for kind in (
        InvalidParameter, TokenInvalid, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, RequestTimeout,
        BodyTooLarge, UnsupportedMediaType, TooManyRequests, MacaronError, NotImplementedYet,
    )
})  # fmt: skip
"""The error of each status that has one of ours."""


def compile_form(form: str, redact: Callable[[bytes], bytes] = bytes) -> ErrorReply:
    """Return what writes an error in the form that `http.errors` names; `redact` takes secrets out of every 5xx.

    What a 4xx says of a request is the client's own. To mask it would tell a client that guesses when it is right.
    """
    media_type, body_of = _FORMS[form]
    typed: Headers = (("Content-Type", media_type),)

    def write(error: MacaronError) -> Reply:
        status, headers = error.status, error.headers
        body = orjson.dumps(body_of(error), default=str)
        if status >= 500:
            body = redact(body)
        return reply_of((status, (*typed, *headers.items()) if headers else typed, body))

    return write


def compile_errors(write: ErrorReply, handler: Callable[[MacaronError], Any] | None) -> RenderError:
    """Return what answers for an error, and reports it where it is the service's own (5xx).

    NotImplementedYet is no surprise to anybody: it gets a line in the log, and no report.

    `handler` is `http.error_handler`: it gets the error and returns a response value. If it returns None, or fails
    (which is reported too), `write` decides.
    """

    def render(problem: BaseException) -> Reply | AnyResponse:
        if isinstance(problem, MacaronError):
            error = problem
        elif isinstance(problem, HTTPException) and (
            problem.response is not None or (problem.code or 500) < 400
        ):
            return problem.get_response()  # abort(response), and redirects, are answers of their own
        else:
            error = as_macaron_error(problem)
        if error.status >= 500:
            _tell_owner(problem, error)
        if handler is None:
            return write(error)
        try:
            return _by_handler(handler, error) or write(error)
        except BaseException as failure:  # it must not end the server either
            report(failure, error.error_id)
            return write(error)

    return render


def _tell_owner(problem: BaseException, error: MacaronError) -> None:
    if isinstance(error, NotImplementedYet):
        log.warning("%s (error_id %s)", error, error.error_id, extra={"error_id": error.error_id})
    else:
        report(problem, error.error_id)


def _by_handler(handler: Callable[[MacaronError], Any], error: MacaronError) -> Reply | AnyResponse | None:
    value = handler(error)
    if type(value) is CoroutineType:
        value = event_loop.run(value)
    return None if value is None else with_headers(render_plainly(value, error.status), error.headers)


def as_macaron_error(problem: BaseException) -> MacaronError:
    """Return the error that a client gets for whatever was raised."""
    if isinstance(problem, MacaronError):
        return problem
    if isinstance(problem, HTTPException):
        return _of_werkzeug(problem)
    return MacaronError()


_RENAMED: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Where Python before 3.13 has the names of older RFCs: codes must not change with its version."""


def _of_werkzeug(problem: HTTPException) -> MacaronError:
    """Return the error of `abort(404)` and of what Werkzeug raises; its own texts are written for browsers."""
    status = problem.code or 500
    kind = error_class(status)
    own_words = problem.description != type(problem).description
    headers = {name: value for name, value in problem.get_headers() if name != "Content-Type"}
    return kind(problem.description if own_words else None, headers=headers)


def phrase_of(status: int) -> str:
    """Return the reason phrase of a status as RFC 9110 has it, or "" where it is none that is known."""
    try:
        return _RENAMED.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return ""


def status_line(status: int) -> str:
    """Return a status as every answer has it, whoever makes it: "404 Not Found", "299 Unknown" (PEP 3333)."""
    return f"{status} {phrase_of(status) or 'Unknown'}"


@functools.cache
def error_class(status: int) -> type[MacaronError]:
    """Return the error of a status (400 to 599); of one that has none a new one by its name, 418 -> IM_A_TEAPOT."""
    if status in _CLASSES:
        return _CLASSES[status]
    phrase = phrase_of(status) or f"HTTP {status}"
    code = "_".join(phrase.upper().replace("'", "").replace("-", " ").split())
    kind = add_error("HttpError", code, status)
    kind.default_description = phrase
    return kind


def report(problem: BaseException, error_id: str) -> None:
    """Tell the service's owner about an error, with the id that the client was told."""
    here = context.current()
    if isinstance(problem, BadResponse):
        problem.add_note(f"in an answer of {here.operation if here else 'an unknown operation'}:")
        for detail in problem.errors:
            problem.add_note(f"{detail.location} {detail.pointer}: {detail.message}")
    reporter = context.service().report_crash
    if reporter is not None:
        reporter(problem, error_id=error_id, context=here)
    else:
        log.error("error %s", error_id, exc_info=problem)


def _macaron_body(error: MacaronError) -> dict[str, Any]:
    body = error.to_json()
    if error.status >= 500:
        body.pop("errors", None)
    return body


def _problem_body(error: MacaronError) -> dict[str, Any]:
    """Return the members of RFC 9457 section 3.1, and our facts as extensions (section 3.2)."""
    facts = _macaron_body(error)
    return {
        "type": "about:blank",
        "title": phrase_of(error.status) or error.code,
        "status": facts.pop("status"),
        "detail": facts.pop("error_description"),
        **facts,
    }


_FORMS: Final[Mapping[str, tuple[str, ErrorBody]]] = MappingProxyType(
    {
        "macaron": ("application/json", _macaron_body),
        "problem": ("application/problem+json", _problem_body),
    }
)


def with_headers(reply: Reply | AnyResponse, headers: Mapping[str, str]) -> Reply | AnyResponse:
    """Return the reply with the headers that its status demands (WWW-Authenticate, Allow, Retry-After), if missing."""
    if isinstance(reply, AnyResponse):
        for name, value in headers.items():
            reply.headers.setdefault(name, value)
        return reply
    said = {name.lower() for name, _ in reply.headers}
    missing: Headers = tuple((name, value) for name, value in headers.items() if name.lower() not in said)
    return reply._replace(headers=(*reply.headers, *missing))
