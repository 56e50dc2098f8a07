"""The Celery worker of one pool: its processes, how it stops, what it may log.

Not for what a task is to it (celery_task), nor for the process around it (entries.worker).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from celery import Celery, signals
from celery.apps.worker import Worker
from celery.bootsteps import RUN  # type: ignore[attr-defined]  # not in celery-types
from celery.exceptions import CPendingDeprecationWarning
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # not in celery-types
from celery.worker import WorkController, state

from macaron_runner.configuration.model import Pool
from macaron_runner.processes.health_server import answer_health
from macaron_runner.tasks.running.pulse import Pulse, Sender
from macaron_runner.tasks.running.stopping import bounded_stop, give_back_unstarted, wake_for_signals

_log: Final = logging.getLogger("macaron.tasks")


@dataclass(frozen=True, slots=True)
class PoolWorker:
    """What one worker runs: the pool's name and section, its processes, and how it tells of its health.

    That is in files in the folder `health`, and over HTTP on `listener` where there is one. `private_queue`: it may
    have a queue of its own, to prove that it consumes.
    """

    name: str
    pool: Pool
    concurrency: int
    health: Path
    private_queue: bool
    listener: socket.socket | None = None


def run(app: Celery, worker: PoolWorker) -> int:
    """Run the worker until it is told to stop; return its exit code.

    SIGTERM stops it taking tasks and waits for those that run; after the pool's grace, or on SIGQUIT, they are
    ended and given back to the broker. Nothing is lost in either case.
    """
    # Running as root is dangerous where a message may be pickle: ours are JSON only.
    warnings.simplefilter("ignore", SecurityWarning)
    sys.__stdout__ = None  # type: ignore[misc]  # where Celery puts its remarks on Ctrl+C, into a log here
    signals.setup_logging.connect(_keep_logging)
    hostname = f"{worker.name}-{os.getpid()}@{socket.gethostname()}"
    sender = Sender(app, hostname) if worker.private_queue else None
    pulse = Pulse(f"worker-{worker.name}", worker.health, sender)
    pulse.install(app.steps)
    signals.worker_shutting_down.connect(stop := bounded_stop(worker.pool.grace))
    signals.worker_shutting_down.connect(pulse.stopping)
    celery_worker = _Worker(
        app=app,
        hostname=hostname,
        queues=list(worker.pool.queues),
        pool="prefork",
        concurrency=worker.concurrency,
        prefetch_multiplier=worker.pool.prefetch,
        max_tasks_per_child=worker.pool.max_tasks_per_child,
        max_memory_per_child=_kibibytes(worker.pool.max_memory_per_child),
        optimization="fair",
        consumer_cls="macaron_runner.tasks.running.unreadable:Consumer",
        quiet=True,
        without_gossip=True,  # workers need nothing of each other
        without_mingle=True,
        without_heartbeat=not app.conf.worker_enable_remote_control,
        heartbeat_interval=_HARDLY_EVER,
    )
    # That tasks under way when the broker's connection is lost run again is at-least-once, and what we promise.
    # (Making the worker had the warning shown always.)
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    pulse.start()
    if worker.listener is not None:
        answer_health(worker.listener, pulse.finding)
    celery_worker.start()
    signals.worker_shutting_down.disconnect(stop)
    pulse.end()
    return int(celery_worker.exitcode or 0)


class _Worker(Worker):
    """Celery's worker, which until its loop runs only takes note of a request to stop.

    Celery's own handlers take down, wherever the start has got to, what may not stand yet.
    """

    # What celery-types does not know.
    blueprint: Any
    consumer: Any = None

    def install_platform_tweaks(self, worker: WorkController) -> None:  # noqa: ARG002 - Celery's signature
        for signum, request in _EARLY_STOPS.items():
            signal.signal(signum, partial(_take_note, request))

    def on_consumer_ready(self, consumer: Any) -> None:
        if consumer.hub is None:  # a transport that Celery runs without an event loop: Pub/Sub's
            super().install_platform_tweaks(self)
        else:
            wake_for_signals(consumer.hub)
            consumer.hub.call_soon(super().install_platform_tweaks, self)
        super().on_consumer_ready(consumer)

    def stop(self, in_sighandler: bool = False, exitcode: int | None = None) -> None:  # noqa: FBT001, FBT002 - Celery's
        if self.blueprint.state == RUN and self.consumer is not None:
            give_back_unstarted(self.consumer)
        super().stop(in_sighandler, exitcode)


_HARDLY_EVER: Final = 86_400
"""Seconds between two heartbeats, which nobody needs; but a worker without them cannot be asked to tell anything."""

_EARLY_STOPS: Final = {
    signal.SIGTERM: "should_stop",
    signal.SIGINT: "should_stop",
    signal.SIGQUIT: "should_terminate",
}


def _take_note(request: str, *_: Any) -> None:
    setattr(state, request, 0)  # the exit code: nothing was under way


def _keep_logging(**_: Any) -> None:
    """Stand in for Celery's logging set-up (it asks whether somebody does); hush what execute says better."""
    for name in ("celery.app.trace", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _kibibytes(size: int | None) -> int | None:
    return max(1, size // 1024) if size is not None else None
