"""The course of a call played: answers and faults in their order, a clock that only waiting moves, chance as told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from macaron_runner.clients.breaker import Breaker, NoBreaker
from macaron_runner.clients.course import Deadline, Rules, World, course
from macaron_runner.clients.effects import Read, Send, Wait
from macaron_runner.clients.outgoing import Outgoing, Pairs, TooLong, TransportError
from macaron_runner.openapi.operation import Operation, Response

ORIGIN = "http://stock.example:80"
RULES = Rules(ORIGIN, connect=2.0, retries=3, backoff=0.1, max_backoff=5.0, answer_limit=1000)
NOW = 1_800_000_000.0


def operation(method: str = "GET", *statuses: str, **extensions: Any) -> Operation:
    """Return an operation that promises these answers."""
    responses = tuple(Response(status) for status in statuses)
    return Operation("stock", method, "/v1", "/items", "items", (), None, responses, extensions=extensions)


def request(
    method: str = "GET", *statuses: str, body: Any = None, headers: Pairs = (), **extensions: Any
) -> Outgoing:
    """Return a request for such an operation."""
    return Outgoing(operation(method, *statuses, **extensions), "/v1/items", headers=headers, body=body)


@dataclass
class Played:
    """What the other side does, one a request: (status, headers, body), a TransportError, or a function of the request.

    A number of seconds before it is how long that takes. `sent` and `waits` tell what the course did.
    """

    script: list[Any]
    breaker: Breaker | NoBreaker = field(default_factory=NoBreaker)
    rules: Rules = RULES
    chance: float = 0.5
    now: float = 1000.0
    sent: list[Outgoing] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    patience: list[Any] = field(default_factory=list)

    def call(
        self, outgoing: Outgoing, timeout: float = 30.0, *, own: bool = True, stream: bool = False
    ) -> Any:
        """Run a course to its end; return its answer. Raises what it raises."""
        world = World(lambda: self.now, lambda: NOW + self.now - 1000.0, lambda: self.chance)
        steps = course(
            outgoing,
            self.rules,
            Deadline(self.now + timeout, own=own),
            self.breaker,
            stream=stream,
            world=world,
        )
        outcome: Any = None
        effect = next(steps)
        while True:
            try:
                try:
                    outcome = self._perform(effect)
                except TransportError as error:
                    effect = steps.throw(error)
                else:
                    effect = steps.send(outcome)
            except StopIteration as end:
                return end.value

    def _perform(self, effect: Any) -> Any:
        match effect:
            case Send(outgoing, patience):
                self.sent.append(outgoing)
                self.patience.append(patience)
                return self._next(outgoing)
            case Read(arriving, most):
                if isinstance(arriving.body, TransportError):
                    raise arriving.body
                if len(arriving.body) > most:
                    raise TooLong("long")
                return arriving.body
            case Wait(seconds):
                self.waits.append(seconds)
                self.now += seconds
        return None

    def _next(self, outgoing: Outgoing) -> Any:
        step = self.script.pop(0)
        while isinstance(step, float):
            self.now += step
            step = self.script.pop(0)
        if isinstance(step, TransportError):
            raise step
        return head(*step)


@dataclass
class Head:
    """An answer whose head is here."""

    status: int
    headers: Pairs
    body: Any


def head(status: int, headers: dict[str, str] | None = None, body: Any = b"") -> Head:
    """Return one; `body` may be the fault that reading it is."""
    return Head(status, tuple((headers or {}).items()), body)
