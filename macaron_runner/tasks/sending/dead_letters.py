"""Dead letters: calls that failed for good, each a message in a queue of the same broker, with its error.

No pool consumes that queue, `<service>.dead`; people look into it, and send calls again from there (macaron tasks). It
keeps the newest MOST letters: where nobody looks after it, it must not fill the broker, which would then refuse calls.

Not for when a call has failed for good (celery_task, running.unreadable), nor for what sends a call again (kept_call).
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from celery import Celery
from kombu import Queue
from kombu.transport import virtual

from macaron_runner.crash import text_of
from macaron_runner.redaction import Redact, unredacted
from macaron_runner.tasks.brokers.too_large import CallTooLarge, too_large_told
from macaron_runner.tasks.envelope import CONTEXT_HEADER, read_context
from macaron_runner.tasks.sending.connecting import connected
from macaron_runner.tasks.sending.kept_call import Call, publish

MOST: Final = 10_000
"""Letters that are kept; one more, and the oldest goes."""

PAUSE: Final = 1.0
"""Seconds before a call of which no letter can be left is given back: it comes again at once."""

_LONGEST_MESSAGE: Final = 2_000
_LONGEST_TRACEBACK: Final = 20_000
"""Characters; of a longer traceback the end is kept, which is where the error was raised."""


def dead_queue_name(service: str) -> str:
    """Return the name of the queue of a service's dead letters."""
    return f"{service}.dead"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed: the error's type and message, its traceback as text, the id under which it was reported."""

    type: str
    message: str
    traceback: str
    error_id: str

    @classmethod
    def of(cls, error: BaseException, error_id: str, redact: Redact) -> Failure:
        """Return what is told of an error, in texts that `redact` has seen."""
        kind = type(error)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        shown = "".join(traceback.format_exception(error)).rstrip()
        return cls(
            name, redact(text_of(error))[:_LONGEST_MESSAGE], redact(shown)[-_LONGEST_TRACEBACK:], error_id
        )


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One call that failed for good: what sends it again, why, when (RFC 3339), after how many attempts."""

    call: Call
    failure: Failure
    failed_at: str
    attempts: int

    @classmethod
    def write(cls, call: Call, failure: Failure, attempts: int) -> DeadLetter:
        """Return the letter of a call that has failed just now."""
        return cls(call, failure, datetime.now(UTC).isoformat(timespec="seconds"), attempts)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DeadLetter:
        """Return the letter that `to_json` wrote. Raises KeyError and TypeError for anything else."""
        return cls(data["call"], Failure(**data["failure"]), data["failed_at"], data["attempts"])

    def to_json(self) -> dict[str, Any]:
        """Return what the message holds."""
        return asdict(self)

    @property
    def headers(self) -> Mapping[str, Any]:
        """The headers of the call's message; without any where it had none that can be read."""
        headers = self.call["properties"].get("headers")
        return headers if isinstance(headers, Mapping) else {}

    @property
    def id(self) -> str:
        """The call's id, "" where its message had none."""
        return str(self.headers.get("id") or "")

    @property
    def task(self) -> str:
        """The task's name, "" where the message had none."""
        return str(self.headers.get("task") or "")

    @property
    def queue(self) -> str:
        """The queue that the call came from."""
        return str(self.call["queues"][0])

    @property
    def context(self) -> Mapping[str, Any]:
        """The context of the caller, as it travelled."""
        return read_context(self.headers.get(CONTEXT_HEADER)) or {}

    @property
    def arguments(self) -> tuple[list[Any], Mapping[str, Any]] | None:
        """The arguments as they travelled, positional and by name; None where the message cannot be read."""
        with contextlib.suppress(ValueError, TypeError):
            args, kwargs, _ = json.loads(self.call["body"])
            return list(args), dict(kwargs)
        return None


class Kept(NamedTuple):
    """A letter in the queue, and what removes it from there."""

    letter: DeadLetter
    remove: Callable[[], Any]


class DeadLetters:
    """The dead letters of a service, in `queue`; of the errors is kept what `redact` leaves."""

    def __init__(self, app: Celery, queue: Queue) -> None:
        self._app = app
        self.queue = queue
        self.redact: Redact = unredacted

    def leave(self, call: Call, error: BaseException, error_id: str, attempts: int) -> None:
        """Return when the broker has accepted the letter; without the call's arguments where it would be too large.

        Raises what connecting and publishing do (keeper.AWAY).
        """
        letter = DeadLetter.write(call, Failure.of(error, error_id, self.redact), attempts)
        try:
            self._publish(letter)
        except CallTooLarge:  # the call alone was not
            self._publish(replace(letter, call={**call, "body": ""}))

    def _publish(self, letter: DeadLetter) -> None:
        with self._app.producer_or_acquire() as producer, too_large_told():
            producer.publish(
                letter.to_json(),
                serializer="json",
                exchange=self.queue.exchange,
                routing_key=self.queue.routing_key,
                declare=[self.queue],
                retry=True,
                retry_policy=self._app.conf.task_publish_retry_policy,
                confirm_timeout=self._app.conf.broker_connection_timeout,
            )
            if hasattr(producer.channel, "trim"):  # other brokers see to it themselves
                producer.channel.trim(self.queue.name, MOST)

    def send_again(self, letter: DeadLetter) -> None:
        """Return when the broker has accepted the letter's call, in the queue that it came from.

        Raises LookupError where no pool consumes that any more, and what connecting and publishing do (keeper.AWAY).
        """
        with self._app.producer_or_acquire() as producer:
            publish(self._app, producer, letter.call, None)

    def look(self) -> Iterator[Kept]:
        """Yield the letters, the oldest first. Those that are not removed are there again when this ends.

        While it lasts, other looks at a broker that is no Redis do not see what this one has seen. Raises what
        connecting and asking do (keeper.AWAY).
        """
        with connected(self._app) as connection:
            channel: Any = connection.default_channel
            seen = self._peek(channel) if hasattr(channel, "peek") else self._hold(channel)
            for data, remove in seen:
                with contextlib.suppress(KeyError, TypeError):  # no letter: somebody else has put it there
                    yield Kept(DeadLetter.from_json(data), remove)

    def _peek(self, channel: Any) -> Iterator[tuple[Any, Callable[[], Any]]]:
        """Yield what stands in a queue that can be read as a list, and what takes it out."""
        name = self.queue.name
        for raw, message in channel.peek(name, MOST):
            yield message.payload, partial(channel.remove, name, raw)

    def _hold(self, channel: Any) -> Iterator[tuple[Any, Callable[[], Any]]]:
        """Yield what can be taken from a queue, and what acknowledges it; give back what was not."""
        queue: Any = self.queue.bind(channel)
        queue.declare()
        # More may come while these are dealt with; SQS and Pub/Sub do not know how many there are.
        exact = not isinstance(channel, virtual.Channel)
        there = queue.queue_declare(passive=True).message_count if exact else MOST
        held: list[Any] = []
        try:
            while len(held) < there and (message := queue.get()) is not None:
                held.append(message)
                yield message.payload, message.ack
        finally:
            for message in held:
                if not message.acknowledged:
                    message.requeue()
