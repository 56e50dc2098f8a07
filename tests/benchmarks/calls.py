"""An application called as a server would, without one: WSGI with a prepared environment, ASGI with a prepared scope.

What is added to the application's own work is the same for all of one kind: a copy of a dict, a stream or two
callables. Not for real servers (end_to_end).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from tests.benchmarks.workloads import Workload

Answer = tuple[int, bytes]
Repeat = Callable[[int], Answer]
"""Sends a request so many times, and returns the last answer."""


class WsgiCaller:
    """Calls a WSGI application (PEP 3333)."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def prepare(self, workload: Workload) -> Repeat:
        """Return what sends a workload's request."""
        app, environ, body = self._app, _environ(workload), workload.body

        def repeat(count: int) -> Answer:
            status, answer = "", b""

            def start_response(line: str, headers: object, exc_info: object = None) -> None:
                nonlocal status
                status = line

            for _ in range(count):
                parts = app({**environ, "wsgi.input": BytesIO(body)}, start_response)
                answer = b"".join(parts)
                if hasattr(parts, "close"):
                    parts.close()
            return int(status[:3]), answer

        return repeat


class AsgiCaller:
    """Calls an ASGI 3 application, started as its server would start it (the lifespan protocol)."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._start())

    async def _start(self) -> None:
        """Tell the application to start, and keep its lifespan open; one that has none raises."""
        self._started = asyncio.Event()
        self._lifespan = asyncio.create_task(self._live())
        await self._started.wait()

    async def _live(self) -> None:
        events = [{"type": "lifespan.startup"}]

        async def receive() -> Any:
            return events.pop() if events else await asyncio.Event().wait()

        async def send(message: MutableMapping[str, Any]) -> None:
            assert message["type"] == "lifespan.startup.complete", message
            self._started.set()

        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
        finally:
            self._started.set()

    def prepare(self, workload: Workload) -> Repeat:
        """Return what sends a workload's request."""
        app, scope = self._app, _scope(workload)
        request = {"type": "http.request", "body": workload.body, "more_body": False}

        async def many(count: int) -> Answer:
            status = 0
            parts: list[bytes] = []

            async def receive() -> Any:
                return request

            async def send(message: MutableMapping[str, Any]) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    parts.clear()
                else:
                    parts.append(message.get("body", b""))

            for _ in range(count):
                await app({**scope, "state": {}}, receive, send)
            return status, b"".join(parts)

        return lambda count: self._loop.run_until_complete(many(count))


def caller_of(app: Any) -> WsgiCaller | AsgiCaller:
    """Return what calls an application, of whichever kind it is."""
    call = app if inspect.isfunction(app) else type(app).__call__
    return AsgiCaller(app) if inspect.iscoroutinefunction(call) else WsgiCaller(app)


def _environ(workload: Workload) -> dict[str, Any]:
    """Return what gunicorn makes of the request, but for its body."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": workload.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(workload.path),
        "RAW_URI": workload.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "gunicorn",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": "127.0.0.1:8080",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in workload.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    if workload.body:
        environ["CONTENT_LENGTH"] = str(len(workload.body))
    return environ


def _scope(workload: Workload) -> dict[str, Any]:
    """Return what uvicorn makes of the request."""
    headers = {"Host": "127.0.0.1:8080", "User-Agent": "benchmark", "Accept": "*/*", **workload.headers}
    if workload.body:
        headers["Content-Length"] = str(len(workload.body))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": workload.method,
        "root_path": "",
        "path": unquote(workload.path),
        "raw_path": workload.path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
