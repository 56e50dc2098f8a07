"""Who deploys on a host: one at a time, and nobody for ever. By the clock of the host, for there is one of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from macaron_runner.deploy.failures import DeploymentFailed, Locked, LostLock
from macaron_runner.deploy.host import scripts
from macaron_runner.deploy.host.machine import Machine
from macaron_runner.deploy.host.places import Places


class HostLock:
    """A lock of `who` on a host."""

    def __init__(self, machine: Machine, places: Places, who: str, since: str) -> None:
        self._machine, self._places, self._who, self._since = machine, places, " ".join(who.split()), since
        self._token = secrets.token_hex(8)

    def confirm(self, seconds: float) -> None:
        """Make sure that it is still ours, and lasts so long; one that ended and nobody took is. Raises LostLock."""
        if (other := self._take(seconds)) is not None:
            since, who = other
            raise LostLock(f"the lock of this deployment went to {who}, {since}")

    def take(self, seconds: float) -> None:
        """Take it. Raises Locked."""
        if (other := self._take(seconds)) is not None:
            since, who = other
            raise Locked(who, since)

    def _take(self, seconds: float) -> tuple[str, str] | None:
        """Take it, or hold it longer; return since when another has it, and who, where that is so."""
        line = scripts.take_lock(self._places, self._token, self._who, self._since, seconds)
        since, _, who = self._machine.act(line).decode("utf-8", "replace").strip().partition(" ")
        return (since, who) if since else None

    def give_back(self) -> None:
        """Give it back; where that fails it ends by itself."""
        with suppress(DeploymentFailed):
            self._machine.act(scripts.give_lock_back(self._places, self._token))


@contextmanager
def hold(machine: Machine, places: Places, who: str, since: str, seconds: float) -> Iterator[HostLock]:
    """Hold the lock of a host as long as the context lasts; `since` is the time of day. Raises Locked."""
    lock = HostLock(machine, places, who, since)
    lock.take(seconds)
    try:
        yield lock
    finally:
        lock.give_back()


def holder(machine: Machine, places: Places) -> str:
    """Return who deploys there now, since when; "" for nobody."""
    lines = machine.read(scripts.holder(places)).decode("utf-8", "replace").splitlines()
    if len(lines) < 5 or not lines[2].isdecimal() or int(lines[2]) < int(lines[0]):
        return ""
    return f"{lines[4]}, since {lines[3]}"
