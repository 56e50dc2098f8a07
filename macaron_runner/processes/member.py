"""One process and how it fares: what the lifecycle remembers. Decides nothing (lifecycle)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from macaron_runner.processes.restarts import Failures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from macaron_runner.processes.process import Process


class State(StrEnum):
    """Where in its life a process is."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    BACKING_OFF = "backing off"
    RENEWING = "renewing"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Stop(IntEnum):
    """How hard everything is being stopped; it only ever rises."""

    NOT = 0
    GRACEFUL = 1
    QUICK = 2
    IMMEDIATE = 3


@dataclass(slots=True)
class Member:
    """One process and how it fares. `due` is when its state asks for the next step; 0 pid: it does not run.

    `faults` is how many looks in a row found it deaf; `remains` are sessions whose leader died, each with the time at
    which what is left of it is killed.
    """

    process: Process
    state: State = State.WAITING
    pid: int = 0
    since: float = 0.0
    due: float | None = None
    pause: float = 0.0
    was_ready: bool = False
    told: Stop = Stop.NOT
    killed: bool = False
    faults: int = 0
    failures: Failures = field(default_factory=Failures)
    remains: dict[int, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The process's name."""
        return self.process.name

    @property
    def present(self) -> bool:
        """Whether anything of it is alive."""
        return bool(self.pid or self.remains)

    @property
    def deadlines(self) -> Iterator[float]:
        """When something has to be done about it."""
        if self.due is not None:
            yield self.due
        yield from self.remains.values()
