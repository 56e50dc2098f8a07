"""Heartbeats: what a process tells about its work, in a file that is there as long as the process is, and who reads it.

    health/worker-default.4711  ->  {"state": "consuming", "why": "…", "at": 81234.5, …}

The supervisor and `macaron health` read the same files. A process that cannot write any is nobody's concern: it is
known to run, and no more. Not for finding out how the work fares (tasks.running.pulse).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

SILENCE: Final = 60.0
"""Seconds without a heartbeat, or without work getting through, after which a process counts as deaf."""


class Condition(StrEnum):
    """How the work of a process fares."""

    STARTING = "starting"
    CONSUMING = "consuming"
    BUSY = "busy"
    """It takes no more work before some of what it has is done."""
    WAITING = "waiting"
    """Work should have got through by now; it may be slow."""
    BROKER_AWAY = "broker away"
    STOPPING = "stopping"
    DEAF = "deaf"


READY: Final = frozenset((Condition.CONSUMING, Condition.BUSY))
"""In these it gets its share of the work done."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One process's last word: its name ("worker-default") and pid, how it fares, why, and when (monotonic time)."""

    name: str
    pid: int
    condition: Condition
    why: str
    at: float

    def fault(self, now: float) -> str:
        """Return why the process must be replaced, "" where it need not be."""
        silent = now - self.at
        if silent > SILENCE:
            return f"it gave no sign of life for {silent:.0f} s"
        return self.why if self.condition is Condition.DEAF else ""

    def is_ready(self, now: float) -> bool:
        """Tell whether it gets work done."""
        return self.condition in READY and not self.fault(now)


def place_of(folder: Path, name: str, pid: int) -> Path:
    """Return where the process of this name and pid writes."""
    return folder / f"{name}.{pid}"


def write(folder: Path, heartbeat: Heartbeat) -> None:
    """Write it, whole or not at all. Raises OSError."""
    place = place_of(folder, heartbeat.name, heartbeat.pid)
    fresh = place.with_name(f".{place.name}")
    fresh.write_text(json.dumps(asdict(heartbeat)), "ascii")
    fresh.replace(place)


def read(place: Path) -> Heartbeat | None:
    """Return what stands there; None where that is nothing, or nothing we know."""
    try:
        facts = json.loads(place.read_text("ascii"))
        return Heartbeat(**{**facts, "condition": Condition(facts["condition"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_all(folder: Path, prefix: str) -> Iterator[Heartbeat]:
    """Yield those of the living processes whose names begin so, by name."""
    for place in sorted(folder.glob(f"{prefix}*.*")) if folder.is_dir() else ():
        found = read(place)
        if found is not None and _is_alive(found.pid):
            yield found


def clear(folder: Path, name: str) -> None:
    """Remove what processes of this name left that are gone, and make the folder. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in folder.glob(f"{name}.*"):
        found = read(place)
        if found is None or not _is_alive(found.pid):
            place.unlink(missing_ok=True)


def fault_of(folder: Path, name: str, pid: int, clock: Callable[[], float] = time.monotonic) -> str:
    """Return why this process must be replaced; "" where it need not be, or where it never told anything."""
    found = read(place_of(folder, name, pid))
    return found.fault(clock()) if found is not None else ""


def _is_alive(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
