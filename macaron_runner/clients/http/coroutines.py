"""The transport of coroutines: each event loop has its own pool of connections, closed when the loop ends.

For one process, as that of threads (blocking).
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Final

import httpcore2

from macaron_runner.clients.course import failed
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.http.arriving import ArrivingAsync
from macaron_runner.clients.http.reach import ENDINGS, Origin, Reach, in_our_words
from macaron_runner.clients.outgoing import Outgoing, Patience


class _Pools:
    """What one loop has: connections to the one origin, to any other, and what closes them at the loop's end."""

    def __init__(self, reach: Reach, forget: Callable[[], object]) -> None:
        self.home, self.elsewhere = (_pool(reach, tls) for tls in reach.trust)
        self._forget = forget
        self._closing = self._close_at_the_end()

    async def begin(self) -> None:
        """Let the running loop close them when it ends: it closes every asynchronous generator that has begun."""
        await anext(self._closing)

    async def end(self) -> None:
        """Close them now."""
        await self._closing.aclose()

    async def _close_at_the_end(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._forget()
            await self.home.aclose()
            await self.elsewhere.aclose()


class AsyncHttpTransport:
    """Carries requests to one origin, and elsewhere where they are redirected (outgoing.AsyncTransport)."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._origin = Origin(reach.origin)
        self._pools: dict[AbstractEventLoop, _Pools] = {}

    async def send(self, outgoing: Outgoing, patience: Patience) -> ArrivingAsync:
        """Return the answer as soon as its head is here. Raises TransportError; CannotSend."""
        loop = asyncio.get_running_loop()
        until = None if patience.total is None else loop.time() + patience.total
        pools = self._pools.get(loop) or await self._pools_of(loop)
        origin, pool = self._origin, pools.home
        if outgoing.origin:
            origin, pool = Origin(outgoing.origin), pools.elsewhere
        timeout = {"connect": patience.connect, "pool": patience.connect}
        request = origin.written(outgoing, _body(outgoing.body), timeout)
        try:
            async with asyncio.timeout_at(until):
                response = await pool.handle_async_request(request)
        except (*ENDINGS, TimeoutError) as error:
            raise in_our_words(error) from error
        except httpcore2.LocalProtocolError:
            raise failed(CannotSend, outgoing) from None
        return ArrivingAsync(response, outgoing.method, until, patience.total)

    async def _pools_of(self, loop: AbstractEventLoop) -> _Pools:
        pools = self._pools[loop] = _Pools(self._reach, lambda: self._pools.pop(loop, None))
        await pools.begin()
        return pools

    async def close(self) -> None:
        """Close the connections of the running loop."""
        pools = self._pools.get(asyncio.get_running_loop())
        if pools is not None:
            await pools.end()

    def abandon(self) -> None:
        """Leave the connections of another process alone: its loops are not here to close them."""
        _ABANDONED.append(self._pools)


_ABANDONED: Final[list[Any]] = []


def _pool(reach: Reach, tls: ssl.SSLContext | None) -> httpcore2.AsyncConnectionPool:
    return httpcore2.AsyncConnectionPool(**reach.pool_options(tls))


def _body(body: bytes | Iterable[bytes] | None) -> bytes | AsyncGenerator[bytes] | None:
    return body if body is None or isinstance(body, bytes) else _pieces(body)


async def _pieces(body: Iterable[bytes]) -> AsyncGenerator[bytes]:
    """Yield the pieces of a body; each is made in a thread, because it may be read from a disk."""
    pieces = iter(body)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
