"""From what a handler returns to a reply: model, dict, list, scalar, (value, status[, headers]), None, or a response.

    return Order(id=1)                                -> the declared 2xx status, checked and encoded
    return {"id": 1}, 202, {"Location": "/orders/1"}
    return (row for row in rows)                      -> text, bytes and sequences are sent as they are made
    return flask.Response(...)                        -> passed through untouched

Not for checking values against the document (validation.responses).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from macaron_runner.errors import BadResponse, ErrorDetail, MacaronError
from macaron_runner.models.model import Model
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.incoming import Headers, Reply, reply_of
from macaron_runner.validation.responses import BODILESS, ResponseEncoder
from macaron_runner.validation.writing import Stream

Render: TypeAlias = Callable[[Any, str], Reply | AnyResponse]
"""(what the handler returned, media type the client accepts) -> reply. Raises MacaronError, BadResponse."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""What a header may be (RFC 9110 sections 5.1 and 5.5): anything else could begin a header of its own."""

_NO_HEADERS: Final[Headers] = ()
_NOT_ENCODED: Final = (AnyResponse, MacaronError)


def default_status(operation: Operation) -> int:
    """Return the status of a result that names none: the one 2xx that the operation declares, else 200."""
    successes = [response.status for response in operation.responses if response.status.startswith("2")]
    return int(successes[0]) if len(successes) == 1 and successes[0].isdigit() else 200


def compile_render(encoder: ResponseEncoder, status_by_default: int) -> Render:
    """Return the step from an operation's result to its reply. An error that is returned is raised."""
    answers = encoder.answers

    def render(result: Any, media_type: str) -> Reply | AnyResponse:
        value, status, extra = result, status_by_default, _NO_HEADERS
        if type(result) is tuple:
            value, status, extra = parts_of(result, status_by_default)
        if isinstance(value, _NOT_ENCODED):
            return _as_it_is(value, result)
        answer = answers.get((status, media_type)) or encoder.answer(status, media_type)
        if extra and (chosen := _chosen_type(extra)) is not None:
            answer = encoder.answer_as(status, chosen)
        headers, write, check_headers = answer
        if check_headers is not None:
            check_headers(extra)
        body = write(value)
        if extra:
            headers = (*headers, *extra)
        if isinstance(body, Stream):
            body.begin()
            return AnyResponse(body, status, list(headers))
        return reply_of((status, headers, body))

    return render


def _chosen_type(headers: Headers) -> str | None:
    """Return the media type that a handler names itself."""
    return next((value for name, value in headers if name.lower() == "content-type"), None)


def _as_it_is(value: Any, result: Any) -> AnyResponse:
    """Return a framework's response. Raises an error that was returned."""
    if isinstance(value, MacaronError):
        raise value
    return _amended(value, result)


def render_plainly(result: Any, status_by_default: int) -> Reply | AnyResponse:
    """Return the reply to a result that no operation describes: JSON, or a text as text/plain."""
    value, status, extra = parts_of(result, status_by_default)
    if isinstance(value, AnyResponse):
        return _amended(value, result)
    text = isinstance(value, str)
    body = value.encode() if text else orjson.dumps(value, default=_to_json)
    headers = _content_type(status, "text/plain; charset=utf-8" if text else "application/json")
    return _with(extra, Reply(status, headers, b"" if status in BODILESS else body))


def parts_of(result: Any, status: int) -> tuple[Any, int, Headers]:
    """Return value, status and headers of a handler's result; a tuple of any other form is a value.

    Raises BadResponse for a status that ends no request (RFC 9110 section 15), or headers that cannot be sent.
    """
    if type(result) is tuple and len(result) in (2, 3) and _is_number(result[1]):
        if not 200 <= result[1] <= 599:
            raise _bad("/status", f"{result[1]} is not a status from 200 to 599")
        return result[0], int(result[1]), _headers(result[2]) if len(result) == 3 else ()
    return result, status, ()


def _is_number(value: Any) -> bool:
    """Tell whether this is a status, http.HTTPStatus included."""
    return isinstance(value, int) and not isinstance(value, bool)


def _headers(given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> Headers:
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    headers = tuple((str(name), _as_sent(str(name), str(value))) for name, value in pairs)
    for name, value in headers:
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise _bad("/headers", f"{name!r} cannot be sent: its name or its value is not allowed in HTTP")
    return headers


def _as_sent(name: str, value: str) -> str:
    """Return a header's value as it goes out: a URL in any language is percent-encoded (RFC 3987 section 3.1)."""
    return iri_to_uri(value) if name.lower() == "location" and not value.isascii() else value


def _bad(pointer: str, message: str) -> BadResponse:
    return BadResponse(errors=[ErrorDetail("response", pointer, message)])


def _content_type(status: int, media_type: str) -> Headers:
    return (("Content-Type", media_type),) if media_type and status not in BODILESS else _NO_HEADERS


def _with(extra: Headers, reply: Reply) -> Reply:
    """Return the reply with the handler's own headers; a Content-Type that it names replaces ours."""
    if any(name.lower() == "content-type" for name, _ in extra):
        return reply._replace(headers=extra)
    return reply._replace(headers=(*reply.headers, *extra))


def _amended(response: AnyResponse, result: Any) -> AnyResponse:
    """Return a framework's response with the status and headers that stand beside it in a tuple."""
    if result is not response:
        _, response.status_code, extra = parts_of(result, response.status_code)
        response.headers.update(extra)
    return response


def _to_json(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_json()
    raise TypeError(f"a {type(value).__name__} is not JSON")
