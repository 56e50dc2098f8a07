"""The course of one call, from the first request sent to the answer or the error that ends it: all that is decided.

A generator that yields what it wants done (effects) and is given what came of it, so that one course serves threads
and coroutines alike (drivers); clock and chance are arguments. What may be sent again:

- anything of which nothing was sent: there was no connection;
- what is idempotent (RFC 9110 section 9.2.2, `x-idempotent`), if its body is at hand, when the connection broke, the
  answer was cut short, or said 429, 502, 503 or 504.

Not for carrying requests (http, local), nor for what stands in them (encoding, identity, call_tree).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from macaron_runner.clients.effects import Effect, Read, Send, Wait
from macaron_runner.clients.failures import (
    CallTimeout,
    CircuitOpen,
    ClientError,
    ConnectionFailed,
    InvalidAnswer,
    TooManyRedirects,
)
from macaron_runner.clients.outgoing import (
    Answer,
    Arriving,
    Garbled,
    Outgoing,
    Pairs,
    Patience,
    TimedOut,
    TooLong,
    TransportError,
    value_of,
)
from macaron_runner.clients.redirects import redirected

if TYPE_CHECKING:
    from macaron_runner.clients.breaker import Breaker, NoBreaker
    from macaron_runner.openapi.operation import Operation

Course: TypeAlias = Generator[Effect, Any, Any]
"""Returns an Answer, or the head of one whose body is to be read as it comes. Raises ClientError."""

Outcome: TypeAlias = Answer | Arriving | TransportError
"""What one attempt came to."""

_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
_UNWELL: Final = frozenset({502, 503, 504})
"""Statuses that say that the other side is not at work."""
_LATER: Final = _UNWELL | {429}
_MOST_REDIRECTS: Final = 5
_REDIRECTIONS_LIMIT: Final = 64 * 1024
"""Bytes of a redirection's body that are read so that its connection is kept; of one that is longer, it is closed."""
_ERRORS_LIMIT: Final = 1024 * 1024
"""Bytes of an error's body, where a result's would be read as it comes."""


class Rules(NamedTuple):
    """What a client's settings, and a call's options, say of its course. Times in seconds.

    `origin` is where its API is, as redirects.origin_of writes it. Between tries a random time is waited, of at most
    `backoff` at first, twice as much each time, never more than `max_backoff`.
    """

    origin: str
    connect: float
    retries: int
    backoff: float
    max_backoff: float
    answer_limit: int


class World(NamedTuple):
    """What a course cannot know by itself: time as it passes, the time of day, and chance (0 to 1)."""

    clock: Callable[[], float] = time.monotonic
    unix_time: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


WORLD: Final = World()


class Deadline(NamedTuple):
    """Until when there must be an answer, by World.clock; `own` where the client's timeout says so, not its caller."""

    until: float
    own: bool = True


def course(
    outgoing: Outgoing,
    rules: Rules,
    deadline: Deadline,
    breaker: Breaker | NoBreaker,
    *,
    stream: bool = False,
    world: World = WORLD,
) -> Course:
    """Call once, and again where that is safe and may help, for as long as the deadline allows.

    `stream`: the body of a success is left to be read.
    """
    outcome: Outcome | None = None
    for tried in count():
        rest = breaker.wait(world.clock())
        if rest:
            break
        outcome = yield from _attempt(outgoing, rules, deadline, world, stream=stream)
        _note(breaker, outcome, deadline, world)
        pause = _pause(outgoing, outcome, tried, rules, world)
        if pause is None or world.clock() + pause >= deadline.until:
            break
        yield Wait(pause)
    if outcome is None:
        raise failed(CircuitOpen, outgoing, retry_after=rest)
    if isinstance(outcome, TransportError):
        raise failed(kind_of(outcome), outgoing) from outcome
    return outcome


def _attempt(
    outgoing: Outgoing, rules: Rules, deadline: Deadline, world: World, *, stream: bool
) -> Generator[Effect, Any, Outcome]:
    """Send once, follow where the answer leads, read its body. Raises TooManyRedirects."""
    try:
        arriving = yield from _arrive(outgoing, rules, deadline, world)
        if stream and arriving.status < 300:
            return arriving
        body = yield Read(arriving, _ERRORS_LIMIT if stream else rules.answer_limit)
    except TransportError as error:
        return error
    return Answer(arriving.status, arriving.headers, body)


