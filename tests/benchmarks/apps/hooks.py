"""What Flask applications have around every request: hooks of their own, and an extension that adds some more."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request


class Stopwatch:
    """A Flask extension, as they are written: it keeps its state in app.extensions and tells how long requests take."""

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        app.extensions["stopwatch"] = self
        app.before_request(self.start)
        app.after_request(self.stop)

    def start(self) -> None:
        g.started = time.perf_counter()

    def stop(self, response: Response) -> Response:
        response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - g.started) * 1000:.3f}"
        return response


def add_hooks(app: Flask) -> None:
    """Register the extension, a hook before each request and one after."""
    Stopwatch(app)

    @app.before_request
    def remember_client() -> None:
        g.client = request.headers.get("User-Agent", "unknown")

    @app.after_request
    def forbid_sniffing(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Client"] = g.client
        return response
