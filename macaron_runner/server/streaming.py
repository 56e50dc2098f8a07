"""Bodies that are made while they are sent: each part in the context of the request it is for.

Not for the answers that are whole when the handler returns (results).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from macaron_runner import context
from macaron_runner.ids import new_uuid
from macaron_runner.server.errors import report


def stream_in_context(response: Response, here: context.Context) -> None:
    """Let what yields a response's body know the user and the ids of its request; what it raises is reported."""
    chunks: Any = response.response
    callbacks = [chunks.close] if hasattr(chunks, "close") else []
    response.response = ClosingIterator(_in_context(iter(chunks), here), callbacks)


def _in_context(chunks: Iterator[Any], here: context.Context) -> Iterator[Any]:
    while True:
        with context.entered(here):
            try:
                chunk = next(chunks)
            except StopIteration:
                return
            except Exception as error:
                report(error, new_uuid())
                raise
        yield chunk
