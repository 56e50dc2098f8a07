"""Takes task calls to the broker: what `context.service().queue` is in web processes and workers.

Not for the form in which arguments travel (envelope), nor for deciding when a call is queued (task).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery import Celery
from celery.canvas import Signature
from celery.result import AsyncResult

from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.envelope import encode_call
from macaron_runner.tasks.progress import Progress
from macaron_runner.tasks.registration import register
from macaron_runner.tasks.routing import Routing


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
                f"the result of {self.name} is not kept: say @asynctask(keep_result=True), or for all tasks "
                "task_ignore_result: false in tasks.settings"
            )
        return self.result.get(timeout=timeout)


class CeleryQueue:
    """A context.TaskQueue on a Celery application, to which the tasks that workers find become known.

    `homes` are the queues of the `tasks`.
    """

    def __init__(self, app: Celery, tasks: Mapping[str, AnyTask], homes: Mapping[str, str]) -> None:
        register(app, tasks, homes)
        self._app = app
        self._routing = Routing(homes, frozenset(queue.name for queue in app.conf.task_queues))
        self._progress = Progress()

    def send(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], options: Mapping[str, Any]
    ) -> QueuedTask:
        """Queue the call, with the current context, and return its handle.

        `options` are those of TaskOptions.for_call. Raises TypeError for arguments that cannot travel, LookupError
        for a task or ValueError for a queue that no worker knows, TaskQueueUnavailable within about two seconds
        where the broker is away.
        """
        positional, named = encode_call(args, kwargs)
        self._routing.queue_of(name, options.get("queue"))  # or refuse
        task: Any = self._app.tasks[name]
        result = task.queue_call(tuple(positional), named, options)
        return QueuedTask(result.id, name, None if result.ignored else result)

    def signature(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, immutable: bool
    ) -> Signature[Any]:
        """Return the call as Celery's signature, to be part of a chain, a group or a chord.

        Raises TypeError for arguments that cannot travel, LookupError for a task that no worker knows.
        """
        positional, named = encode_call(args, kwargs)
        self._routing.queue_of(name)  # or refuse
        return self._app.tasks[name].signature(tuple(positional), named, immutable=immutable)

    def tell_progress(self, fraction: float, note: str) -> None:
        """Tell who watches how far the task that runs in this process has come, where one does and workers can tell."""
        task = self._app.current_worker_task
        if task is not None and self._app.conf.worker_enable_remote_control:
            self._progress.tell(task, fraction, note)
