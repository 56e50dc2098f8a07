"""What of a service's calls waits and runs at this moment, asked of its broker and its workers.

Not for what failed (sending.dead_letters), nor for what happens from now on (watching).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from celery import Celery
from kombu import Connection
from kombu.transport.native_delayed_delivery import MAX_NUMBER_OF_BITS_TO_USE, level_name

from macaron_runner.tasks.brokers.delays import queue_of

ANSWER_WITHIN: Final = 1.0
"""Seconds in which workers must answer; all of it is waited for, since nobody knows how many there are."""

FIRST: Final = 10
"""How many of the calls that wait in a queue are looked at."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its arguments as they travel, and what is known of it.

    That may be the worker that has it, since when it runs, or until when it waits (RFC 3339).
    """

    id: str
    task: str
    queue: str
    args: list[Any]
    kwargs: Mapping[str, Any]
    worker: str | None = None
    since: str | None = None
    due: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object, without what is not known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Queued(NamedTuple):
    """A queue: how many calls wait in it, and the first of them; None where the broker does not let one look."""

    queue: str
    waiting: int
    first: tuple[Call, ...] | None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        first = None if self.first is None else [call.to_json() for call in self.first]
        return {"queue": self.queue, "waiting": self.waiting, "first": first}


def queued(connection: Connection, queues: tuple[str, ...]) -> tuple[Queued, ...]:
    """Return what waits in the queues to be taken by a worker."""
    channel: Any = connection.default_channel
    can_look = hasattr(channel, "peek")
    return tuple(
        Queued(name, _count(connection, name), tuple(_first(channel, name)) if can_look else None)
        for name in queues
    )


def delayed(connection: Connection, queues: tuple[str, ...]) -> Iterator[Call]:
    """Yield the calls that the broker keeps until they are due, those of them that it lets one look at."""
    channel: Any = connection.default_channel
    if hasattr(channel, "peek_waiting"):
        for name in queues:
            for due, message in channel.peek_waiting(name):
                yield _of_message(message, name, due=_moment(due))


def hidden_delayed(connection: Connection) -> int:
    """Return how many calls RabbitMQ keeps until they are due: of all that use it, and it does not show them."""
    levels = [level_name(number) for number in range(MAX_NUMBER_OF_BITS_TO_USE)]
    return sum(_count(connection, name) for name in levels)


class Workers:
    """The workers that answer. Each method returns None where none does."""

    def __init__(self, app: Celery, connection: Connection) -> None:
        self._inspect = app.control.inspect(timeout=ANSWER_WITHIN, connection=connection)

    def running(self) -> tuple[Call, ...] | None:
        """Return the calls under way."""
        return _calls(self._inspect.active(), lambda info: {"since": _moment(info["time_start"])})

    def holding(self) -> tuple[Call, ...] | None:
        """Return the calls that workers hold until they are due."""
        found = self._inspect.scheduled()
        inner = {
            worker: [{**info, **info["request"]} for info in held] for worker, held in (found or {}).items()
        }
        return _calls(inner if found is not None else None, lambda info: {"due": str(info["eta"])})


def _calls(
    answers: Mapping[str, list[Any]] | None, known: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> tuple[Call, ...] | None:
    if answers is None:
        return None
    return tuple(
        Call(
            info["id"],
            info["type"],
            queue_of(info["delivery_info"]),
            list(info["args"]),
            dict(info["kwargs"]),
            worker=worker,
            **known(info),
        )
        for worker, told in sorted(answers.items())
        for info in told
    )


def _count(connection: Connection, name: str) -> int:
    channel: Any = connection.channel()
    with suppress(*connection.channel_errors):  # there is no such queue yet, or it is empty
        count = int(channel.queue_declare(queue=name, passive=True).message_count)
        channel.close()
        return count
    return 0


def _first(channel: Any, name: str) -> Iterator[Call]:
    for _, message in channel.peek(name, FIRST):
        yield _of_message(message, name)


def _of_message(message: Any, queue: str, **known: Any) -> Call:
    headers = message.headers if isinstance(message.headers, Mapping) else {}
    args: list[Any] = []
    kwargs: Mapping[str, Any] = {}
    with suppress(Exception):  # whatever is in the queue is shown
        args, kwargs, _ = message.payload
    return Call(str(headers.get("id") or ""), str(headers.get("task") or ""), queue, args, kwargs, **known)


def _moment(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds or time.time(), UTC).isoformat(timespec="seconds")
