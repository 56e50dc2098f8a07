"""Finds the tasks of a service: imports its modules, looks through them, checks what names a task.

There is no registry that importing fills. Not for running tasks (execute) nor for registering them with
Celery (worker).
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from macaron_runner.diagnostics import Diagnostic, Location, near_word, raise_errors
from macaron_runner.tasks.envelope import encode_call
from macaron_runner.tasks.guarantee import plain, queue_names
from macaron_runner.tasks.schedules import task_name
from macaron_runner.tasks.task import Task

if TYPE_CHECKING:
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.openapi.operation import Operation

AnyTask = Task[..., Any]


def load_tasks(configuration: Configuration, operations: Iterable[Operation] = ()) -> Mapping[str, AnyTask]:
    """Import every module that the service names, and return all tasks in them by name.

    Named are the handlers of its APIs, `tasks.modules` and `http.error_handler`, and by the operations
    `x-bind-server`, `x-decorate-server` and a dotted operationId. Raises BadConfiguration with everything
    that is wrong: a module that cannot be imported, two tasks of one name, a schedule of a task that does not
    exist or whose arguments do not fit, a queue that no pool consumes.
    """
    imported, found = import_modules(configuration, operations)
    tasks, duplicates = discover(imported)
    found += duplicates
    if not found:  # otherwise tasks of the missing modules would be called unknown
        found += _check_schedules(configuration, tasks)
        found += _check_queues(configuration, tasks.values())
    raise_errors(found)
    return tasks


def import_modules(
    configuration: Configuration, operations: Iterable[Operation] = ()
) -> tuple[list[ModuleType], list[Diagnostic]]:
    """Return the modules that may define tasks, and a diagnostic for each that cannot be imported."""
    imported: list[ModuleType] = []
    found: list[Diagnostic] = []
    named = dict([*_modules_of_operations(operations), *_modules_of_configuration(configuration)])
    for name, place in named.items():
        try:
            imported.append(importlib.import_module(name))
        except Exception as error:  # the service's module may fail in any way at all
            found.append(_cannot_import(name, error, place))
    return imported, found


def discover(modules: Iterable[ModuleType]) -> tuple[Mapping[str, AnyTask], list[Diagnostic]]:
    """Return the tasks among the modules' attributes by name, and a diagnostic for each name used twice."""
    tasks: dict[str, AnyTask] = {}
    found: list[Diagnostic] = []
    for module in modules:
        for value in tuple(vars(module).values()):
            if not isinstance(value, Task):
                continue
            first = tasks.setdefault(value.name, value)
            if first is not value:
                found.append(_duplicate(value))
    return MappingProxyType(tasks), found


def _modules_of_operations(operations: Iterable[Operation]) -> Iterator[tuple[str, Location | None]]:
    for operation in operations:
        bound = operation.extensions.get("x-bind-server") or operation.operation_id or ""
        decorators = operation.extensions.get("x-decorate-server") or []
        for name in (bound, *([decorators] if isinstance(decorators, str) else decorators)):
            if module := _module_of(name):
                yield module, operation.location


def _module_of(function: object) -> str:
    """Return the module in "module.function" or "module:function"; "" where there is none."""
    return str(function).replace(":", ".").rpartition(".")[0]


def _modules_of_configuration(configuration: Configuration) -> Iterator[tuple[str, Location | None]]:
    for api, settings in configuration.config.apis.items():
        if isinstance(settings.handlers, str):
            yield settings.handlers, configuration.locate("apis", api, "handlers")
            continue
        for index, name in enumerate(settings.handlers):
            yield name, configuration.locate("apis", api, "handlers", index)
    error_handler = configuration.config.http.error_handler
    if error_handler is not None:
        yield _module_of(error_handler), configuration.locate("http", "error_handler")
    tasks = configuration.config.tasks
    for index, name in enumerate(tasks.modules if tasks is not None else ()):
        yield name, configuration.locate("tasks", "modules", index)


def _cannot_import(name: str, error: Exception, place: Location | None) -> Diagnostic:
    missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
    origin = None if missing else _origin(error)
    return Diagnostic(
        "MAC610",
        f'there is no module "{name}"' if missing else f'the module "{name}" cannot be imported',
        place,
        label="not found" if missing else f"{type(error).__name__}: {error}",
        help="modules are looked for in service.python_path, then where Python looks" if missing else "",
        related=((origin, "raised here"),) if origin else (),
    )


def _origin(error: Exception) -> Location | None:
    """Return where in a file the error was raised, as far down as the code is in a file at all."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Location(error.filename, error.lineno, error.offset or 1)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")
    ]
    # The first file is this one and the next importlib's: an error without more of them has no place of its
    # own.
    frames = [frame for frame in frames if frame.filename not in (__file__, importlib.__file__)]
    return Location(frames[-1].filename, frames[-1].lineno or 0, 1) if frames else None


def _duplicate(task: AnyTask) -> Diagnostic:
    return Diagnostic(
        "MAC611",
        f'two tasks have the name "{task.name}"',
        _place_of(task),
        help="make one function one task; give the second a function of its own",
    )


def _place_of(task: AnyTask) -> Location:
    code = task.function.__code__
    return Location(code.co_filename, code.co_firstlineno, 1)


def _check_schedules(configuration: Configuration, tasks: Mapping[str, AnyTask]) -> Iterator[Diagnostic]:
    section = configuration.config.tasks
    for name, schedule in section.schedules.items() if section is not None else ():
        wanted = task_name(schedule)
        if wanted not in tasks:
            yield Diagnostic(
                "MAC612",
                f'schedule "{name}" names a task that does not exist: "{wanted}"',
                configuration.locate("tasks", "schedules", name, "task"),
                label=f"not one of: {', '.join(sorted(tasks)) or '(there are none)'}",
                help=near_word(wanted, tasks),
            )
            continue
        try:
            tasks[wanted].signature.bind(*schedule.args, **schedule.kwargs)
            encode_call(tuple(plain(schedule.args)), plain(schedule.kwargs))
        except TypeError as problem:
            yield Diagnostic(
                "MAC613",
                f'the arguments of schedule "{name}" do not fit its task: {problem}',
                configuration.locate("tasks", "schedules", name),
                related=((_place_of(tasks[wanted]), "the task"),),
            )


def _check_queues(configuration: Configuration, tasks: Iterable[AnyTask]) -> Iterator[Diagnostic]:
    section = configuration.config.tasks
    known = queue_names(section) if section is not None else ()
    for task in tasks:
        if known and task.queue is not None and task.queue not in known:
            yield Diagnostic(
                "MAC614",
                f'unknown queue "{task.queue}" for task "{task.name}"',
                _place_of(task),
                label=f"not one of: {', '.join(known)}",
                help=near_word(task.queue, known),
            )
