"""How much memory a process has used at most."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory() -> float:
    """Return the most memory that this program has held so far, in MiB.

    Not getrusage(2): what it tells outlives execve, so that a test would measure the process that started it.
    """
    status = Path("/proc/self/status").read_text("ascii")
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert peak is not None, status
    return int(peak[1]) / 1024
