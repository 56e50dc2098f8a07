"""The Celery worker of one pool: its tasks, how it stops, what it may log.

Not for a single task's run (execute), nor for the process around it (entries.worker).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # new in billiard 4.3
from celery import Celery, signals
from celery.app.task import Task as CeleryTask
from celery.apps.worker import Worker
from celery.exceptions import CPendingDeprecationWarning, TaskPredicate
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # not in celery-types
from celery.worker import WorkController, state

from macaron_runner.configuration.model import Pool
from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.envelope import CONTEXT_HEADER
from macaron_runner.tasks.execute import execute

_log: Final = logging.getLogger("macaron.tasks")

GIVING_BACK: Final = 5.0
"""Seconds a worker needs to end the tasks that still run and to give them back."""


@dataclass(frozen=True, slots=True)
class PoolWorker:
    """What one worker runs: the pool's name and section, its processes, the seconds a stop may take."""

    name: str
    pool: Pool
    concurrency: int
    grace: float


def register(app: Celery, tasks: Iterable[AnyTask]) -> None:
    """Make the tasks known to Celery, each under its name."""
    for task in tasks:
        # throws: what a task raises is reported by execute; Celery need not log it a second time.
        declare = app.task(
            name=task.name, bind=True, typing=False, throws=(Exception,), shared=False, lazy=False
        )
        declare(_body(task))


def run(app: Celery, worker: PoolWorker, tasks: Mapping[str, AnyTask]) -> int:
    """Run the worker until it is told to stop; return its exit code.

    SIGTERM stops it taking tasks and waits for those that run; shortly before the grace is over, or on
    SIGQUIT, they are ended and given back to the broker. Nothing is lost in either case.
    """
    register(app, tasks.values())
    # Running as root is dangerous where a message may be pickle: ours are JSON only.
    warnings.simplefilter("ignore", SecurityWarning)
    sys.__stdout__ = None  # type: ignore[misc]  # where Celery puts its remarks on Ctrl+C, into a log here
    signals.setup_logging.connect(_keep_logging)
    signals.worker_shutting_down.connect(stop := _bounded_stop(worker.grace))
    celery_worker = _Worker(
        app=app,
        hostname=f"{worker.name}-{os.getpid()}@{socket.gethostname()}",
        queues=list(worker.pool.queues),
        pool="prefork",
        concurrency=worker.concurrency,
        max_tasks_per_child=worker.pool.max_tasks_per_child,
        max_memory_per_child=_kibibytes(worker.pool.max_memory_per_child),
        optimization="fair",
        quiet=True,
        without_gossip=True,  # workers need nothing of each other
        without_mingle=True,
        without_heartbeat=True,
    )
    # That tasks under way when the broker's connection is lost run again is at-least-once, and what we promise.
    # (Making the worker had the warning shown always.)
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    celery_worker.start()
    signals.worker_shutting_down.disconnect(stop)
    return int(celery_worker.exitcode or 0)


class _Worker(Worker):
    """Celery's worker, which until its loop runs only takes note of a request to stop.

    Celery's own handlers take down, wherever the start has got to, what may not stand yet.
    """

    def install_platform_tweaks(self, worker: WorkController) -> None:  # noqa: ARG002 - Celery's signature
        for signum, request in _EARLY_STOPS.items():
            signal.signal(signum, partial(_take_note, request))

    def on_consumer_ready(self, consumer: Any) -> None:
        consumer.hub.call_soon(super().install_platform_tweaks, self)
        super().on_consumer_ready(consumer)


_EARLY_STOPS: Final = {
    signal.SIGTERM: "should_stop",
    signal.SIGINT: "should_stop",
    signal.SIGQUIT: "should_terminate",
}


def _take_note(request: str, *_: Any) -> None:
    setattr(state, request, 0)  # the exit code: nothing was under way


def _body(task: AnyTask) -> Any:
    def run_task(self: CeleryTask[..., Any], *args: Any, **kwargs: Any) -> Any:
        return execute(
            task,
            list(args),
            kwargs,
            self.request.get(CONTEXT_HEADER),
            keep_result=not self.request.ignore_result,
            is_control_flow=_is_control_flow,
        )

    return run_task


def _is_control_flow(error: BaseException) -> bool:
    """Tell whether it is Celery that speaks (Retry, Ignore, Reject) or the process that was told to end."""
    return isinstance(error, TaskPredicate) or terminate_handler_fired()


def _keep_logging(**_: Any) -> None:
    """Stand in for Celery's logging set-up (it asks whether somebody does); hush what execute says better."""
    for name in ("celery.app.trace", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _bounded_stop(grace: float) -> Any:
    """Return a handler that, when a warm stop begins, sees to it that a cold one follows after the grace."""

    def begin(how: str, **_: Any) -> None:
        if how == "Warm":
            alarm = threading.Timer(max(grace - GIVING_BACK, 0), _stop_cold)
            alarm.daemon = True
            alarm.start()

    return begin


def _stop_cold() -> None:
    _log.warning("tasks still run, and the time to stop is over: they are ended and given back")
    os.kill(os.getpid(), signal.SIGQUIT)


def _kibibytes(size: int | None) -> int | None:
    return max(1, size // 1024) if size is not None else None
