"""One operation, compiled: a request in, a reply out, with nothing looked up, inspected or built in between.

    guard -> accept -> parameters -> body -> handler -> check and encode

Knows no framework: a handler may return Flask's response and gets it passed through, nothing more. Not for matching
paths (router), nor for turning errors into replies (errors): they leave here as exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import AsyncGeneratorType, CoroutineType
from typing import Any, TypeAlias

from werkzeug.wrappers import Response as AnyResponse

from macaron_runner.auth.security import Guard
from macaron_runner.openapi.operation import Operation
from macaron_runner.server import event_loop
from macaron_runner.server.binding import Binding
from macaron_runner.server.incoming import Incoming, Reply
from macaron_runner.server.results import compile_render, default_status
from macaron_runner.validation.body import BodyDecoder
from macaron_runner.validation.parameters import ParameterDecoder
from macaron_runner.validation.responses import ResponseEncoder

Endpoint: TypeAlias = Callable[[Incoming], Reply | AnyResponse]
"""Answers one operation. Raises MacaronError, and whatever the handler raises."""

Authenticate: TypeAlias = Callable[[Incoming], None]
Arguments: TypeAlias = Callable[[Incoming], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Codec:
    """What validation compiled for an operation; None where the operation has no such part."""

    parameters: ParameterDecoder | None
    body: BodyDecoder | None
    responses: ResponseEncoder

    def prepare(self) -> None:
        """Compile now what is otherwise compiled at first use."""
        for part in (self.parameters, self.body, self.responses):
            if part is not None:
                part.prepare()


def compile_endpoint(
    operation: Operation, binding: Binding, guard: Guard | None, codec: Codec, body_limit: int
) -> Endpoint:
    """Return what answers the operation. Credentials are looked at before anything else of the request is."""
    authenticate = _compile_guard(guard) if guard is not None else None
    arguments = _compile_arguments(codec.parameters) if codec.parameters is not None else None
    decode, streams = codec.body, codec.body is not None and codec.body.streams
    call = binding.call
    render = compile_render(codec.responses, default_status(operation))
    negotiate = codec.responses.negotiate

    def endpoint(incoming: Incoming) -> Reply | AnyResponse:
        if authenticate is not None:
            authenticate(incoming)
        media_type = negotiate(incoming.accept)
        values = arguments(incoming) if arguments is not None else {}
        if decode is None:
            body = None
        elif streams:
            body = decode.open(incoming.content_type, incoming.content_length, incoming.open_body)
        else:  # here, not in a function of its own: each call costs, and again when it has to be unwound
            body = decode(
                incoming.content_type, incoming.content_length, lambda: incoming.read_body(body_limit)
            )
        incoming.contexts.begin(incoming)
        result = call(values, body)
        if type(result) is CoroutineType:
            result = event_loop.run(result)
        elif type(result) is AsyncGeneratorType:
            result = event_loop.pieces(result)
        return render(result, media_type)

    return endpoint


def surrounded(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint whose request is decoded by code of the service's own as well: its formats, its classes."""

    def answer(incoming: Incoming) -> Reply | AnyResponse:
        incoming.contexts.begin(incoming)
        return endpoint(incoming)

    return answer


def _compile_guard(guard: Guard) -> Authenticate:
    """Return a step that lets the request know who asks."""

    def authenticate(incoming: Incoming) -> None:
        incoming.identity = guard(incoming.header, incoming.cookies, incoming.query)

    return authenticate


def _compile_arguments(decode: ParameterDecoder) -> Arguments:
    return lambda incoming: decode(incoming.path_values, incoming.query, incoming.header)
