"""Runtime expressions of links: what a request sent or an answer said, as the value of a parameter.

    $response.body#/next   $response.header.X-Next   $request.query.limit   $request.path.id   {$response.body#/id}-x

Pure. OpenAPI 3.2 "Runtime Expressions". Not for following links (pages).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.validation.jsonable import jsonable

if TYPE_CHECKING:
    from macaron_runner.clients.outgoing import Answer, Outgoing

_EMBEDDED: Final = re.compile(r"\{(\$[^{}]+)\}")
_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer: `arguments` by place and the document's name, both bodies as JSON values."""

    outgoing: Outgoing
    arguments: Mapping[tuple[str, str], Any]
    sent: Any
    answer: Answer
    body: Any


def evaluate(expression: Any, exchange: Exchange) -> Any:
    """Return the value of an expression, itself where it is none; None where there is nothing that it speaks of."""
    if not isinstance(expression, str):
        return expression
    if expression.startswith("$"):
        return _value(expression, exchange)
    pieces = _EMBEDDED.split(expression)
    values = [_value(piece, exchange) if number % 2 else piece for number, piece in enumerate(pieces)]
    return None if any(value is None for value in values) else "".join(map(str, values))


def _value(expression: str, exchange: Exchange) -> Any:
    if expression == "$statusCode":
        return exchange.answer.status
    if expression == "$method":
        return exchange.outgoing.method
    if expression == "$url":
        return exchange.outgoing.target
    side, _, source = expression.partition(".")
    place, mark, name = source.partition("#" if source.startswith("body") else ".")
    if place == "body":
        return _at(exchange.body if side == "$response" else exchange.sent, name if mark else "")
    if side == "$response":
        return exchange.answer.header(name) if place == "header" else None
    return jsonable(exchange.arguments.get((place, name))) if side == "$request" else None


def _at(value: Any, pointer: str) -> Any:
    """Return what stands at a JSON pointer (RFC 6901), None where nothing does."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and _INDEX.fullmatch(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
