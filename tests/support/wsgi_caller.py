"""A client's calls answered by a WSGI application of this process: requests as a server would hand them over."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from macaron_runner.clients.options import Options
from macaron_runner.clients.outgoing import Answer, Outgoing, Pairs


class WsgiCaller:
    """Calls any operation; keeps what was sent last."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.sent: Outgoing | None = None

    def __call__(self, outgoing: Outgoing, options: Options) -> Answer | Arrived:
        self.sent = outgoing
        pieces, status, headers = run_wsgi_app(self.application, environ_of(outgoing, options.headers))
        number = int(status.split()[0])
        pairs = tuple(headers.items())
        if options.stream and number < 300:
            return Arrived(number, pairs, pieces)
        return Answer(number, pairs, b"".join(pieces))

    async def aio(self, outgoing: Outgoing, options: Options) -> Answer | ArrivedAsync:
        answer = self(outgoing, options)
        return answer if isinstance(answer, Answer) else ArrivedAsync(answer)


class Arrived:
    """An answer as it arrives."""

    def __init__(self, status: int, headers: Pairs, pieces: Any) -> None:
        self.status, self.headers, self._pieces, self.closed = status, headers, pieces, False

    def read(self, most: int) -> bytes:
        return b"".join(self._pieces)[:most]

    def pieces(self) -> Iterator[bytes]:
        yield from self._pieces

    def close(self) -> None:
        self.closed = True


class ArrivedAsync:
    """The same for coroutines."""

    def __init__(self, arrived: Arrived) -> None:
        self.status, self.headers, self._arrived = arrived.status, arrived.headers, arrived

    async def read(self, most: int) -> bytes:
        return self._arrived.read(most)

    async def pieces(self) -> Any:
        for piece in self._arrived.pieces():
            yield piece

    async def close(self) -> None:
        self._arrived.close()


def environ_of(outgoing: Outgoing, more: Pairs = ()) -> dict[str, Any]:
    """Return the environment of a request (PEP 3333), with the path as it was sent in RAW_URI."""
    body = outgoing.body
    raw = b"" if body is None else body if isinstance(body, bytes) else b"".join(body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": outgoing.method,
        "PATH_INFO": unquote_to_bytes(outgoing.path).decode("latin-1"),
        "RAW_URI": outgoing.target,
        "QUERY_STRING": outgoing.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(raw)),
    }
    for name, value in (*outgoing.headers, *more):
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
