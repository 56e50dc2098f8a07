"""What processes that run tasks, or have them run, start with: the service assembled, its tasks, Celery.

Not for the web, which has tasks beside its operations (web).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from macaron_runner import context
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import raise_errors
from macaron_runner.entries.start import speak
from macaron_runner.errors import UsageError
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.processes.state import StateDirectory
from macaron_runner.server.loading import Served, stand_in
from macaron_runner.tasks.brokers.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.celery_app import ServiceCelery, create_celery
from macaron_runner.tasks.discover import AnyTask, homes, load_tasks
from macaron_runner.tasks.sending.queue import CeleryQueue
from macaron_runner.tasks.settings import check_settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A service with `tasks:`, where its state is, that section, its tasks by name, and its Celery application."""

    configuration: Configuration
    state: StateDirectory
    section: Tasks
    tasks: Mapping[str, AnyTask]
    celery: ServiceCelery


def prepare(selection: Selection, *, keeping: bool) -> Prepared:
    """Assemble the service, ready to queue tasks. Raises BadConfiguration, UsageError for one without `tasks:`.

    `keeping`: where macaron.yaml says so, calls are kept while the broker is away.
    """
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load(selection, environ=os.environ, secret_keeper=state.secret)
    speak(configuration)
    return assembled(configuration, state, keeping=keeping)


def assembled(configuration: Configuration, state: StateDirectory, *, keeping: bool) -> Prepared:
    """Assemble a service that is loaded, as `prepare` does."""
    raise_errors(check_settings(configuration))
    section = configuration.config.tasks
    if section is None:
        raise UsageError(f"{configuration.selection.file} has no tasks: key")
    assembly = assemble(configuration, ParsedCache(state.documents_directory, state.make))
    with stand_in(configuration).app_context():
        tasks = load_tasks(configuration, assembly.own_operations)
    outbox = state.outbox if keeping else None
    celery = create_celery(configuration.config, state.broker_socket, WORKER_PATIENCE, outbox=outbox)
    celery.dead_letters.redact = configuration.redactor.redact
    context.amend(queue=CeleryQueue(celery, tasks, homes(section, tasks)), application=Served(assembly))
    assembly.clients.prepare()
    return Prepared(configuration, state, section, tasks, celery)
