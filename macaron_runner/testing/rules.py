"""What a macaron.yaml says of calls: the tasks that workers know, the queue of each call, what the broker refuses.

Not for taking calls (tasks).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from macaron_runner import context
from macaron_runner.assembly import answered_here
from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.configuration.selection import select
from macaron_runner.configuration.store import store_of
from macaron_runner.diagnostics import raise_errors
from macaron_runner.documents import read_apis, read_documents
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.loading import stand_in
from macaron_runner.tasks.brokers.guarantee import queue_names
from macaron_runner.tasks.brokers.kinds import broker_kind
from macaron_runner.tasks.brokers.promises import refuse_delay, refuse_key, wait_of
from macaron_runner.tasks.discover import homes, load_tasks
from macaron_runner.tasks.routing import Routing
from macaron_runner.tasks.settings import check_settings


class Rules:
    """The rules for calls of a service; `keeps_results` tells whether results of tasks are kept that do not say so."""

    def __init__(self, section: Tasks, routing: Routing) -> None:
        self.keeps_results = section.settings.get("task_ignore_result") is False
        self._routing = routing
        self._kind = broker_kind(section)
        self._has_store = store_of(section) is not None

    def queue_of(self, name: str, options: Mapping[str, Any]) -> str:
        """Return the queue of a call with these options (TaskOptions.for_call).

        Raises what CeleryQueue.send does, but for a broker that is away.
        """
        queue = self._routing.queue_of(name, options.get("queue"))
        if options.get("idempotency_key") is not None and not self._has_store:
            refuse_key(name)
        refuse_delay(self._kind, wait_of(options))
        return queue


def read_rules(file: str | Path, env: str, overrides: tuple[str, ...]) -> Rules:
    """Return the rules of the service that is loaded, whose file and overlay this is; its tasks' modules are imported.

    Raises BadConfiguration, ValueError for the file of another service or of one without tasks, RuntimeError where
    none is loaded.
    """
    selection = select(os.fspath(file), env or None, overrides, environ=os.environ, cwd=Path.cwd())
    configuration = load(selection, environ=os.environ)
    section, loaded = configuration.config.tasks, context.service().name
    if configuration.config.service.name != loaded:
        raise ValueError(f'{file} is of another service than "{loaded}", which is loaded')
    if section is None:
        raise ValueError(f"{file} has no tasks: key")
    raise_errors(check_settings(configuration))
    with stand_in(configuration).app_context():
        tasks = load_tasks(configuration, _own_operations(configuration))
    return Rules(section, Routing(homes(section, tasks), frozenset(queue_names(section))))


def _own_operations(configuration: Configuration) -> Iterator[Operation]:
    documents, found = read_documents(configuration)
    raise_errors(found)
    apis, found = read_apis(documents)
    raise_errors(found)
    for document in documents:
        if not document.builtin:
            yield from answered_here(apis[document.name])
