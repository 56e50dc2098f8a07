"""What Celery knows of a task: how a call of it is sent, how it runs in a worker, when it has failed for good.

Every message goes through `MacaronTask`, whoever sends it: a call, a step of a chain, a part of a group, a retry. Not
for the worker around it (worker), nor for a single run of the function (execute).
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import celery.worker.request
from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # new in billiard 4.3
from celery import Celery
from celery.app.task import Task as CeleryTask
from celery.exceptions import Reject, Retry, TaskPredicate, TimeLimitExceeded
from celery.result import AsyncResult
from kombu.exceptions import EncodeError
from kombu.utils.uuid import uuid

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.tasks.celery_app import ServiceCelery
from macaron_runner.tasks.delays import queue_of
from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.envelope import CONTEXT_HEADER
from macaron_runner.tasks.execute import context_of, execute, report
from macaron_runner.tasks.keeper import AWAY
from macaron_runner.tasks.runs import RUN_HEADER, is_repeated

_log: Final = logging.getLogger("macaron.tasks")

_LONGEST_DELAY: Final = 2**28 - 1
"""Seconds that fit into that prefix: eight years and a half."""


def register(app: Celery, tasks: Mapping[str, AnyTask], homes: Mapping[str, str]) -> None:
    """Make the tasks known to Celery by their names; `homes` are their queues."""
    for name, task in tasks.items():
        declare: Any = app.task(base=MacaronTask, **_attributes(task), home=homes[name])
        declare(_run)


def _attributes(task: AnyTask) -> dict[str, Any]:
    options = task.options
    return {
        "name": task.name,
        "declared": task,
        "bind": True,
        "typing": False,
        "shared": False,
        "lazy": False,
        "throws": (Exception,),  # execute reports what a task raises; Celery need not log it a second time
        "max_retries": None,
        "time_limit": options.time_limit,
        "soft_time_limit": options.soft_time_limit,
        "rate_limit": options.rate_limit,
        "ignore_result": None if options.keep_result is None else not options.keep_result,
    }


class MacaronTask(CeleryTask[Any, Any]):
    """One task of a service, to Celery."""

    abstract = True
    app: ServiceCelery
    Request = f"{__name__}:Request"
    declared: AnyTask
    """The task itself."""
    home: str
    """The queue of calls that name none."""

    def apply_async(  # type: ignore[override]  # celery-types names all options
        self, args: Any = None, kwargs: Any = None, **options: Any
    ) -> AsyncResult[Any]:
        """Send a call, its arguments already encoded, with what its task says and `options` do not.

        Raises TaskQueueUnavailable where the broker is away; then what Celery itself goes on with after a task (the
        next step of a chain) is lost to nobody: the task is given back, and runs once more.
        """
        said = {"queue": self.home, **self.declared.options.for_call(options)}
        try:
            return self._send(args, kwargs, said)
        except TaskQueueUnavailable as error:
            if context.current() is None and self.app.current_worker_task:
                raise Reject(error, requeue=True) from error
            raise

    def try_again(self, error: BaseException) -> None:
        """Send the call again, to run after a pause, and raise Celery's Retry; return where it has failed for good.

        The call is acknowledged after that. Where it cannot be sent it is given back, and this attempt was none.
        """
        retries, request = self.declared.options.retries, self.request
        if retries is None or request.retries >= retries.max or not retries.wants(error):
            return
        assert isinstance(error, Exception)
        delivery: Any = request.delivery_info
        pause = retries.pause(request.retries, error)
        _log.warning(
            "%s failed and runs again in %.1f s (%d of %d): %s: %s",
            *(self.name, pause, request.retries + 1, retries.max, type(error).__name__, error),
        )
        options = {
            **request.as_execution_options(),
            "queue": queue_of(delivery),
            "priority": delivery.get("priority"),
            "ignore_result": request.ignore_result,
            "retries": request.retries + 1,
            "countdown": pause,
        }
        try:
            self._send(request.args, request.kwargs, options)
        except TaskQueueUnavailable as unavailable:
            raise Reject(unavailable, requeue=True) from error
        raise Retry(exc=error, when=datetime.now(UTC) + timedelta(seconds=pause))

    def _send(self, args: Any, kwargs: Any, options: dict[str, Any]) -> AsyncResult[Any]:
        """Send one message; the options are complete."""
        options = self._whole_seconds(options)
        options["confirm_timeout"] = self.app.conf.broker_connection_timeout
        options.setdefault("task_id", uuid())  # the same one, should it be kept after all
        send: Callable[..., AsyncResult[Any]] = functools.partial(self._publish, args, kwargs, **options)
        at_most_once = self.declared.options.at_most_once  # what is kept may be sent twice
        if self.app.keeper is not None and not at_most_once:
            send = functools.partial(self.app.keeper.send, send)
        try:
            return send()
        except EncodeError as error:
            raise TypeError(
                f"a call of {self.name} cannot travel: {error}; give its arguments to .s()"
            ) from error
        except AWAY as error:
            _log.warning("%s could not be queued: %s: %s", self.name, type(error).__name__, error)
            raise TaskQueueUnavailable from error

    def _publish(self, args: Any, kwargs: Any, *, producer: Any = None, **options: Any) -> AsyncResult[Any]:
        """Send one message by a producer of Celery's, or have it composed for the one that is given."""
        delays = self.app.delays
        if delays is not None and options.get("countdown") and producer is None:
            delays.prepare(options["queue"])
        return super().apply_async(args, kwargs, producer=producer, **options)

    def _whole_seconds(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with a wait as RabbitMQ counts it; others take any."""
        if self.app.delays is None:
            return {**options, "countdown": options.get("countdown") or None}
        eta = options.get("eta")
        wait = options.get("countdown") or 0 if eta is None else (eta - datetime.now(UTC)).total_seconds()
        if wait > _LONGEST_DELAY:
            raise ValueError(f"a delay of {wait:.0f} s is too long: RabbitMQ knows {_LONGEST_DELAY} at most")
        return {**options, "eta": None, "countdown": math.ceil(wait) if wait > 0 else None}

    def on_failure(self, exc: Exception, *_: Any) -> None:
        """Hear that a call has failed for good, before it is acknowledged: the one place where that is known.

        Called, with `self.request` as it travelled, in the process that ran the task, which has reported the error;
        for a time limit in the worker's main process, the other having been ended.
        """
        if isinstance(exc, TimeLimitExceeded):
            report(exc, context_of(self.name, self.request.get(CONTEXT_HEADER)))


class Request(celery.worker.request.Request):
    """One message in a worker's main process."""

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 - Celery's signature
        """Let `on_failure` know whose time is over."""
        self.task.request_stack.push(self._context)  # type: ignore[attr-defined]  # not in celery-types
        try:
            super().on_timeout(soft, timeout)
        finally:
            self.task.request_stack.pop()


def _run(self: MacaronTask, *args: Any, **kwargs: Any) -> Any:
    request = self.request
    mark = request.get(RUN_HEADER)
    if mark is not None and is_repeated(self.app.store, str(request.id), mark):
        _log.info("%s is not run: this run of its schedule was sent twice", self.name)
        return None
    goes_on = request.chain or request.callbacks or request.chord
    return execute(
        self.declared,
        list(args),
        kwargs,
        request.get(CONTEXT_HEADER),
        keep_result=bool(goes_on) or not request.ignore_result,
        is_control_flow=_is_control_flow,
        try_again=self.try_again,
    )


def _is_control_flow(error: BaseException) -> bool:
    """Tell whether it is Celery that speaks (Retry, Ignore, Reject) or the process that was told to end."""
    return isinstance(error, TaskPredicate) or terminate_handler_fired()
