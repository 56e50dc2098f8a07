"""An event loop for each thread that meets an `async def` handler, kept for its next one.

Not for serving requests concurrently on one loop: a handler has its thread while it runs.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Loop(threading.local):
    """The loop of one thread. Closed when the thread ends, or the process."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.owner = _Owner()
        weakref.finalize(self.owner, self.runner.close)


class _Owner:
    """Dies with its thread's `_Loop`; the loop itself may be held by others for longer."""

    __slots__ = ("__weakref__",)


_loop = _Loop()


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return what the coroutine returns, run on this thread's loop in a copy of the caller's context.

    So flask.request, flask.g and the current user are there inside. Raises what the coroutine raises.
    """
    return _loop.runner.run(coroutine, context=contextvars.copy_context())


def pieces(generator: AsyncGenerator[Result, None]) -> Iterator[Result]:
    """Yield what an asynchronous generator yields, each on the loop of the thread that asks; then it is closed."""

    async def following() -> Result:
        return await anext(generator)

    try:
        while True:
            try:
                piece = run(following())
            except StopAsyncIteration:
                return
            yield piece
    finally:
        run(generator.aclose())
