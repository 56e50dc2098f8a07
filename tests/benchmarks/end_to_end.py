"""CPU time of real servers under load, all their processes together, user and system; they take turns.

Not for how a server is started (servers) nor for load (load).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.benchmarks.in_process import ROOT, environ_of
from tests.benchmarks.load import Load
from tests.benchmarks.results import Results
from tests.benchmarks.servers import Server
from tests.benchmarks.workloads import WORKLOADS, Workload
from tests.support.guarded import Guarded
from tests.support.processes import descendants
from tests.support.service import free_port

START_DEADLINE: Final = 60.0
STOP_DEADLINE: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Served:
    """A server on a free port, for the length of a `with` block; nothing of it is left afterwards."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = free_port()

    def __enter__(self) -> Served:
        self._folder = tempfile.TemporaryDirectory(prefix="macaron-benchmark-")
        self._log = Path(self._folder.name) / "log"
        own = {"PORT": str(self.port), "MACARON_STATE_DIR": self._folder.name}
        with self._log.open("wb") as log:
            self._process = Guarded(
                [sys.executable, "-m", *self.server.command(self.port)],
                cwd=ROOT,
                env={**environ_of(self.server.peer), **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.answers(WORKLOADS["W1"]):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.server.title} did not start:\n{self._log.read_text()[-4000:]}")

    def _stop(self) -> None:
        """Ask it to stop, then end what is left of it."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_DEADLINE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The first of its processes."""
        return self._process.pid

    def answers(self, workload: Workload) -> bool:
        """Send one request, and tell whether the answer is right."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_DEADLINE)
        with contextlib.closing(connection):
            connection.request(workload.method, workload.path, workload.body, dict(workload.headers))
            response = connection.getresponse()
            return workload.answers(response.status, response.read())

    def cpu_seconds(self) -> float:
        """Return the CPU time that its processes, and those of them that ended, have taken."""
        processes = [self.pid, *(each.pid for each in descendants(self.pid))]
        return sum(map(_cpu_seconds, processes))

    def microseconds(self, load: Load, workload: Workload, seconds: float) -> float:
        """Return the CPU time of a request under load. Raises RuntimeError where an answer has the wrong status."""
        before = self.cpu_seconds()
        answered, fine = load(workload, self.port, seconds)
        taken = self.cpu_seconds() - before
        if fine != (0 if workload.refused else answered):
            raise RuntimeError(f"{self.server.title} {workload.name}: {fine} of {answered} answers were 2xx")
        return taken / answered * 1e6


def _cpu_seconds(pid: int) -> float:
    """Return the time of a process and of its ended children (proc(5): utime, stime, cutime, cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def measure(
    servers: Iterable[Server], workloads: Iterable[str], load: Load, rounds: int, seconds: float
) -> Results:
    """Return microseconds of CPU a request: in each round every server gets each workload for so many seconds."""
    results = Results("CPU us")
    with ExitStack() as stack:
        served = [stack.enter_context(Served(server)) for server in servers]
        turns = [
            (each, WORKLOADS[name])
            for name in workloads
            for each in served
            if name in each.server.peer.workloads
        ]
        for each, workload in turns:
            if not each.answers(workload):
                raise RuntimeError(f"{each.server.title} does not answer {workload.name} as it should")
            load(workload, each.port, 1)
        for _ in range(rounds):
            for each, workload in turns:
                results.add((each.server.name, workload.name), each.microseconds(load, workload, seconds))
    return results
