"""Watches an environment until it is well, telling what Beanstalk tells of it, or until it certainly will not be.

Not for what follows from that (pipeline), nor for why (evidence).
"""

from __future__ import annotations

from typing import Final

from macaron_runner.deploy.beanstalk.environments import Environment, Environments, Event
from macaron_runner.deploy.beanstalk.evidence import Machines
from macaron_runner.deploy.failures import OutOfTime, Unhealthy
from macaron_runner.deploy.hands import Hands

_PAUSE: Final = 5.0
_RED: Final = 60.0
"""Seconds of red health that are no passing trouble: machines tell theirs every 10, the load balancer asks every 15."""
_CERTAIN: Final = ("ERROR", "FATAL")


class Watch:
    """Watches one environment from a time on (RFC 3339); each event is told once, however often one waits."""

    def __init__(
        self, environments: Environments, machines: Machines, hands: Hands, name: str, since: str
    ) -> None:
        self._environments, self._machines, self._hands = environments, machines, hands
        self._name, self._since = name, since
        self._label = ""
        self._events: list[Event] = []
        self._red_since: float | None = None

    def until_well(self, label: str, deadline: float) -> None:
        """Return once it is ready, green and runs a version. Raises Unhealthy, with why, where it will not be."""
        self._label, self._red_since = label, None
        try:
            self._hands.wait(self._look, deadline, every=_PAUSE)
        except OutOfTime as error:
            raise self._unhealthy(f"it is not healthy in time: {error.awaited}") from error

    def _look(self) -> str:
        fresh = self._tell_fresh_events()
        environment = self._environments.named(self._name)
        if environment is None or not environment.stands:
            raise self._unhealthy("it is taken away, and not by us")
        if fault := self._fault(environment, fresh):
            raise self._unhealthy(fault)
        if environment.is_well:
            return ""
        return f"environment {self._name}: {environment.status}, health {environment.health or 'unknown'}"

    def _fault(self, environment: Environment, fresh: list[Event]) -> str:
        """Return the certain sign that it will not be well, "" where there is none."""
        if certain := [event for event in fresh if event.severity in _CERTAIN]:
            return certain[0].message
        if environment.is_ready and environment.label != self._label:
            return f"it runs {environment.label or 'no version'}, where {self._label} was to be"
        now = self._hands.clock()
        if not (environment.is_ready and environment.health == "Red"):
            self._red_since = None
        elif self._red_since is None:
            self._red_since = now
        elif now - self._red_since >= _RED:
            return f"its health is red for {now - self._red_since:.0f} seconds"
        return ""

    def _tell_fresh_events(self) -> list[Event]:
        """Return the events that were not told yet; they are now."""
        fresh = [
            each for each in self._environments.events(self._name, self._since) if each not in self._events
        ]
        for event in fresh:
            self._hands.tell(f"  {self._name}: {event}")
        self._events += fresh
        return fresh

    def _unhealthy(self, why: str) -> Unhealthy:
        told = [str(event) for event in self._events]
        message = f"environment {self._name} will not be healthy: {why}"
        return Unhealthy(message, tuple(self._machines.evidence(self._name, told)))
