"""The error that an answer is, whichever form the other side gives its errors: macaron's, RFC 9457's, or none known.

    {"error": "OUT_OF_STOCK", "error_description": "…", "error_id": "…", "errors": [...]}
    {"type": "about:blank", "title": "Conflict", "detail": "…"}          (application/problem+json)

What is not of its type is not there. Not for what a document says of an error's body (decoding).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.clients.failures import RemoteError
from macaron_runner.errors import ErrorDetail
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.clients.outgoing import Answer
    from macaron_runner.openapi.operation import Operation

_LONGEST: Final = 64 * 1024
"""Bytes of a body that are kept."""
_LONGEST_TEXT: Final = 4000
_MOST: Final = 100


def remote_error(operation: Operation, answer: Answer, model: Any) -> RemoteError:
    """Return the error of an answer whose status is one; `model` is what the document makes of its body."""
    body = _parsed(answer)
    said: Mapping[str, Any] = body if isinstance(body, dict) else {}
    return RemoteError(
        _text(said, "error_description") or _text(said, "detail") or _text(said, "title"),
        operation=operation.name,
        status=answer.status,
        code=_text(said, "error"),
        error_id=_text(said, "error_id"),
        user_message=_text(said, "user_message"),
        errors=_details(said.get("errors")),
        remote_path=_texts(said.get("path")),
        remote_body=body,
        remote_headers=answer.headers,
        model=model,
    )


def _parsed(answer: Answer) -> Any:
    """Return the body as JSON, where it is such, else the beginning of its bytes."""
    if len(answer.body) <= _LONGEST:
        try:
            return read_json(answer.body)
        except UnreadableText:
            pass
    return answer.body[:_LONGEST]


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...]:
    several = value[:_MOST] if isinstance(value, list) else ()
    return tuple(each[:_LONGEST_TEXT] for each in several if isinstance(each, str))


def _details(value: Any) -> tuple[ErrorDetail, ...]:
    several = value[:_MOST] if isinstance(value, list) else ()
    found = (_detail(each) for each in several if isinstance(each, dict))
    return tuple(each for each in found if each is not None)


def _detail(value: Mapping[str, Any]) -> ErrorDetail | None:
    location, pointer, message = (value.get(name) for name in ErrorDetail._fields)
    if isinstance(location, str) and isinstance(pointer, str) and isinstance(message, str):
        return ErrorDetail(location, pointer, message)
    return None
