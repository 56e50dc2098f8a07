"""The clients of a service as far as its files tell: their documents, where they are served, how they are called.

Not for `clients:` alone (configuration), nor for calling anything (the room clients).
"""

from __future__ import annotations

from collections.abc import Sequence

from macaron_runner.clients.checks import check_client, check_operations
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.documents import ApiDocument, read_apis
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.inspection.inspection import InspectedApi
from macaron_runner.openapi.operation import Api


def inspect_clients(
    configuration: Configuration,
    documents: Sequence[ApiDocument],
    served: Sequence[InspectedApi],
    doubts: Doubts,
) -> tuple[tuple[Api, ...], tuple[Diagnostic, ...]]:
    """Return the APIs of clients, and what is wrong with them; `documents` are those of `clients:`."""
    read, found = read_apis(documents)
    problems = [*found]
    own = {each.name: each.api for each in served}
    for name, client in configuration.config.clients.items():
        api = read.get(name) or own.get(name)
        if api is not None and not doubts.about("clients", name):
            problems += check_client(name, client, api, configuration.locate)
    for each in served:
        if each.name not in configuration.config.clients and not each.builtin:
            problems += check_operations(each.api.operations)
    return tuple(read.values()), tuple(problems)
