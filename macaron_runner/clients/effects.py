"""What the course of a call wants done, as values; a driver does it. Not for deciding what comes when (course)."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from macaron_runner.clients.outgoing import Outgoing, Patience


class Send(NamedTuple):
    """Send a request; the outcome is the answer, its head here (Arriving, ArrivingAsync). Raises TransportError."""

    outgoing: Outgoing
    patience: Patience


class Read(NamedTuple):
    """Read the body of an answer, which is closed afterwards; the outcome is bytes, at most so many.

    Raises TransportError.
    """

    arriving: Any
    most: int


class Wait(NamedTuple):
    """Wait so many seconds."""

    seconds: float


Effect: TypeAlias = Send | Read | Wait
