"""What an orchestrator asks: is the process alive, may it get requests, has it started.

Not for the health of what the service depends on: a broker that is away must not take every process out of service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from macaron_runner.processes.findings import as_answer, find_workers
from macaron_runner.server.incoming import Reply

_JSON: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))


class Readiness:
    """Whether this process wants new requests. It does from the start until it is told to stop, and never again."""

    __slots__ = ("draining",)

    def __init__(self) -> None:
        self.draining = False

    def drain(self) -> None:
        """Say no from now on; safe in a signal handler."""
        self.draining = True


def health_checks(readiness: Readiness, heartbeats: Path | None = None) -> Mapping[str, Callable[[], Reply]]:
    """Return what answers each path. A process answers only once it is whole: live and started are one.

    `heartbeats` is where the workers of this machine tell how they fare, for a service that has some.
    """
    alive = Reply(200, _JSON, b'{"status":"ok"}')
    draining = Reply(503, _JSON, b'{"status":"draining"}')
    return {
        "/health/live": lambda: alive,
        "/health/ready": lambda: draining if readiness.draining else alive,
        "/health/startup": lambda: alive,
        **({"/health/workers": lambda: _workers(heartbeats)} if heartbeats is not None else {}),
    }


def _workers(heartbeats: Path) -> Reply:
    status, body = as_answer(find_workers(heartbeats, ready=False))
    return Reply(status, _JSON, body)
