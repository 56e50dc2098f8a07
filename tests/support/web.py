"""The web process as `macaron run` starts it: a real gunicorn behind a socket of ours."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from macaron_runner.configuration.selection import Selection
from tests.support.guarded import Guarded

DEADLINE = 60.0


class Web:
    """A running web process and the port it serves."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def wait(self) -> int:
        return self.process.wait(DEADLINE)


@contextmanager
def started(directory: Path, *overrides: str, inherit: bool = True) -> Iterator[Web]:
    """Start the web process with a listener that we hold, as the supervisor does; end with it, showing its log."""
    log = directory / "web.log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as out:
        port = listener.getsockname()[1]
        if not inherit:
            listener.close()
            overrides = (*overrides, f"server.bind=127.0.0.1:{port}")
        selection = Selection(str(directory / "macaron.yaml"), overrides=overrides)
        environment = {
            **os.environ,
            **selection.environment_variables(),
            "MACARON_LISTENERS": str(listener.fileno()) if inherit else "",
        }
        process = Guarded(
            [sys.executable, "-m", "macaron_runner.entries", "web", *selection.arguments()],
            pass_fds=[listener.fileno()] if inherit else [],
            env=environment,
            stdout=out,
            stderr=out,
        )
        web = Web(process, port, log)
        try:
            wait_until(lambda: b"Booting worker" in log.read_bytes() or process.poll() is not None)
            listener.close()  # what connects from now on is the web's alone, as when a supervisor stops
            yield web
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(DEADLINE)
            print(log.read_text(errors="replace"))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
