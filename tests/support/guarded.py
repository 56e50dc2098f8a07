"""Processes that do not outlive the tests, however these end: killed, aborted, or in good order.

A guardian, one for each process that runs tests, hears of every session that is started and of its end. At end of file
on its pipe it ends those that are left, as macaron's own guardian does for what a killed supervisor left.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from macaron_runner.processes.guardian import end, listen

ROOT = Path(__file__).parents[2]


class Guarded(subprocess.Popen):
    """A process that leads a session of its own, and ends with us."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, start_new_session=True, **options)
        _tell("+", self.pid)

    def poll(self) -> int | None:
        code = super().poll()
        if code is not None:
            _tell("-", self.pid)
        return code

    def wait(self, timeout: float | None = None) -> int:
        code = super().wait(timeout)
        _tell("-", self.pid)
        return code


def _tell(word: str, session: int) -> None:
    pipe = _guardian().stdin
    assert pipe is not None
    os.write(pipe.fileno(), f"{word}{session}\n".encode())


@functools.cache
def _guardian() -> subprocess.Popen[bytes]:
    """Return the guardian, which starts when it is needed first."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    end(listen(sys.stdin.fileno()))