def _arrive(
    outgoing: Outgoing, rules: Rules, deadline: Deadline, world: World
) -> Generator[Effect, Any, Arriving]:
    """Return the head of an answer that redirects no further. Raises TooManyRedirects; TransportError."""
    been: set[tuple[str, str]] = set()
    while True:
        left = deadline.until - world.clock()
        if left <= 0:
            raise TimedOut("no time is left", sent=bool(been))
        arriving: Arriving = yield Send(outgoing, Patience(connect=min(rules.connect, left), total=left))
        moved = redirected(outgoing, rules.origin, arriving.status, arriving.headers)
        if moved is None:
            return arriving
        with suppress(TransportError):
            yield Read(arriving, _REDIRECTIONS_LIMIT)
        been.add((outgoing.origin, outgoing.target))
        outgoing = moved
        if (outgoing.origin, outgoing.target) in been or len(been) > _MOST_REDIRECTS:
            raise failed(TooManyRedirects, outgoing)


def _note(breaker: Breaker | NoBreaker, outcome: Outcome, deadline: Deadline, world: World) -> None:
    """Tell the breaker. That nobody waited for long is not the other side's fault."""
    if isinstance(outcome, TimedOut) and not deadline.own:
        return
    if _is_well(outcome):
        breaker.succeed()
    else:
        breaker.fail(world.clock())


def _is_well(outcome: Outcome) -> bool:
    """Tell whether the other side is at work, whatever it said."""
    if isinstance(outcome, TransportError):
        return isinstance(outcome, TooLong)
    return outcome.status not in _UNWELL


def _pause(outgoing: Outgoing, outcome: Outcome, tried: int, rules: Rules, world: World) -> float | None:
    """Return how long to wait before the next try; None where there is none."""
    if tried >= rules.retries or not _may_help(outgoing, outcome):
        return None
    drawn = world.chance() * min(rules.max_backoff, rules.backoff * 2.0**tried)
    return (
        drawn if isinstance(outcome, TransportError) else max(drawn, _asked_to_wait(outcome.headers, world))
    )


def _may_help(outgoing: Outgoing, outcome: Outcome) -> bool:
    """Tell whether trying again may help, and can do no harm."""
    if isinstance(outcome, TransportError):
        if not outcome.sent:
            return True
        if isinstance(outcome, TooLong):
            return False
    elif outcome.status not in _LATER:
        return False
    return outgoing.replayable and is_idempotent(outgoing.operation)


def is_idempotent(operation: Operation) -> bool:
    """Tell whether to ask twice is to ask once: by its method, or because its document says so."""
    said = operation.extensions.get("x-idempotent")
    return said if isinstance(said, bool) else operation.method.upper() in _IDEMPOTENT


def _asked_to_wait(headers: Pairs, world: World) -> float:
    """Return what Retry-After says, in seconds (RFC 9110 section 10.2.3); 0 where it says nothing that can be read."""
    text = (value_of(headers, "Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    then = _time_of(text)
    if then is None:
        return 0.0
    now = _time_of(value_of(headers, "Date"))  # by the same clock
    return max(0.0, then - (world.unix_time() if now is None else now))


def _time_of(text: str | None) -> float | None:
    """Return the unix time of an HTTP date; None where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


_KINDS: Final[tuple[tuple[type[TransportError], type[ClientError]], ...]] = (
    (TimedOut, CallTimeout),
    (Garbled, InvalidAnswer),
    (TransportError, ConnectionFailed),
)


def kind_of(error: TransportError) -> type[ClientError]:
    """Return what an error of a transport is to whoever called."""
    return next(kind for transport_error, kind in _KINDS if isinstance(error, transport_error))


def failed(kind: type[ClientError], outgoing: Outgoing, **details: Any) -> ClientError:
    """Return the error that ends a call."""
    return kind(operation=outgoing.operation.name, **details)
