"""The tasks of a service, imported and proved to fit what names them: what a worker and a queue start with.

Not for finding them (code.tasks), running them (running.execute) nor registering them with Celery (registration).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from macaron_runner.code.imported import ImportedCode
from macaron_runner.code.search import python_folders
from macaron_runner.code.tasks import check_tasks, find_tasks, load_modules, misfits_of_schedule, task_modules
from macaron_runner.configuration.routes import route_of
from macaron_runner.diagnostics import Diagnostic, raise_errors
from macaron_runner.tasks.arguments import encode_scheduled
from macaron_runner.tasks.brokers.guarantee import default_queue
from macaron_runner.tasks.brokers.promises import check_options
from macaron_runner.tasks.scheduling.schedules import task_name
from macaron_runner.tasks.task import Task

if TYPE_CHECKING:
    from macaron_runner.code.function import Function
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.configuration.model import Schedule, Tasks
    from macaron_runner.openapi.operation import Operation

AnyTask = Task[..., Any]


def load_tasks(configuration: Configuration, operations: Iterable[Operation] = ()) -> Mapping[str, AnyTask]:
    """Import every module that the service names, and return all tasks in them by name.

    Raises BadConfiguration with everything that is wrong: a module that cannot be imported, two tasks of one name, a
    schedule of a task that does not exist or whose arguments do not fit, a queue that no pool consumes, a delay that
    is longer than the broker keeps a message.
    """
    code = ImportedCode(python_folders(configuration))
    modules, complete = load_modules(task_modules(configuration, operations, code), code)
    found, duplicates = find_tasks(modules)
    misfits = check_tasks(configuration, found, modules, complete=complete)
    travelling = _check_travelling(configuration, found)
    impossible = check_options(configuration, found.values())
    raise_errors((*code.problems, *duplicates, *misfits, *travelling, *impossible))
    return MappingProxyType({name: _task_of(function) for name, function in found.items()})


def homes(section: Tasks, tasks: Mapping[str, AnyTask]) -> Mapping[str, str]:
    """Return the queue of each task: that of its route, else of its decorator, else the default one."""
    default = default_queue(section)
    return {name: route_of(section, name) or task.options.queue or default for name, task in tasks.items()}


def _task_of(function: Function) -> AnyTask:
    assert isinstance(function.value, Task), "what was imported as a task is one"
    return function.value


def _check_travelling(configuration: Configuration, tasks: Mapping[str, Function]) -> Iterator[Diagnostic]:
    """Yield MAC613 for schedules whose arguments are not of their types, or cannot travel to a worker."""
    section = configuration.config.tasks
    for name, schedule in section.schedules.items() if section is not None else ():
        task = tasks.get(task_name(schedule))
        if task is None or not _can_be_called(task, schedule):
            continue  # which has been told
        try:
            encode_scheduled(schedule, _task_of(task).function)
        except TypeError as problem:
            yield from misfits_of_schedule(configuration, name, task.location, problem)


def _can_be_called(task: Function, schedule: Schedule) -> bool:
    try:
        _task_of(task).signature.bind(*schedule.args, **schedule.kwargs)
    except TypeError:
        return False
    return True
