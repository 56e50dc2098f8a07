"""A real supervisor in a process of its own, with small programs to look after."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.guarded import Guarded
from tests.support.processes import PATIENCE, running, wait_for

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "processes" / "run_service.py"

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


def python(name: str, code: str, role: str = "worker", **details: Any) -> dict[str, Any]:
    """Describe a process that runs Python code; the marker in its words lets a test find it."""
    return {"name": name, "role": role, "argv": [sys.executable, "-S", "-c", code], "grace": 5.0, **details}


class Supervised:
    """A supervisor under test: its pid, what it printed so far, how it ended."""

    def __init__(self, process: subprocess.Popen[bytes], stdout: Path, stderr: Path) -> None:
        self.process = process
        self.pid = process.pid
        self._stdout = stdout
        self._stderr = stderr

    @property
    def stdout(self) -> str:
        return self._stdout.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._stderr.read_text(errors="replace")

    def sees(self, text: str, *, times: int = 1) -> None:
        """Wait until the text was printed so often."""
        try:
            wait_for(repr(text), lambda: (self.stdout + self.stderr).count(text) >= times)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}") from None

    def pid_of(self, name: str) -> int:
        """Return the pid that the supervisor told last for this process."""
        started = [line for line in self.stderr.splitlines() if f"| {name} started (pid " in line]
        return int(started[-1].rpartition(" ")[2].rstrip(")"))

    def guardian(self) -> int:
        """Return the pid of the guardian: the child with the same words as its parent."""
        words = running()[self.pid].words
        return next(
            each.pid for each in running().values() if each.parent == self.pid and each.words == words
        )

    def wait(self) -> int:
        """Return the exit code when it has ended."""
        return self.process.wait(PATIENCE)

    def stop(self, signum: int) -> int:
        self.process.send_signal(signum)
        return self.wait()


@contextmanager
def supervised(
    *processes: Mapping[str, Any],
    prefix: tuple[str, ...] = (),
    pass_fds: tuple[int, ...] = (),
    **environment: str,
) -> Iterator[Supervised]:
    """Run the described processes under a supervisor; kill whatever is left of it at the end."""
    with tempfile.TemporaryDirectory(prefix="macaron-test-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = Guarded(
                [*prefix, sys.executable, str(SCRIPT), json.dumps(processes)],
                stdout=stdout,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                cwd=folder,
                pass_fds=pass_fds,
            )
        try:
            yield Supervised(process, out, err)
        finally:
            process.kill()
            process.wait(PATIENCE)
