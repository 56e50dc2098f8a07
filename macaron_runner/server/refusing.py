"""Requests that a mocked operation refuses, answered in the form that its document describes for such an answer.

Not for making these answers up (mock.answers), nor for handlers: what they raise is told as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response as AnyResponse

from macaron_runner.errors import MacaronError
from macaron_runner.server.endpoint import Endpoint
from macaron_runner.server.incoming import Incoming, Reply
from macaron_runner.server.results import compile_render
from macaron_runner.validation.responses import ResponseEncoder

if TYPE_CHECKING:
    from macaron_runner.mock.answers import Made


def refusing(
    endpoint: Endpoint, refusal: Callable[[MacaronError], Made | None], encoder: ResponseEncoder
) -> Endpoint:
    """Return an endpoint that answers errors as `refusal` says; what it gives no answer for is raised."""
    render = compile_render(encoder, 200)

    def answer(incoming: Incoming) -> Reply | AnyResponse:
        try:
            return endpoint(incoming)
        except MacaronError as error:
            incoming.contexts.begin(incoming)  # it may look at the request's headers
            made = refusal(error)
            if made is None:
                raise
        return render(made, encoder.negotiate(None))

    return answer
