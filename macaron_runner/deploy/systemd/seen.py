"""What `systemctl show` and a probe print of units, as sights. Pure.

One block of lines a unit, `Key=value`, with an empty line between them: org.freedesktop.systemd1(5) tells the keys.
"""

from __future__ import annotations

from typing import Final

from macaron_runner.deploy.failures import EXITS
from macaron_runner.deploy.host.engine import Sight

PROPERTIES: Final = (
    "ActiveState",
    "SubState",
    "ExecMainStatus",
    "Result",
    "NRestarts",
    "ActiveEnterTimestampMonotonic",
)
PROBED: Final = "Probed"
"""What the probe's exit code is printed under; nothing where a unit has no probe."""
ANSWER: Final = "Answer"
UPTIME: Final = "Uptime"
"""Microseconds since the host started, as systemd counts them."""

_SETTLED: Final = 5e6
"""Microseconds that a unit without probe must have run before it counts as started."""
_CAUSES: Final = {
    **EXITS,
    200: "its folder is not there, or it may not enter it (exit code 200)",
    203: "its Python cannot be run (exit code 203)",
    217: "the user that it should run as is not there (exit code 217)",
    226: "its part of the file system could not be set up (exit code 226)",
    243: "a file with a secret cannot be read (exit code 243)",
}
"""Those above 199 are systemd's own: systemd.exec(5), "Process Exit Codes"."""


def read_blocks(text: bytes) -> tuple[dict[str, str], ...]:
    """Return the facts of each unit, in the order in which they were asked for."""
    blocks = text.decode("utf-8", "replace").strip("\n").split("\n\n")
    return tuple(dict(_fact(line) for line in block.splitlines() if "=" in line) for block in blocks)


def _fact(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key, value


def sight_of(name: str, facts: dict[str, str], version: str) -> Sight:
    """Return how a workload fares whose unit's facts these are."""
    restarts = _number(facts, "NRestarts")
    ready, broken, why = _judged(facts)
    return Sight(name, ready, broken or (not ready and restarts > 0), why, version if ready else "", restarts)


def cause_of(facts: dict[str, str]) -> str:
    """Return the likely cause of a unit's trouble, "" where it shows none."""
    if facts.get("Result") == "oom-kill":
        return "it needed more memory than it may use"
    if facts.get("Result") == "timeout":
        return "it did not start, or stop, in time"
    return _CAUSES.get(_number(facts, "ExecMainStatus"), "")


def _judged(facts: dict[str, str]) -> tuple[bool, bool, str]:
    """Return whether a unit is ready, whether it is broken, and why."""
    state, detail = facts.get("ActiveState", ""), facts.get("SubState", "")
    ended = f"exit code {facts.get('ExecMainStatus', '?')}"
    if state == "active" and PROBED in facts:
        ready = facts[PROBED] == "0"
        return ready, False, "runs" if ready else "is not ready yet"
    if state == "active":
        settled = _number(facts, UPTIME) - _number(facts, "ActiveEnterTimestampMonotonic") >= _SETTLED
        return settled, False, "runs" if settled else "starts"
    if detail.startswith("auto-restart"):
        return False, True, f"ends and is started again ({ended})"
    if state in ("activating", "reloading"):
        return False, False, "starts"
    if state == "failed":
        return False, True, f"failed ({ended})"
    return False, True, "does not run"


def _number(facts: dict[str, str], key: str) -> int:
    text = facts.get(key, "")
    return int(text) if text.isdecimal() else 0
