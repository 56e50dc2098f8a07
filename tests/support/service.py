"""A whole service, started as a user would start it, for the length of a `with` block.

with RunningService("sample_services/helloworld/macaron.yaml") as service:
    assert service.request("GET", "/ping").status == 200
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.guarded import Guarded
from tests.support.processes import PATIENCE

ROOT = Path(__file__).parents[2]

START_DEADLINE = PATIENCE
STOP_DEADLINE = PATIENCE
ANSWER_DEADLINE = PATIENCE


@dataclass(frozen=True)
class Answer:
    """What the service answered; header names are in lower case, values of repeated headers are joined."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class RunningService:
    """`macaron run FILE …` (or `verb`) in a process group and with a state directory of its own.

    Entering returns when /ping answers; leaving sends TERM and asserts that the service stops by itself, with
    exit code 0. When either fails, or the block does, the service's log is shown. A block that ends the
    service itself (to look at its exit code) leaves nothing to stop.
    """

    def __init__(
        self,
        file: str | Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        ready_path: str = "/ping",
        start_deadline: float = START_DEADLINE,
        verb: str = "run",
    ) -> None:
        self.verb = verb
        self.file = ROOT / file
        self.arguments = arguments
        self.port = free_port()
        self.ready_path = ready_path
        self.start_deadline = start_deadline
        self._directory = tempfile.TemporaryDirectory(prefix="macaron-test-", ignore_cleanup_errors=True)
        self.directory = Path(self._directory.name)
        self.state = self.directory / "state"
        self.log_file = self.directory / "log"
        self.environment = dict(environment or {})

    def __enter__(self) -> RunningService:
        with self.log_file.open("wb") as log:
            self.process = Guarded(
                [sys.executable, "-m", "macaron_runner.cli", self.verb, str(self.file), *self.arguments],
                cwd=self.directory,
                env=self._whole_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            if self.process.poll() is None:
                assert self.stop() == 0, f"exit code {self.process.returncode} after TERM"
        except BaseException:
            self._abandon()
            raise
        self._directory.cleanup()

    @property
    def log(self) -> str:
        """Everything the service wrote so far."""
        return self.log_file.read_text("utf-8", "replace")

    def wait_until_ready(self) -> None:
        """Return when the service answers; fail when it ends first, or the deadline passes."""
        deadline = time.monotonic() + self.start_deadline
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"exit code {self.process.returncode} at start"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", self.ready_path, timeout=2).status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{self.ready_path} did not answer within {self.start_deadline} s")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; return the exit code when the service has ended. Fails at the deadline."""
        self.process.send_signal(how)
        return self.process.wait(STOP_DEADLINE)

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        timeout: float = ANSWER_DEADLINE,
    ) -> Answer:
        """Send a request as it is given: nothing is quoted, followed or added but Host and Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers or {}))
            return _answer_of(connection.getresponse())

    def raw(
        self, data: bytes, *, method: str = "GET", timeout: float = ANSWER_DEADLINE, is_all: bool = False
    ) -> Answer:
        """Send bytes over a connection of their own and return the answer to them; `is_all`: no more will come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(data)
            if is_all:
                connection.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return _answer_of(response)

    def _whole_environment(self) -> dict[str, str]:
        """Return the surroundings of a fresh shell: nothing of macaron's but what the test gives."""
        foreign = {"PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "NO_COLOR"}
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in foreign and not name.startswith(("MACARON_", "PYTEST_", "COV_"))
        }
        return {
            **inherited,
            "PORT": str(self.port),
            "MACARON_STATE_DIR": str(self.state),
            "PYTHONPATH": str(ROOT),
            **self.environment,
        }

    def _abandon(self) -> None:
        """End what is left of the service, in any state it may be, and show its log."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_DEADLINE)
        print(f"--- log of macaron {self.verb} {self.file}", self.log, "--- end of log", sep="\n")
        self._directory.cleanup()


def _answer_of(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Answer(response.status, headers, body)
