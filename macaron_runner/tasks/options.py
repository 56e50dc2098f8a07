"""What `@asynctask(…)` says of a task, and what a single call may say otherwise.

Pure. Not for what Celery makes of it (celery_task), nor for the errors that are worth another attempt (retries).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID

from macaron_runner.diagnostics import near_word
from macaron_runner.tasks.durations import rate, seconds
from macaron_runner.tasks.retries import Retries

DEFAULT_PRIORITY: Final = 4
"""The priority of a call that has none: what RabbitMQ gives it as well."""


class Declared(TypedDict, total=False):
    """The keywords of `@asynctask(…)`; TaskOptions says what they mean."""

    queue: str | None
    delay: float | str
    retries: int | Retries | None
    time_limit: float | str | None
    soft_time_limit: float | str | None
    rate_limit: str | None
    expires: float | str | None
    priority: int | None
    at_most_once: bool
    keep_result: bool | None
    idempotency_key: Callable[..., Any] | None
    remember: float | str


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What holds for every call of a task; times are seconds.

    `queue`: where calls wait (None: the service's default queue). `delay`: how long they wait at least. `retries`:
    how often the task runs again after an error. `time_limit`: how long it may run; then its process is ended and
    the task has failed for good. `soft_time_limit`: after that SoftTimeLimitExceeded is raised in it.
    `rate_limit`: how many a worker begins, as Celery writes it ("100/m"). `expires`: a call that has not begun by
    then is dropped. `priority`: 1 to 9, the most urgent. `at_most_once`: it is acknowledged before it runs, and
    never runs twice. `keep_result`: whether results can be asked for (None: as the service's settings say).
    `idempotency_key`: gives a call's key from its arguments; one of those with the same key runs, while it is
    remembered (`remember`, from when it has run on).
    """

    queue: str | None = None
    delay: float = 0.0
    retries: Retries | None = None
    time_limit: float | None = None
    soft_time_limit: float | None = None
    rate_limit: str | None = None
    expires: float | None = None
    priority: int | None = None
    at_most_once: bool = False
    keep_result: bool | None = None
    idempotency_key: Callable[..., Any] | None = None
    remember: float = 86_400.0

    def key_of(self, args: Iterable[Any], kwargs: Mapping[str, Any]) -> str | None:
        """Return the key of a call; None where it has none. Raises TypeError for what cannot be one."""
        return None if self.idempotency_key is None else _key(self.idempotency_key(*args, **kwargs))

    @classmethod
    def read(cls, declared: Mapping[str, Any]) -> TaskOptions:
        """Return the options of a decorator's keywords (Declared).

        Raises TypeError and ValueError, in a sentence, for what does not exist or makes no sense.
        """
        for name in declared:
            if name not in _READERS:
                raise TypeError(f"@asynctask() has no option {name!r} {near_word(name, _READERS)}".rstrip())
        options = cls(
            **{name: _READERS[name](value) for name, value in declared.items() if value is not None}
        )
        if options.at_most_once and options.retries is not None:
            raise ValueError(
                "at_most_once and retries contradict each other: a retry runs the task once more"
            )
        if options.time_limit is not None and (options.soft_time_limit or 0) >= options.time_limit:
            raise ValueError("soft_time_limit must be shorter than time_limit: it comes first")
        return options

    def for_call(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of one call: what it says itself, and for the rest what holds for all.

        They are `countdown`, `eta`, `expires`, `priority`, `idempotency_key`, and `queue` where the call says one
        (else a route may); those that nobody says are left out. What was returned may be given again. Raises TypeError
        and ValueError.
        """
        chosen = {name: value for name, value in said.items() if value is not None}
        if "eta" not in chosen:
            chosen["countdown"] = seconds(chosen.get("countdown", self.delay), "countdown")
        elif "countdown" in chosen:
            raise TypeError("a call waits for its countdown or its eta, not for both")
        elif not isinstance(chosen["eta"], datetime) or chosen["eta"].tzinfo is None:
            raise TypeError(f"eta must be a datetime with a time zone, not {chosen['eta']!r}")
        for name in ("expires", "priority"):
            if name not in chosen and getattr(self, name) is not None:
                chosen[name] = getattr(self, name)
        return {**chosen, **_read_call(chosen)}


def _read_call(said: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    if "priority" in said:
        read["priority"] = _priority(said["priority"])
    if "idempotency_key" in said:
        read["idempotency_key"] = _key(said["idempotency_key"])
    expires = said.get("expires")
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            raise TypeError(f"expires must have a time zone, and {expires!r} has none")
    elif expires is not None:
        read["expires"] = seconds(expires, "expires", more_than_none=True)
    return read


def _queue(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"queue must be the name of a queue, not {value!r}")
    return value


def _retries(value: Any) -> Retries | None:
    if isinstance(value, Retries):
        return value
    if type(value) is not int or value < 0:
        raise TypeError(f"retries must be a whole number or Retries(…), not {value!r}")
    return Retries(max=value) if value else None


def _priority(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 9:
        raise ValueError(f"priority must be a whole number from 1 to 9 (the most urgent), not {value!r}")
    return value


def _key(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str | int | UUID) or isinstance(value, bool)):
        raise TypeError(f"an idempotency_key must be a text, a whole number, a UUID or None, not {value!r}")
    return None if value is None else str(value)


def _function(value: Any) -> Callable[..., Any]:
    if not callable(value):
        raise TypeError(f"idempotency_key must be a function of the task's arguments, not {value!r}")
    return value  # type: ignore[no-any-return]


def _flag(name: str) -> Callable[[Any], bool]:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, not {value!r}")
        return value

    return read


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "queue": _queue,
    "delay": lambda value: seconds(value, "delay"),
    "retries": _retries,
    "time_limit": lambda value: seconds(value, "time_limit", more_than_none=True),
    "soft_time_limit": lambda value: seconds(value, "soft_time_limit", more_than_none=True),
    "rate_limit": rate,
    "expires": lambda value: seconds(value, "expires", more_than_none=True),
    "priority": _priority,
    "at_most_once": _flag("at_most_once"),
    "keep_result": _flag("keep_result"),
    "idempotency_key": _function,
    "remember": lambda value: seconds(value, "remember", more_than_none=True),
}
