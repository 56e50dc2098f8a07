"""A tiny HTTP server for a process that has no other: an orchestrator asks it as it asks the web.

    GET /health/live      200, or 503 where the process must be replaced
    GET /health/ready     200, or 503 where it gets no work done at present; /health/startup is the same

Not for the web, which answers these itself (server.health).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from macaron_runner.processes.findings import Finding, as_answer

PATIENCE: Final = 5.0
"""Seconds that a client may take over its request: the next one waits for it."""

Ask = Callable[[bool], Finding]
"""Told whether readiness is asked for, returns how the process fares."""

_PATHS: Final[Mapping[str, bool]] = {"/health/live": False, "/health/ready": True, "/health/startup": True}


def answer_health(listener: socket.socket, ask: Ask) -> None:
    """Answer on a listening socket, in a thread of its own, for as long as the process lives."""

    class Handler(_Handler):
        asked = staticmethod(ask)

    server = HTTPServer(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = "", 0
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE
    server_version, sys_version = "macaron", ""
    asked: Ask

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path not in _PATHS:
            self.send_error(404)
            return
        status, body = as_answer([self.asked(_PATHS[path])])
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return ""  # a Unix socket's client has none

    def log_message(self, *_: Any) -> None:
        """Say nothing: it is asked every few seconds."""
