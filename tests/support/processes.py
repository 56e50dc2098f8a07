"""The process tree below a pid, read from /proc, and waiting with a deadline."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds to wait for what must happen: a machine may do much else. They pass only where a test fails."""


@dataclass(frozen=True)
class Running:
    """One live process."""

    pid: int
    parent: int
    words: tuple[str, ...]

    @property
    def line(self) -> str:
        return " ".join(self.words)


def running() -> dict[int, Running]:
    """Return every live process (no zombies) by pid."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] not in "ZX":
            pid = int(entry.name)
            found[pid] = Running(pid, int(fields[1]), tuple(os.fsdecode(word) for word in words))
    return found


def descendants(pid: int) -> list[Running]:
    """Return all live processes below `pid`, children before grandchildren."""
    everything = running()
    found: list[Running] = []
    level = [pid]
    while level:
        children = [process for process in everything.values() if process.parent in level]
        found += children
        level = [process.pid for process in children]
    return found


def wait_for(what: str, condition: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Return the first true value of `condition`; fail with what was waited for when the deadline passes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
