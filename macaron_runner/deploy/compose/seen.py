"""What `docker inspect` prints of the containers of a project, as sights. Pure.

https://docs.docker.com/reference/api/engine/ (ContainerInspect) tells the keys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from macaron_runner.deploy.failures import EXITS
from macaron_runner.deploy.host.engine import Sight

PROJECT: Final = "com.docker.compose.project"
SERVICE: Final = "com.docker.compose.service"
CONFIG_HASH: Final = "com.docker.compose.config-hash"
VERSION: Final = "io.macaron.version"

_SETTLED: Final = 5.0
"""Seconds that a container without health check must have run before it counts as started."""
_CAUSES: Final = {
    **EXITS,
    126: "its program cannot be run in the image (exit code 126)",
    127: "its program is not in the image (exit code 127)",
    137: "it was killed (exit code 137), often for want of memory",
}


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a project, as it is seen at one moment; `age` in seconds since it was started last."""

    id: str
    service: str
    state: str
    exit_code: int
    age: float
    health: str = ""
    answer: str = ""
    restarts: int = 0
    short_of_memory: bool = False
    version: str = ""
    config_hash: str = ""
    ports: tuple[int, ...] = ()

    @property
    def cause(self) -> str:
        """The likely cause of its trouble, "" where it shows none."""
        if self.short_of_memory:
            return "it needed more memory than it may use"
        if self.state == "running":
            return "its health check fails" if self.health == "unhealthy" else ""
        return _CAUSES.get(self.exit_code, "")


def read_containers(text: bytes) -> tuple[Container, ...]:
    """Return the containers of a line with the host's time (`date +%s`) and the JSON that follows it, if any."""
    head, _, rest = text.partition(b"\n")
    now = float(head) if head.strip().isdigit() else 0.0
    return tuple(_container(each, now) for each in json.loads(rest or b"[]"))


def _container(value: dict[str, Any], now: float) -> Container:
    state, labels = value["State"], value["Config"].get("Labels") or {}
    health = state.get("Health") or {}
    answers = [str(each.get("Output", "")).strip() for each in health.get("Log") or ()]
    return Container(
        id=value["Id"],
        service=labels.get(SERVICE, ""),
        state=state["Status"],
        exit_code=state["ExitCode"],
        age=now - _seconds(state.get("StartedAt", "")),
        health=health.get("Status", "").replace("none", ""),
        answer=answers[-1] if answers else "",
        restarts=value.get("RestartCount", 0),
        short_of_memory=bool(state.get("OOMKilled")),
        version=labels.get(VERSION, ""),
        config_hash=labels.get(CONFIG_HASH, ""),
        ports=tuple(_ports(value)),
    )


def _ports(value: dict[str, Any]) -> list[int]:
    bound = (value.get("NetworkSettings") or {}).get("Ports") or {}
    return sorted(
        {int(each["HostPort"]) for ends in bound.values() for each in ends or () if each.get("HostPort")}
    )


def _seconds(text: str) -> float:
    """Return the seconds since 1970 of "2026-11-28T22:45:00.123456789Z"; 0 of what is none."""
    try:
        return (
            datetime.fromisoformat(text.partition(".")[0].removesuffix("Z")).replace(tzinfo=UTC).timestamp()
        )
    except ValueError:
        return 0.0


def sight_of(name: str, found: Sequence[Container]) -> Sight:
    """Return how a workload fares whose containers these are: none, or one."""
    if not found:
        return Sight(name, broken=True, why="is not there")
    one = found[0]
    ready, broken, why = _judged(one)
    # A container is made anew for each release: one that had to be started again failed by itself.
    return Sight(name, ready, broken or (not ready and one.restarts > 0), why, one.version, one.restarts)


def _judged(one: Container) -> tuple[bool, bool, str]:
    """Return whether a container is ready, whether it is broken, and why."""
    if one.state == "running":
        if one.health:
            return one.health == "healthy", one.health == "unhealthy", f"is {one.health}"
        return one.age >= _SETTLED, False, "starts" if one.age < _SETTLED else "runs"
    if one.state == "restarting":
        return False, True, f"ends and is started again ({_ended(one)})"
    if one.state in ("exited", "dead"):
        return False, True, _ended(one)
    return False, False, f"is {one.state}"


def _ended(one: Container) -> str:
    return f"ended with exit code {one.exit_code}"
