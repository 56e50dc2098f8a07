"""`python -m macaron_runner.entries web`: serves the APIs of a service on the sockets it inherits.

Not for opening sockets for others or starting other processes (processes.supervisor).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from macaron_runner import context
from macaron_runner.assembly import Assembly, assemble
from macaron_runner.code.imported import ImportedModule
from macaron_runner.code.tasks import check_tasks, find_tasks
from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, raise_errors
from macaron_runner.entries.start import settle, speak
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.processes.capacity import memory_share, read_limits, web_workers
from macaron_runner.processes.listeners import inherited
from macaron_runner.processes.plan import bind_addresses
from macaron_runner.processes.state import StateDirectory
from macaron_runner.server.app import create_app
from macaron_runner.server.gunicorn import check_settings, check_worker_class, gunicorn_settings
from macaron_runner.server.service_app import ServiceApp


def main(words: Sequence[str]) -> int:
    """Serve until told to stop. Raises BadConfiguration before anything is served."""
    selection = Selection.parse(words, os.environ)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load(selection, environ=os.environ, secret_keeper=state.secret)
    speak(configuration)
    raise_errors(check_settings(configuration))
    assembly = assemble(configuration, ParsedCache(state.documents_directory, state.make))
    has_tasks = configuration.config.tasks is not None
    app = create_app(assembly, heartbeats=state.health_directory if has_tasks else None)
    check_worker_class(configuration)
    attach_queue(app, assembly, state)
    context.amend(application=lambda: app)
    assembly.clients.prepare()
    serve(app, configuration, os.environ)
    return 0


def attach_queue(app: ServiceApp, assembly: Assembly, state: StateDirectory) -> None:
    """Let tasks that handlers call be queued. Raises BadConfiguration where there are tasks and no `tasks:`.

    Celery is imported only by a service that has tasks.
    """
    configuration = assembly.configuration
    section = configuration.config.tasks
    if section is None:
        raise_errors(tasks_without_queue(app, configuration))
        return
    from macaron_runner.tasks.celery_app import create_celery
    from macaron_runner.tasks.discover import homes, load_tasks
    from macaron_runner.tasks.sending.queue import CeleryQueue

    tasks = load_tasks(configuration, assembly.own_operations)
    celery = create_celery(configuration.config, state.broker_socket, outbox=state.outbox)
    if celery.keeper is not None:
        state.open()
        os.register_at_fork(after_in_child=celery.keeper.watch)  # in each of gunicorn's workers
    context.amend(queue=CeleryQueue(celery, tasks, homes(section, tasks)))


def tasks_without_queue(app: ServiceApp, configuration: Configuration) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each task that the application's modules define (MAC508): nothing would run it."""
    modules = [ImportedModule(module, module.__name__) for module in app.service_modules]
    tasks, _ = find_tasks(modules)
    return check_tasks(configuration, tasks, modules, complete=True)


def serve(app: ServiceApp, configuration: Configuration, environ: Mapping[str, str]) -> None:
    """Run the application under gunicorn; what is loaded by now is shared by all workers and never collected."""
    from macaron_runner.server.master import ServiceProcess

    settings = gunicorn_settings(
        configuration, workers=count_workers(configuration), binds=listening_on(configuration, environ)
    )
    process = ServiceProcess(app, settings)
    settle()
    process.run()


def listening_on(configuration: Configuration, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the inherited descriptors as gunicorn names them, or server.bind where nothing was inherited."""
    descriptors = inherited(environ)
    return tuple(f"fd://{each}" for each in descriptors) if descriptors else bind_addresses(configuration)


def count_workers(configuration: Configuration) -> int:
    """Return server.workers; for `auto`, as many as CPU and memory allow beside the pools of tasks."""
    configured = configuration.config.server.workers
    if configured != "auto":
        return configured
    tasks = configuration.config.tasks
    pools = len(tasks.pools) if tasks is not None else 0
    return int(web_workers(read_limits(), share=memory_share(pools)))
