"""The circuit breaker of a client: after so many failures in a row nothing is sent for a while, then one call tries.

Its state is one process's; the clock is an argument. Not for what counts as a failure (course).
"""

from __future__ import annotations

import threading
from collections import deque


class Breaker:
    """Closed: everything is sent. Open: nothing is, for a `rest`; then one call each `rest`, until one succeeds.

    It opens with the last of `failures` failures in a row, no more than `within` seconds apart. A try that never
    reports what came of it costs a rest, no more.
    """

    def __init__(self, failures: int, within: float, rest: float) -> None:
        self._within, self._rest = within, rest
        self._failed: deque[float] = deque(maxlen=failures)
        self._open_until: float | None = None
        self._lock = threading.Lock()

    def wait(self, now: float) -> float:
        """Return 0 where a call may be made now, else the seconds until one may."""
        if self._open_until is None:  # as ever: without the lock
            return 0.0
        with self._lock:
            until = self._open_until
            if until is None:
                return 0.0
            if until <= now:
                self._open_until = now + self._rest  # this one tries
            return max(0.0, until - now)

    def succeed(self) -> None:
        """Note that the other side answered."""
        if self._failed or self._open_until is not None:
            with self._lock:
                self._failed.clear()
                self._open_until = None

    def fail(self, now: float) -> None:
        """Note that the other side could not be had."""
        with self._lock:
            self._failed.append(now)
            if self._open_until is not None or self._too_many(now):
                self._open_until = now + self._rest

    def _too_many(self, now: float) -> bool:
        return len(self._failed) == self._failed.maxlen and now - self._failed[0] <= self._within


class NoBreaker:
    """Always closed."""

    def wait(self, now: float) -> float:  # noqa: ARG002 - a Breaker's
        """Return 0."""
        return 0.0

    def succeed(self) -> None:
        """Note nothing."""

    def fail(self, now: float) -> None:
        """Note nothing."""
