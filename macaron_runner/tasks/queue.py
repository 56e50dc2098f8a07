"""Takes task calls to the broker: what `context.service().queue` is in web processes and workers.

Not for the form in which arguments travel (envelope), nor for deciding when a call is queued (task).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from amqp.exceptions import AMQPError
from celery import Celery
from celery.result import AsyncResult
from kombu.exceptions import KombuError

from macaron_runner import context
from macaron_runner.diagnostics import near_word
from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.tasks.envelope import decode, encode_call, find_model_in

_log: Final = logging.getLogger("macaron.tasks")


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """One call that the broker has accepted: its `id` and the task's `name`."""

    id: str
    name: str
    result: AsyncResult[Any] | None

    def get(self, timeout: float | None = None) -> Any:
        """Wait for the function's result and return it, models as models; raises what the function raised.

        Raises celery's TimeoutError after `timeout` seconds, RuntimeError where results are not kept.
        """
        if self.result is None:
            raise RuntimeError(
                f"the result of {self.name} is not kept: set task_ignore_result: false in tasks.settings"
            )
        return decode(self.result.get(timeout=timeout), find_model_in(context.service().apis))


class CeleryQueue:
    """A context.TaskQueue on a Celery application; `homes` are the tasks that workers find, each with its queue."""

    def __init__(self, app: Celery, homes: Mapping[str, str]) -> None:
        self._app = app
        self._homes = homes
        self._queues: Final = frozenset(queue.name for queue in app.conf.task_queues)
        self._patience: Final[float] = app.conf.broker_connection_timeout
        self._ignore_result: Final[bool] = app.conf.task_ignore_result

    def send(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], options: Mapping[str, Any]
    ) -> QueuedTask:
        """Queue the call, with the current context, and return its handle.

        `options` are `queue` (None: the task's own) and `countdown` (seconds). Raises TypeError for
        arguments that cannot travel, LookupError for a task or ValueError for a queue that no worker knows,
        TaskQueueUnavailable within about two seconds where the broker is away.
        """
        positional, named = encode_call(args, kwargs)
        queue = self._queue_of(name, options.get("queue"))
        try:
            result = self._app.send_task(
                name,
                positional,
                named,
                queue=queue,
                countdown=options.get("countdown") or None,
                ignore_result=self._ignore_result,
                confirm_timeout=self._patience,
            )
        except (KombuError, AMQPError, OSError) as error:
            _log.warning("%s could not be queued: %s: %s", name, type(error).__name__, error)
            raise TaskQueueUnavailable from error
        return QueuedTask(result.id, name, None if self._ignore_result else result)

    def _queue_of(self, name: str, wanted: str | None) -> str:
        if name not in self._homes:
            raise LookupError(
                f"workers do not know the task {name}: its module is neither among the handlers of an API "
                f"nor under tasks.modules in macaron.yaml {near_word(name, self._homes)}".rstrip()
            )
        queue = wanted or self._homes[name]
        if queue not in self._queues:
            known = ", ".join(sorted(self._queues))
            raise ValueError(f'no pool in macaron.yaml consumes the queue "{queue}" (there are: {known})')
        return queue
