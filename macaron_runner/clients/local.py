"""Calls of this process's own application, without a socket: the same request in, the same answer out.

The other side sees nothing of its caller but the request: it runs in an empty context, whatever is current here. It
runs in its caller's thread, unless an event loop runs in that one. What it does cannot be ended from here: it is told
the deadline, as over a socket, and who waits elsewhere for it stops waiting. Not for making the application.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes

from macaron_runner.clients.outgoing import Broken, Outgoing, Pairs, Patience, TimedOut, TooLong

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

Result = TypeVar("Result")

ORIGIN: Final = "http://localhost:80"
"""Where it says it is."""

_log: Final = logging.getLogger("macaron.clients")


class LocalTransport:
    """Hands requests to an application of this process, asked for when it is needed (outgoing.Transport)."""

    def __init__(self, application: Callable[[], Application]) -> None:
        self._application = application

    def send(self, outgoing: Outgoing, patience: Patience) -> LocalArriving:
        """Return the answer as soon as its head is here. Raises TimedOut."""
        arriving = LocalArriving(self._application(), outgoing)
        if not _a_loop_runs_here():
            arriving.begin()
        else:  # whose handlers, and ours, may need it
            _wait(arriving, _in_a_thread(arriving.begin), patience.total)
        return arriving

    def close(self) -> None:
        """There is nothing to close."""

    def abandon(self) -> None:
        """There is nothing to abandon."""


class LocalArriving:
    """What an application answers (outgoing.Arriving)."""

    def __init__(self, application: Application, outgoing: Outgoing) -> None:
        self._application, self._name = application, outgoing.operation.name
        self._environ = environ_of(outgoing)
        self._sent = self._environ["wsgi.input"]
        self._context = Context()
        self._written: list[bytes] = []
        self._body: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: Pairs = ()

    def begin(self) -> None:
        """Let the application answer, up to the head of its answer; 500 where it fails, as a server would say.

        Raises what making the body raised: over a socket the request would not have ended.
        """
        try:
            self._context.run(self._ask)
        except Exception:
            _log.exception("%s failed", self._name)
            self.status, self.headers, self._pieces = 500, (), iter(())
        failure = getattr(getattr(self._sent, "raw", None), "failure", None)
        if failure is not None:
            self.close()
            raise failure

    def _ask(self) -> None:
        self._body = self._application(self._environ, self._start)
        self._pieces = iter(self._body)

    def _start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take status and headers; the last that are given count (PEP 3333, "The start_response() Callable")."""
        self.status, self.headers = int(status[:3]), tuple(headers)
        return self._written.append

    def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; Broken."""
        whole = bytearray()
        try:
            for piece in self.pieces():
                whole += piece
                if len(whole) > most:
                    raise TooLong("the answer is longer than it may be")
        finally:
            self.close()
        return bytes(whole)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes. Raises Broken where the application fails at it."""
        while (piece := self._context.run(self._next)) is not None:
            yield piece

    def _next(self) -> bytes | None:
        if self._written:
            return self._written.pop(0)
        try:
            return next(self._pieces, None)
        except Exception as error:
            _log.exception("%s failed while it answered", self._name)
            raise Broken("the application failed while it answered") from error

    def close(self) -> None:
        """Let the application know that its answer was taken, or is not wanted."""
        close = getattr(self._body, "close", None)
        self._body = ()
        if close is not None:
            self._context.run(close)


class AsyncLocalTransport:
    """The same for coroutines: the application answers in a thread (outgoing.AsyncTransport)."""

    def __init__(self, application: Callable[[], Application]) -> None:
        self._application = application

    async def send(self, outgoing: Outgoing, patience: Patience) -> AsyncLocalArriving:
        """Return the answer as soon as its head is here. Raises TimedOut."""
        arriving = AsyncLocalArriving(LocalArriving(self._application(), outgoing), patience.total)
        try:
            await arriving.begin()
        except BaseException:
            await arriving.close()
            raise
        return arriving

    async def close(self) -> None:
        """There is nothing to close."""

    def abandon(self) -> None:
        """There is nothing to abandon."""


class AsyncLocalArriving:
    """What an application answers, for coroutines (outgoing.ArrivingAsync)."""

    def __init__(self, arriving: LocalArriving, patience: float | None) -> None:
        self._arriving, self._patience = arriving, patience
        self._work: Future[Any] = Future()

    @property
    def status(self) -> int:
        """The status."""
        return self._arriving.status

    @property
    def headers(self) -> Pairs:
        """The headers, as they came."""
        return self._arriving.headers

    async def begin(self) -> None:
        """Let the application answer, up to the head of its answer. Raises TimedOut."""
        await self._in_time(self._arriving.begin)

    async def read(self, most: int) -> bytes:
        """Return the whole body. Raises TooLong where it is longer than `most` bytes; TransportError."""
        return await self._in_time(lambda: self._arriving.read(most))

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises TransportError."""
        pieces = self._arriving.pieces()
        while (piece := await self._in_time(lambda: next(pieces, None))) is not None:
            yield piece

    async def close(self) -> None:
        """Let the application know that its answer was taken, or is not wanted."""
        _close_after(self._work, self._arriving)

    async def _in_time(self, work: Callable[[], Result]) -> Result:
        """Return what is done in a thread. Raises TimedOut where it takes longer; it is left alone then."""
        self._work = future = _in_a_thread(work)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise TimedOut("the answer did not come in time") from error


def environ_of(outgoing: Outgoing) -> dict[str, Any]:
    """Return the request as a server gives it to an application (PEP 3333), its target as it came beside it."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": outgoing.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(outgoing.path).decode("latin-1"),
        "RAW_URI": outgoing.target,
        "QUERY_STRING": outgoing.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **_body(outgoing.body),
    }
    for name, value in outgoing.headers:
        key = _key(name)
        environ[key] = f"{environ[key]},{value}" if key in environ and key != "HTTP_HOST" else value
    return environ


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _body(body: bytes | Iterable[bytes] | None) -> dict[str, Any]:
    if body is None or isinstance(body, bytes):
        data = body or b""
        return {"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))}
    return {"wsgi.input": io.BufferedReader(_Pieces(body)), "wsgi.input_terminated": True}


class _Pieces(io.RawIOBase):
    """A body that is made as it is read, by its maker's lights: in the context that calls.

    `failure` is what making it raised, which the application takes for a broken connection.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._context = copy_context()
        self._waiting = memoryview(b"")
        self.failure: Exception | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, or a part of it; 0 at the end."""
        while not self._waiting:
            try:
                piece = self._context.run(next, self._pieces, None)
            except Exception as failure:
                self.failure = failure
                raise
            if piece is None:
                return 0
            self._waiting = memoryview(piece)
        count = min(len(buffer), len(self._waiting))
        buffer[:count], self._waiting = self._waiting[:count], self._waiting[count:]
        return count


def _a_loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_a_thread(work: Callable[[], Result]) -> Future[Result]:
    executor = ThreadPoolExecutor(1, "macaron-local")
    try:
        return executor.submit(work)
    finally:
        executor.shutdown(wait=False)


def _wait(arriving: LocalArriving, begun: Future[None], seconds: float | None) -> None:
    try:
        begun.result(seconds)
    except TimeoutError as error:
        _close_after(begun, arriving)
        raise TimedOut("the answer did not come in time") from error


def _close_after(work: Future[Any], arriving: LocalArriving) -> None:
    """Close an answer, now or when the application is done with what nobody waits for any more."""
    work.add_done_callback(lambda _: arriving.close())
