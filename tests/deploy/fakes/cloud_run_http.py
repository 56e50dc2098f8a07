"""The fake Cloud Run behind HTTP, on a free port: its API, its log entries, and services' own addresses below /at/."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.deploy.fakes.cloud_run import FakeCloudRun, Refused


@contextmanager
def served(fake: FakeCloudRun) -> Iterator[str]:
    """Serve a fake; give the address, "/" at its end."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        wbufsize = -1  # an answer in one write: in two, the second waits for the first to be acknowledged

        def answer(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(asked.path)
            with lock:
                if path.startswith("/at/"):
                    host, _, rest = path.removeprefix("/at/").partition("/")
                    self.send(*fake.serve(host, f"/{rest}", dict(self.headers)))
                    return
                query = dict(parse_qsl(asked.query))
                name = path.removeprefix("/v2/")
                try:
                    self.send(200, fake.answer(self.command, name, query, json.loads(body or b"{}")))
                except Refused as refused:
                    error = {"code": refused.status, "status": refused.code, "message": refused.message}
                    self.send(refused.status, {"error": error})

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - as http.server calls them

        def send(self, status: int, answer: dict[str, Any]) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{fake.base}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
