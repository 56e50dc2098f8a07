"""macaron's tasks and plain Celery's: `python -m tests.benchmarks.task_sides SIDE worker|burst|single COUNT --set …`.

Plain Celery has the same settings, those of the pool too, and kombu's own transport where macaron has one. Neither
writes a line in its log for each task. Not for measuring (tasks).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery

from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.selection import Selection
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.brokers.guarantee import celery_settings
from macaron_runner.tasks.celery_app import create_celery
from macaron_runner.tasks.discover import homes, load_tasks
from macaron_runner.tasks.sending.queue import CeleryQueue

SERVICE = Path(__file__).parent / "tasks_service"
ORDER = {"sku": "a-1", "qty": 2, "note": "leave it at the door"}
REQUEST = context.Context(
    request_id="0b6a1c1e-6f8e-4d57-bb0e-1f3b8d6a3c11", user_id="alice", claims={"sub": "alice", "exp": 1}
)
Call = Callable[[], Any]


def read(words: list[str]) -> Configuration:
    """Return the service's configuration."""
    return load(Selection(str(SERVICE / "macaron.yaml"), overrides=tuple(words)), environ={})


@contextmanager
def macaron(configuration: Configuration, socket: Path) -> Iterator[Call]:
    """Give what calls the task, as a handler does."""
    assemble(configuration)
    tasks = load_tasks(configuration)
    celery = create_celery(configuration.config, socket)
    context.amend(queue=CeleryQueue(celery, tasks, homes(configuration.config.tasks, tasks)))
    note = tasks["noting.note"]
    with context.entered(REQUEST):
        yield lambda: note(time.time(), ORDER)


def plain_app(configuration: Configuration, socket: Path) -> Celery:
    """Return Celery's own application with the settings of macaron's, and the task."""
    sys.path.insert(0, str(SERVICE))
    from noting import write_down

    settings = celery_settings(configuration.config, socket, 5.0)
    if settings.pop("broker_transport", None):
        settings["broker_url"] = settings["broker_url"].replace("macaron+socket", "redis+socket")
        settings["broker_transport_options"]["visibility_timeout"] = 3600
    pool = configuration.config.tasks.pools["default"]
    app = Celery("plain")
    app.conf.update(settings, worker_concurrency=pool.concurrency, worker_prefetch_multiplier=pool.prefetch)
    app.conf.task_queues = create_celery(configuration.config, socket).conf.task_queues
    app.task(name="note")(write_down)
    return app


@contextmanager
def plain(configuration: Configuration, socket: Path) -> Iterator[Call]:
    """Give what calls the task, as Celery's users do."""
    note = plain_app(configuration, socket).tasks["note"]
    yield lambda: note.delay(time.time(), ORDER)


def work(side: str, configuration: Configuration, socket: Path) -> None:
    """Be a worker of the default pool."""
    if side == "macaron":
        from macaron_runner.entries.worker import main

        os.environ.update(configuration.selection.environment_variables())
        main([*configuration.selection.arguments(), "--pool", "default"])
    options = "--pool=prefork -O fair --without-gossip --without-mingle --without-heartbeat"
    plain_app(configuration, socket).worker_main(["worker", "--loglevel=warning", *options.split()])


def burst(call: Call, count: int) -> None:
    """Call again and again; print the microseconds that one call took."""
    call()
    began = time.perf_counter()
    for _ in range(count):
        call()
    print((time.perf_counter() - began) / count * 1e6)


def single(call: Call, count: int) -> None:
    """Call when the call before has begun to run, and a little later."""
    notes = Path(os.environ["NOTES"])
    for number in range(count):
        call()
        deadline = time.monotonic() + 60
        while notes.read_bytes().count(b"\n") <= number if notes.exists() else True:
            assert time.monotonic() < deadline, "the task does not run"
            time.sleep(0.001)
        time.sleep(0.01)


def main(side: str, what: str, count: str, *words: str) -> None:
    """Do what is asked for."""
    configuration = read([word for word in words if word != "--set"])
    state = StateDirectory.find(configuration.directory, os.environ)
    if what == "worker":
        work(side, configuration, state.broker_socket)
        return
    with {"macaron": macaron, "plain": plain}[side](configuration, state.broker_socket) as call:
        {"burst": burst, "single": single}[what](call, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
