"""When a task that raised an error runs again, and after how long.

Pure. Not for the other options of a task (options), nor for queueing the next attempt (celery_task).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.errors import MacaronError
from macaron_runner.tasks.durations import seconds

_WORTH_ASKING_AGAIN: Final = frozenset({408, 425, 429})
"""The statuses below 500 that do not say that the same call will fail again (RFC 9110, 8470, 6585)."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and when a task that raised runs again: `Retries(max=5, backoff="2s", on=(ConnectionError,))`.

    At most `max` further times. Before the first there is a pause of up to `backoff`, doubled for each further one
    up to `max_backoff` (seconds, or a text as "10m"); the pause is drawn evenly between nothing and that (full
    jitter), or is exactly that with `jitter=False`. `on` are the errors that are worth another attempt; unless it
    says otherwise all are, except MacaronErrors with a status of the client's making (4xx but 408, 425 and 429).
    Raises TypeError and ValueError for what makes no sense.
    """

    max: int = 3
    backoff: float | str = 1.0
    max_backoff: float | str = 600.0
    jitter: bool = True
    on: tuple[type[Exception], ...] | None = None

    def __post_init__(self) -> None:
        if type(self.max) is not int or self.max < 1:
            raise ValueError(f"retries must be a whole number from 1 on, not {self.max!r}")
        object.__setattr__(self, "backoff", seconds(self.backoff, "backoff"))
        object.__setattr__(self, "max_backoff", seconds(self.max_backoff, "max_backoff"))
        if self.on is not None:
            object.__setattr__(self, "on", _error_classes(self.on))

    def wants(self, error: BaseException) -> bool:
        """Tell whether another attempt may help."""
        if self.on is not None:
            return isinstance(error, self.on)
        if isinstance(error, MacaronError):
            return error.status >= 500 or error.status in _WORTH_ASKING_AGAIN
        return isinstance(error, Exception) and not isinstance(error, MemoryError)

    def pause(
        self, done: int, error: BaseException | None = None, draw: Callable[[], float] = random.random
    ) -> float:
        """Return the seconds to wait after `done` retries, `max_backoff` at the most; an error's Retry-After counts."""
        # Whoever writes max=2000 must not get 2.0 ** 2000.
        longest = min(float(self.max_backoff), float(self.backoff) * 2.0 ** min(done, 64))
        asked = error.headers.get("Retry-After", "") if isinstance(error, MacaronError) else ""
        least = min(float(asked), float(self.max_backoff)) if asked.isdecimal() else 0.0
        return max(least, longest * draw() if self.jitter else longest)


def _error_classes(on: Any) -> tuple[type[Exception], ...]:
    classes = on if isinstance(on, tuple | list | set | frozenset) else (on,)
    for each in classes:
        if not (isinstance(each, type) and issubclass(each, Exception)):
            raise TypeError(
                f"retries are made on classes of errors, as on=(ConnectionError,), not on {each!r}"
            )
    return tuple(classes)
