"""What the service's modules hold, as far as reading them tells: handlers, named functions, tasks, parent classes.

Not for importing them (imports).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from macaron_runner.code.function import Function
from macaron_runner.code.handlers import find_request_decorators, handler_modules, split_name
from macaron_runner.code.idle import find_idle_functions
from macaron_runner.code.named import check_named_functions
from macaron_runner.code.search import python_folders
from macaron_runner.code.tasks import check_tasks, find_tasks, load_modules, task_modules
from macaron_runner.code.written import WrittenCode, read_code
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, has_errors
from macaron_runner.documents import ApiDocument, configured_apis
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.inspection.handlers import HandlerSearch
from macaron_runner.inspection.inspection import InspectedApi
from macaron_runner.inspection.parents import check_parents, parent_modules
from macaron_runner.openapi.operation import Api
from macaron_runner.tasks.brokers.promises import check_options


@dataclass(frozen=True, slots=True)
class CodeLook:
    """What was seen: the APIs with their handlers, tasks by full name, problems; `modules` are where each is named."""

    configuration: Configuration
    apis: tuple[InspectedApi, ...]
    tasks: Mapping[str, Function] = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()
    modules: Mapping[str, Location | None] = field(default_factory=dict)


def look_at_code(
    configuration: Configuration,
    documents: Sequence[ApiDocument],
    apis: tuple[InspectedApi, ...],
    doubts: Doubts,
    called: Sequence[Api] = (),
) -> CodeLook:
    """Return what the modules hold that macaron.yaml and the documents name; `called` are the APIs of clients.

    Where `service.python_path` is wrong nothing is looked for: it would not be found.
    """
    if doubts.about("service", "python_path"):
        return CodeLook(configuration, apis)
    code = read_code(configuration, _search_path(), sys.meta_path)
    sound = {document.name for document in documents if not has_errors(document.problems)}
    search = HandlerSearch(configuration, code, doubts)
    unsure = {document.name: document.unsure for document in documents}
    filled_in = tuple(search.fill_in(api, unsure[api.name]) for api in apis)
    found = [*search.problems, *check_named_functions(configuration, code)]
    if worker := split_name(configuration.config.server.worker)[0]:
        # That it is not there is a problem of the code.
        code.module(worker, configuration.locate("server", "worker"))
    tasks, in_tasks = _tasks(configuration, filled_in, code, doubts)
    found += in_tasks
    if sound == set(configured_apis(configuration)) and not doubts.about("apis"):
        meant = {problem.meant for problem in found if problem.meant is not None}
        found += _idle(configuration, filled_in, code, meant)
    found += check_parents(filled_in, code)
    found += _request_decorators((*(each.api for each in filled_in), *called), code)
    modules = {**dict(parent_modules(filled_in)), **_named(configuration, filled_in, code)}
    return CodeLook(configuration, filled_in, tasks, (*code.problems, *found), modules)


def _idle(
    configuration: Configuration, apis: Sequence[InspectedApi], code: WrittenCode, meant: Collection[str]
) -> tuple[Diagnostic, ...]:
    """Return what looks like a handler, answers nothing and is not `meant`; all APIs must be there, and sound."""
    own = [api for api in apis if not api.builtin]
    named = dict(each for api in own for each in handler_modules(configuration, api.name, api.settings))
    operations = [each for api in own for each in api.operations]
    return find_idle_functions(
        [module for name, place in named.items() if (module := code.module(name, place)) is not None],
        [each.handler for each in operations if each.handler is not None],
        [operation for api in own for operation in api.api.operations],
        [each.operation for each in operations if each.handler is None],
        python_folders(configuration),
        meant,
    )


def _request_decorators(apis: Iterable[Api], code: WrittenCode) -> Iterator[Diagnostic]:
    """Yield what is wrong with the functions that decorate requests of clients."""
    for api in apis:
        for operation in api.operations:
            yield from find_request_decorators(operation, code)[1]


def _search_path() -> list[str]:
    """Return where the processes of a service find modules: where we do, but for the folder that we were started in."""
    return sys.path if sys.flags.safe_path else sys.path[1:]


def _named(
    configuration: Configuration, apis: Sequence[InspectedApi], code: WrittenCode
) -> Mapping[str, Location | None]:
    """Return the modules that may define tasks, which are nearly all that the service names."""
    own = (each.operation for api in apis if not api.builtin for each in api.operations)
    return task_modules(configuration, own, code)


def _tasks(
    configuration: Configuration, apis: Sequence[InspectedApi], code: WrittenCode, doubts: Doubts
) -> tuple[Mapping[str, Function], list[Diagnostic]]:
    """Return the tasks by full name, and what is wrong with them, with schedules and with queues."""
    modules, complete = load_modules(_named(configuration, apis, code), code)
    tasks, found = find_tasks(modules)
    all_named = not doubts.about("apis") and not doubts.about("tasks", "modules")
    found += check_tasks(configuration, tasks, modules, complete=complete and all_named, unsure=doubts.about)
    found += tuple(check_options(configuration, tasks.values()))
    faulty = {
        *(["MAC508"] if doubts.about("tasks") else []),
        *(["MAC614"] if doubts.about("tasks", "pools") else []),
    }
    return tasks, [problem for problem in found if problem.code not in faulty]
