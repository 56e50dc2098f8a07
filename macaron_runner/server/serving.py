"""gunicorn's threaded worker, with fewer steps and fewer hand-overs a request.

    the main thread waits for requests  ->  a thread of the crew answers  ->  it puts the connection back itself

Each system call lets another thread have the interpreter, and each word to the main thread wakes it up: that was half
of what a small request cost. Not for the bytes (wire), nor for how a worker stops (worker).
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import threading
import time
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, Final

from gunicorn import util
from gunicorn.http import errors as http
from gunicorn.http.wsgi import FileWrapper, create
from gunicorn.workers.gthread import ThreadWorker

from macaron_runner.server.crew import Crew
from macaron_runner.server.expectation import await_body
from macaron_runner.server.wire import Answer, PlainParser

HEARTBEAT: Final = 0.1
"""Seconds after which a worker that is busy tells again that it lives; between, it waits for up to a second."""

_GONE: Final = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN})
"""What says that a client has left."""


class ServingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves connections; of those with TLS or HTTP/2, which gunicorn's settings allow, gunicorn's own code reads."""

    alive: bool
    tpool: Crew[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._notified = 0.0
        self._heartbeat = (
            HEARTBEAT if self.cfg.timeout > 1 else 0.0
        )  # of one second there is nothing to spare
        self._keeping = threading.Lock()
        cfg = self.cfg
        self._is_plain = not cfg.is_ssl and cfg.protocol == "http" and cfg.http2_cleartext == "off"
        seconds, fraction = divmod(float(cfg.timeout), 1)
        self._patience = struct.pack("@ll", int(seconds), int(fraction * 1e6))

    def get_thread_pool(self) -> Crew[Any]:
        """Return the threads, which begin in `run`: then this process is what it is going to be."""
        return Crew(self.cfg.threads, self._serve)

    def run(self) -> None:
        """Serve until told to stop."""
        self.tpool.start()
        try:
            super().run()
        finally:
            self.tpool.shutdown()  # else the process would wait for them for ever where that raised

    def notify(self) -> None:
        """Tell the master that this worker lives, where that was not just told."""
        now = time.monotonic()
        if now - self._notified >= self._heartbeat:
            self._notified = now
            super().notify()

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread; neither reading from it nor writing to it may take longer than `timeout`.

        The limit is the kernel's own, for each call (socket(7)): gunicorn switches the socket's blocking mode, which
        would undo Python's.
        """
        if not conn.initialized:
            self._begin(conn)
        self.tpool.put(conn)

    def _begin(self, conn: Any) -> None:
        if self.cfg.timeout:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._patience)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self._patience)
        if self._is_plain:
            conn.parser = PlainParser(self.cfg, conn.sock, conn.client)

    def _serve(self, conn: Any) -> None:
        """Answer a request, in a thread, and keep the connection or have the main thread see to it."""
        result: Any = False
        try:
            result = self.handle(conn)
        except BaseException:  # whatever it is, the thread has others to serve
            self.log.exception("a connection could not be served")
        if result is True and self._keep(conn):
            return
        done: Future[Any] = Future()
        done.set_result(result)
        self.method_queue.defer(self.finish_request, conn, done)

    def _keep(self, conn: Any) -> bool:
        """Wait for the next request of a connection; False where there is more to do."""
        if not isinstance(conn.parser, PlainParser) or conn.parser.has_more:
            return False
        with self._keeping:
            if not self.alive:
                return False
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            again = partial(self.on_client_socket_readable, conn)
            try:
                self.poller.register(conn.sock, selectors.EVENT_READ, again)
            except OSError:
                self.keepalived_conns.remove(conn)
                return False
        return True

    def _cap_keepalive(self, deadline: float) -> None:
        with self._keeping:  # from now on all threads see that there is an end to it
            super()._cap_keepalive(deadline)

    def handle(self, conn: Any) -> Any:
        """Answer a request of a connection; True where it may bring another one."""
        if not (conn.initialized and isinstance(conn.parser, PlainParser)):
            return super().handle(conn)
        request = None
        try:
            request = next(conn.parser)
            return self._keepalive_after(conn, self.handle_request(request, conn))
        except (http.NoMoreData, StopIteration):
            self.log.debug("the client has closed its connection")
        except OSError as error:
            if error.errno not in _GONE:
                self.log.exception("Socket error processing request.")
        except Exception as error:
            self.handle_error(request, conn.sock, conn.client, error)
        return False

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request; True where its connection may bring another one."""
        await_body(req, conn.sock)
        answer, environ = create(req, conn.sock, conn.client, conn.server, self.cfg, Answer)
        environ["wsgi.multithread"] = True
        self._count(answer)
        try:
            self._answer(req, environ, answer)
        except OSError:
            raise
        except (Exception, SystemExit):
            if not answer.headers_sent:
                raise
            self.log.exception("Error handling request")  # another answer on top of this one would be no HTTP
            util.close_graceful(conn.sock)
            raise StopIteration from None
        return not answer.should_close()

    def _count(self, answer: Answer) -> None:
        """Count a request, and have its connection closed where that is to be the last or one too many."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        if not self.alive or not self.cfg.keepalive or len(self.keepalived_conns) >= self.max_keepalived:
            answer.force_close()

    def _answer(self, req: Any, environ: dict[str, Any], answer: Answer) -> None:
        began = datetime.now()
        parts = self.wsgi(environ, answer.start_response)
        try:
            if isinstance(parts, FileWrapper):
                answer.write_file(parts)
            else:
                for part in parts:
                    answer.write(part)
            answer.close()
        finally:
            self.log.access(answer, req, environ, datetime.now() - began)
            if hasattr(parts, "close"):
                parts.close()
