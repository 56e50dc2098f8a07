"""gunicorn's threaded worker, made to stop without losing anything: the worker class behind `server.worker: auto`.

Not for the settings (gunicorn) nor for closing the door to new connections, which the master does (draining).
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Any, Final

from gunicorn import util
from gunicorn.http import errors as http
from gunicorn.http.wsgi import InvalidResponseHeader, InvalidResponseHeaderName

from macaron_runner.ids import new_id
from macaron_runner.server.errors import error_class, report, status_line
from macaron_runner.server.incoming import Reply
from macaron_runner.server.serving import ServingWorker

QUIET: Final = 0.2
"""Seconds without a new connection after which a stopping worker takes the queue for empty; a handshake is shorter."""

_CAUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (InvalidResponseHeader, 500),
    (InvalidResponseHeaderName, 500),
    (http.LimitRequestLine, 414),
    (http.LimitRequestHeaders, 431),
    (http.ExpectationFailed, 417),
    (http.UnsupportedTransferCoding, 501),
    (http.ForbiddenProxyRequest, 403),
    (http.ParseException, 400),
)
"""What gunicorn raises of a request or an answer, and the status it means; the first that fits counts."""


class DrainingWorker(ServingWorker):
    """Answers every connection that the kernel had set up when the service was told to stop.

    On SIGTERM it goes on accepting until nothing has come for QUIET seconds, however long the master's door stays open:
    at most half of `graceful_timeout`. What is under way is finished, as in gunicorn's own worker; kept-alive
    connections get one more answer, with `Connection: close`.
    """

    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._last_accept = 0.0
        self._empties_queue = False

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: not ready for new requests from now on, and stop."""
        self._empties_queue = True
        self.app.readiness.drain()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:  # noqa: ARG002 - gunicorn's signature
        """SIGQUIT and SIGINT: end at once, whatever threads are doing."""
        logging.shutdown()
        os._exit(0)

    def is_parent_alive(self) -> bool:
        """Tell whether the master is there; without it this worker stops as if it had been told to."""
        if super().is_parent_alive():
            return True
        self.alive = False
        self._empties_queue = True
        return False

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Let connections in, or not; on the way out, first take those that are in the queue."""
        if not enabled and not self.alive and self._empties_queue:
            self._empties_queue = False
            self._accept_the_rest()
        super().set_accept_enabled(enabled)

    def _accept_the_rest(self) -> None:
        self._last_accept = time.monotonic()
        deadline = self._last_accept + self.cfg.graceful_timeout / 2
        while (now := time.monotonic()) < min(self._last_accept + QUIET, deadline):
            self.notify()
            has_room = self.nr_conns < self.worker_connections
            super().set_accept_enabled(has_room)
            if not has_room:
                self._last_accept = now  # the queue is not quiet, we just do not look
            self.wait_for_and_dispatch_events(QUIET / 4)

    def accept(self, listener: Any) -> None:
        """Accept one connection, remembering when."""
        self._last_accept = time.monotonic()
        super().accept(listener)

    def init_signals(self) -> None:
        """Hear the signals that the master held back while it made this process (gunicorn.StoppingArbiter)."""
        super().init_signals()
        hear_stop_signals()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - as above
        """Answer in the form of all our errors what never became a request, or whose answer could not be sent."""
        status = next((status for kind, status in _CAUSES if isinstance(exc, kind)), 500)
        error = error_class(status)(
            "The request is not HTTP that can be understood" if status == 400 else None
        )
        request_id = new_id()
        if status >= 500:
            error.__cause__ = exc
            report(error, error.error_id)
        else:
            self.log.info(
                "[%s] unreadable request: %s (error_id %s)", request_id, type(exc).__name__, error.error_id
            )
        try:
            util.write_nonblock(client, _bytes_of(self.app.write_error(error), request_id))
        except OSError:
            self.log.debug("the client is gone")


def _bytes_of(reply: Reply, request_id: str) -> bytes:
    headers = (
        *reply.headers,
        ("Content-Length", len(reply.body)),
        ("Connection", "close"),
        ("X-Request-ID", request_id),
    )
    lines = [f"HTTP/1.1 {status_line(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body


_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def hold_stop_signals() -> None:
    """Keep stop signals waiting: a process that was just forked still has its parent's handlers and would lose them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)


def hear_stop_signals() -> None:
    """Deliver the stop signals that waited, and further ones."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
