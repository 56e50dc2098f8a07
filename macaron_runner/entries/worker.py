"""`python -m macaron_runner.entries worker … --pool NAME`: runs the tasks of one pool's queues.

Not for what a worker does (tasks.worker).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Pool
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import raise_errors
from macaron_runner.entries.start import settle, speak
from macaron_runner.errors import UsageError
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.processes.capacity import memory_share, pool_concurrency, read_limits
from macaron_runner.processes.listeners import inherited
from macaron_runner.processes.state import StateDirectory
from macaron_runner.server.service_app import ServiceApp
from macaron_runner.tasks.celery_app import create_celery
from macaron_runner.tasks.discover import homes, load_tasks
from macaron_runner.tasks.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.kinds import POWERS, broker_kind
from macaron_runner.tasks.queue import CeleryQueue
from macaron_runner.tasks.settings import check_settings
from macaron_runner.tasks.worker import PoolWorker, run


def main(words: Sequence[str]) -> int:
    """Run tasks until told to stop. Raises BadConfiguration, UsageError."""
    *selected, option, name = words
    if option != "--pool":
        raise UsageError(f"the last words must be --pool NAME, not {option} {name}")
    selection = Selection.parse(selected, os.environ)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load(selection, environ=os.environ, secret_keeper=state.secret)
    speak(configuration)
    raise_errors(check_settings(configuration))
    section = configuration.config.tasks
    if section is None or name not in section.pools:
        raise UsageError(f"{selection.file} has no pool {name!r} under tasks.pools")
    assembly = assemble(configuration, ParsedCache(state.documents_directory, state.make))
    with stand_in(configuration).app_context():
        tasks = load_tasks(configuration, assembly.own_operations)
    celery = create_celery(configuration.config, state.broker_socket, WORKER_PATIENCE, outbox=state.outbox)
    context.amend(queue=CeleryQueue(celery, tasks, homes(section, tasks)))
    pool = section.pools[name]
    with suppress(OSError):  # where it cannot be made, the worker says so
        state.make()
    worker = PoolWorker(
        name,
        pool,
        count_processes(pool, len(section.pools)),
        health=state.health_directory,
        private_queue=POWERS[broker_kind(section)].private_queues,
        listener=health_listener(os.environ),
    )
    if celery.keeper is not None:
        state.open()
        celery.keeper.watch()
    settle()
    return run(celery, worker)


def health_listener(environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket of the pool's health_bind, which is inherited; None where it has none."""
    descriptors = inherited(environ)
    return socket.socket(fileno=descriptors[0]) if descriptors else None


def stand_in(configuration: Configuration) -> ServiceApp:
    """Return the application for modules that register hooks with flask.current_app when they are imported."""
    config = configuration.config
    return ServiceApp(
        config.service.name, configuration.directory, body_limit=config.http.body_limit, slow_call=None
    )


def count_processes(pool: Pool, pools: int) -> int:
    """Return the pool's concurrency; for `auto`, what CPU and memory allow beside the web and other pools."""
    if pool.concurrency != "auto":
        return pool.concurrency
    return int(pool_concurrency(read_limits(), share=memory_share(pools)))
