"""The service that is fuzzed, in this process, called as a server would call it.

Not for a service over a socket (tests.support.service).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.server.app import create_app
from macaron_runner.server.service_app import ServiceApp
from tests.fuzzing.judgement import judge
from tests.fuzzing.requests import Request

FILE = Path(__file__).parent / "service" / "macaron.yaml"


class _Tracebacks(logging.Handler):
    """Keeps what is logged with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(self.format(record))


@dataclass(frozen=True)
class Fuzzed:
    """The application, and what it logs with a traceback."""

    app: ServiceApp
    tracebacks: _Tracebacks

    def ask(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers by their names in lower case, and body."""
        told: list[Any] = []
        environ = {
            **request.to_environ(),
            "SERVER_NAME": "fuzzed", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "fuzzed", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(request.body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
            "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.input_terminated": True,
        }  # fmt: skip
        chunks = self.app(environ, lambda status, headers, *_: told.append((status, headers)))
        body = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        ((status, headers),) = told
        return int(status.partition(" ")[0]), {name.lower(): value for name, value in headers}, body

    def judge(self, request: Request) -> None:
        """Assert that the answer to a request is one that any may get."""
        judge(request.method.decode("latin-1"), *self.ask(request))
        assert not self.tracebacks.found


@contextmanager
def fuzzed() -> Iterator[Fuzzed]:
    """Give the service for the length of a `with` block."""
    path, tracebacks, root = list(sys.path), _Tracebacks(), logging.getLogger()
    root.addHandler(tracebacks)
    try:
        yield Fuzzed(create_app(assemble(load(Selection(str(FILE), "", ()), environ={}))), tracebacks)
    finally:
        root.removeHandler(tracebacks)
        sys.path[:] = path
        sys.modules.pop("fuzzed_handlers", None)
        context.deactivate()
