"""What is found when workers are asked how they fare: the same for `macaron health`, for HTTP, for text and JSON.

Not for what they tell (heartbeat).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from macaron_runner.processes import heartbeat
from macaron_runner.processes.heartbeat import Condition, Heartbeat


class Finding(NamedTuple):
    """What is known of one process: whether all is well, its name and pid (0: unknown), how it fares, and why."""

    well: bool
    name: str
    pid: int
    condition: str
    why: str

    def __str__(self) -> str:
        of = f" (pid {self.pid})" if self.pid else ""
        return f"{self.name}{of}: {self.condition}: {self.why}"


def find_workers(folder: Path, pool: str | None = None, *, ready: bool) -> tuple[Finding, ...]:
    """Return what the workers of a pool (None: of all) tell in the folder; one that is not well where none does.

    `ready` asks whether they get work done at present, otherwise whether they need not be replaced.
    """
    name = f"worker-{pool}" if pool else "worker-"
    told = [each for each in heartbeat.read_all(folder, name) if not pool or each.name == name]
    if told:
        return tuple(finding_of(each, ready=ready) for each in told)
    why = f"no worker{f' of the pool {pool}' if pool else ''} tells of itself in {folder}"
    return (Finding(well=False, name=name.rstrip("-"), pid=0, condition="gone", why=why),)


def finding_of(told: Heartbeat, *, ready: bool) -> Finding:
    """Return what one heartbeat means now."""
    now = time.monotonic()
    fault = told.fault(now)
    well = told.is_ready(now) if ready else not fault
    return Finding(well, told.name, told.pid, Condition.DEAF if fault else told.condition, fault or told.why)


def all_well(findings: Sequence[Finding]) -> bool:
    """Tell whether nobody is at fault."""
    return all(finding.well for finding in findings)


def as_json(findings: Sequence[Finding]) -> str:
    """Return `{"well": …, "processes": [{"well", "name", "pid", "condition", "why"}]}`."""
    return json.dumps({"well": all_well(findings), "processes": [each._asdict() for each in findings]})


def as_answer(findings: Sequence[Finding]) -> tuple[int, bytes]:
    """Return the status and JSON body that anybody may see over HTTP: no pid, no path."""
    well = all_well(findings)
    workers = [{"name": each.name, "condition": each.condition} for each in findings]
    return 200 if well else 503, json.dumps(
        {"status": "ok" if well else "failing", "workers": workers}
    ).encode()
