"""Messages that no task can be made of become dead letters: another version's tasks, other formats, bytes cut short.

Celery drops them, and ends the whole worker for some. Here a worker that is older than who called leaves the call where
it can be sent again. So it does with a call that comes back from lost workers again and again: it may be what kills
them. Not for arguments that a task's process cannot decode (execute).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Any, Final

import celery.worker.consumer
from celery.app.task import Context
from celery.exceptions import InvalidTaskError
from kombu.exceptions import ContentDisallowed, DecodeError

from macaron_runner.tasks.brokers.queues import MOST_DELIVERIES, deliveries
from macaron_runner.tasks.envelope import CONTEXT_HEADER, read_context
from macaron_runner.tasks.running.execute import context_of, report
from macaron_runner.tasks.running.telling import tell_if_watched
from macaron_runner.tasks.sending.dead_letters import PAUSE
from macaron_runner.tasks.sending.keeper import AWAY
from macaron_runner.tasks.sending.kept_call import call_of

_log: Final = logging.getLogger("macaron.tasks")


class ComesBack(Exception):
    """A call that no worker finishes: each one was lost with it, or gave it back."""


class Consumer(celery.worker.consumer.Consumer):
    """Celery's consumer, which leaves a dead letter of a message before it drops it; events are for who watches."""

    # What celery-types does not know.
    app: Any
    connection_errors: Any
    event_dispatcher: Any
    timer: Any

    def update_strategies(self) -> None:
        """Make what handles each task's messages."""
        tell_if_watched(self.event_dispatcher, self.app.tasks.values())
        super().update_strategies()

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], Any]:
        """Return what takes a message, of which Celery sees those only that have the form of one of its own."""
        handle = super().create_task_handler(*args, **options)

        def handle_sound(message: Any) -> Any:
            try:
                refuse_misshapen(message, self.app.tasks)
                refuse_deadly(message, self.app.tasks)
            except ComesBack as error:
                return self.on_coming_back(message, error)
            except (InvalidTaskError, ContentDisallowed) as error:
                return self.on_invalid_task(None, message, error)
            except DecodeError as error:
                return self.on_decode_error(message, error)
            return handle(message)

        return handle_sound

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Hear of a message whose body cannot be read."""
        if self._is_kept(message, exc):
            super().on_decode_error(message, exc)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Hear of a message that is no call, or in a format that is not read."""
        if self._is_kept(message, exc):
            super().on_invalid_task(body, message, exc)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Hear of a call of a task that this worker does not have."""
        unknown = LookupError(f"this worker has no task {message.headers['task']}")
        if self._is_kept(message, unknown):
            super().on_unknown_task(body, message, exc)

    def on_coming_back(self, message: Any, error: ComesBack) -> None:
        """Hear of a call that no worker finishes: it has failed for good, and what waits for its result is told."""
        if not self._is_kept(message, error, deliveries(message)):
            return
        _, _, embed = message.payload
        request = Context({**message.headers, **(embed or {})})
        try:
            self.app.backend.mark_as_failure(
                request.id, error, request=request, store_result=not request.ignore_result
            )
        except Exception as unknown:
            _log.warning(
                "that a call comes back again and again could not be noted as its result: %s", unknown
            )
        message.ack_log_error(_log, self.connection_errors)

    def _is_kept(self, message: Any, error: Exception, attempts: int = 1) -> bool:
        """Tell whether the broker has a dead letter of a message; else the message has been given back."""
        headers = message.headers if isinstance(message.headers, Mapping) else {}
        current = context_of(str(headers.get("task")), read_context(headers.get(CONTEXT_HEADER)))
        error_id = report(error, current)
        try:
            self.app.dead_letters.leave(call_of(self.app, message), error, error_id, attempts)
        except AWAY as away:
            _log.error("a message that cannot be read is given back until it can be kept: %s", away)
            give_back = partial(message.reject_log_error, _log, self.connection_errors, requeue=True)
            self.timer.call_after(PAUSE, give_back)
            return False
        return True


def refuse_deadly(message: Any, tasks: Container[str]) -> None:
    """Raise ComesBack for a call of one of the tasks that came back so often that it may be why workers are lost."""
    count = deliveries(message)
    if count >= MOST_DELIVERIES and message.headers["task"] in tasks:
        raise ComesBack(f"it came back {count} times: its workers were lost with it, or gave it back")


def refuse_misshapen(message: Any, tasks: Container[str]) -> None:
    """Raise InvalidTaskError for a message that names one of the tasks, or none, and has not the form of a call.

    https://docs.celeryq.dev/en/stable/internals/protocol.html (version 2). Raises DecodeError, ContentDisallowed.
    """
    headers = message.headers
    if not isinstance(headers, Mapping) or not isinstance(headers.get("task"), str):
        raise InvalidTaskError("the message names no task")
    if headers["task"] not in tasks:
        return
    if not isinstance(headers.get("id"), str):
        raise InvalidTaskError("the message has no id")
    try:
        payload = message.payload
    except (DecodeError, ContentDisallowed):
        raise
    except Exception as error:
        raise InvalidTaskError(f"the message cannot be read: {error}") from error
    match payload:
        case [list(), dict(), dict() | None]:
            return
    raise InvalidTaskError("the message does not hold arguments and their names")
