"""The tasks of a service, found in code that was imported as in code that was only read, and what names them.

There is no registry that importing fills: tasks are found among the attributes of the modules that the service names.
Not for running tasks, nor for how their arguments travel (the room tasks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from macaron_runner.code.arguments import Mistyped, make_typed
from macaron_runner.code.function import Code, Function, Module
from macaron_runner.code.handlers import Named, bound_name, decorator_names, handler_modules, split_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.configuration.routes import fits, route_of
from macaron_runner.configuration.sensitive import revealed
from macaron_runner.configuration.store import lacking_store, store_of
from macaron_runner.diagnostics import Diagnostic, Location, Severity, near_word, not_one_of
from macaron_runner.openapi.operation import Operation


def task_modules(
    configuration: Configuration, operations: Iterable[Operation], code: Code
) -> Mapping[str, Location | None]:
    """Return the modules that may define tasks, and the place that names each.

    They are the handlers of the service's APIs, `tasks.modules` and `http.error_handler`, and by the operations
    `x-bind-server`, `x-decorate-server` and a dotted operationId; this last one where it names a module, if the
    operation may do without handler.
    """
    return dict([*_of_operations(configuration, operations, code), *_of_configuration(configuration)])


def _of_operations(
    configuration: Configuration, operations: Iterable[Operation], code: Code
) -> Iterator[Named]:
    for operation in operations:
        optional = configuration.config.apis[operation.api].on_missing_handler == "mock"
        for name in (bound_name(operation) or "", *decorator_names(operation)):
            module = split_name(name)[0]
            if module and not (optional and name == operation.operation_id and not code.has(module)):
                yield module, operation.location


def _of_configuration(configuration: Configuration) -> Iterator[Named]:
    config = configuration.config
    for api, settings in config.apis.items():
        yield from handler_modules(configuration, api, settings)
    if config.http.error_handler is not None:
        yield split_name(config.http.error_handler)[0], configuration.locate("http", "error_handler")
    for index, name in enumerate(config.tasks.modules if config.tasks is not None else ()):
        yield name, configuration.locate("tasks", "modules", index)


def load_modules(named: Mapping[str, Location | None], code: Code) -> tuple[tuple[Module, ...], bool]:
    """Return the modules of these names that are there and sound, and whether that is all of them."""
    found = [code.module(name, place) for name, place in named.items()]
    return tuple(module for module in found if module is not None), None not in found


def find_tasks(modules: Iterable[Module]) -> tuple[Mapping[str, Function], tuple[Diagnostic, ...]]:
    """Return the tasks among the members of modules by full name, and MAC611 for each name that two tasks have."""
    tasks: dict[str, Function] = {}
    found: list[Diagnostic] = []
    for module in modules:
        for _, member in module.members():
            if member.task is None:
                continue
            first = tasks.setdefault(member.full_name, member)
            if first.value is not member.value or first != member:
                found.append(_duplicate(member, first))
    return tasks, tuple(found)


def _duplicate(task: Function, first: Function) -> Diagnostic:
    elsewhere = first.location is not None and first.location != task.location
    return Diagnostic(
        "MAC611",
        f'two tasks have the name "{task.full_name}"',
        task.location,
        help="make one function one task; give the second a function of its own",
        related=((first.location, "the first is here"),) if elsewhere and first.location else (),
    )


def check_tasks(
    configuration: Configuration,
    tasks: Mapping[str, Function],
    modules: Sequence[Module],
    *,
    complete: bool,
    unsure: Callable[..., bool] = lambda *_: False,
) -> tuple[Diagnostic, ...]:
    """Return what is wrong between the tasks found in `modules` and the section `tasks` (MAC508, MAC612 on, MAC642).

    `complete` tells whether all modules of the service are among them: otherwise a task that is not found may well be
    in one of the others. `unsure` tells whether what stands at a path has faults of its own.
    """
    section = configuration.config.tasks
    if section is None:
        return tuple(_without_section(configuration, tasks.values(), modules))
    return (
        *(_check_routes(configuration, section, tasks, modules) if complete else ()),
        *_check_schedules(configuration, section, tasks, modules, complete=complete, unsure=unsure),
        *_check_queues(section, tasks.values()),
        *_check_store(section, tasks.values()),
    )


def _without_section(
    configuration: Configuration, tasks: Iterable[Function], modules: Iterable[Module]
) -> Iterator[Diagnostic]:
    names = {module.name for module in modules}
    for task in tasks:
        if task.module in names:
            yield Diagnostic(
                "MAC508",
                f"{task.full_name} is a task, and macaron.yaml has no tasks: key",
                task.location,
                help="write tasks: {} for the embedded broker and one pool of workers",
                related=((configuration.locate(), "the service"),),
            )


def _check_routes(
    configuration: Configuration, section: Tasks, tasks: Mapping[str, Function], modules: Sequence[Module]
) -> Iterator[Diagnostic]:
    known = sorted({*tasks, *(f"{split_name(name)[0]}.*" for name in tasks)})
    left = set(tasks)
    for pattern in section.routes:
        place = configuration.locate("tasks", "routes", pattern, key=True)
        fitting = {name for name in tasks if fits(name, pattern)}
        if not fitting and not _may_fit(pattern, modules):
            yield Diagnostic(
                "MAC642",
                f'route "{pattern}" fits no task',
                place,
                label=not_one_of(sorted(tasks)),
                help=near_word(pattern, known),
            )
        elif fitting and not fitting & left and pattern != "*":  # "*" stands for tasks still to come as well
            yield Diagnostic(
                "MAC642",
                f'route "{pattern}" is never taken: earlier ones fit all its tasks',
                place,
                help="the first pattern that fits counts: move it up",
                severity=Severity.WARNING,
            )
        left -= fitting


def _may_fit(pattern: str, modules: Iterable[Module]) -> bool:
    """Tell whether there may be a task in the modules that fits, although none was found."""
    return any(
        module.may_hold(f"{module.name}.?")  # no function has that name: it may hold more than can be read
        or any(
            fits(name, pattern) and module.may_hold(name)
            for name in (f"{module.name}.{function}" for function in module.functions())
        )
        for module in modules
    )


def _check_schedules(
    configuration: Configuration,
    section: Tasks,
    tasks: Mapping[str, Function],
    modules: Sequence[Module],
    *,
    complete: bool,
    unsure: Callable[..., bool],
) -> Iterator[Diagnostic]:
    for name, schedule in section.schedules.items():
        wanted = ".".join(split_name(schedule.task))
        task = tasks.get(wanted)
        if task is not None:
            doubtful = any(unsure("tasks", "schedules", name, key) for key in ("args", "kwargs"))
            yield from _check_arguments(configuration, name, task, {} if doubtful else task.types)
        elif _is_missing(wanted, modules, complete=complete):
            yield Diagnostic(
                "MAC612",
                f'schedule "{name}" names a task that does not exist: "{wanted}"',
                configuration.locate("tasks", "schedules", name, "task"),
                label=not_one_of(sorted(tasks)),
                help=near_word(wanted, tasks) or _how_to_define(wanted, modules),
            )


def _is_missing(wanted: str, modules: Iterable[Module], *, complete: bool) -> bool:
    """Tell whether it is certain that no task of this name is in the modules, or in those that are missing."""
    at_home = any(module.name == split_name(wanted)[0] for module in modules)
    return (complete or at_home) and not any(module.may_hold(wanted) for module in modules)


def _how_to_define(wanted: str, modules: Iterable[Module]) -> str:
    home, name = split_name(wanted)
    module = next((module for module in modules if module.name == home), None)
    if module is None:
        return f"if it is in {home}: tasks are looked for in the modules of tasks.modules and of handlers"
    return f"decorate {name} with @asynctask()" if module.function(name) is not None else ""


def _check_arguments(
    configuration: Configuration, name: str, task: Function, types: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Yield MAC613 where a schedule's arguments do not fit its task, or the types that were read of it."""
    section = configuration.config.tasks
    if task.signature is None or section is None:
        return
    schedule = section.schedules[name]
    try:
        bound = task.signature.bind(*revealed(schedule.args), **revealed(schedule.kwargs))
        make_typed(bound, types, schedule.kwargs)
    except TypeError as problem:
        yield from misfits_of_schedule(configuration, name, task.location, problem)


def misfits_of_schedule(
    configuration: Configuration, name: str, place: Location | None, problem: TypeError
) -> Iterator[Diagnostic]:
    """Yield MAC613: the task at `place` cannot be called as the schedule of that name says, for one reason or more."""
    problems = problem.problems if isinstance(problem, Mistyped) else [(str(problem), None)]
    for message, path in problems:
        yield Diagnostic(
            "MAC613",
            f'the arguments of schedule "{name}" do not fit its task: {message}',
            configuration.locate("tasks", "schedules", name, *path)
            if path is not None
            else _arguments(configuration, name, message),
            help="a schedule calls its task with its args and kwargs",
            related=((place, "the task"),) if place is not None else (),
        )


def _arguments(configuration: Configuration, name: str, problem: str) -> Location:
    """Return where a schedule says the arguments that are the problem: one of them, `args` or `kwargs`, or itself."""
    section = configuration.config.tasks
    schedule = section.schedules[name] if section is not None else None
    for unexpected in schedule.kwargs if schedule is not None else ():
        if problem.endswith(f"unexpected keyword argument {unexpected!r}"):
            return configuration.locate("tasks", "schedules", name, "kwargs", unexpected, key=True)
    given = [key for key in ("kwargs", "args") if schedule is not None and getattr(schedule, key)]
    if "positional arguments" in problem:
        given.reverse()
    if not given:
        return configuration.locate("tasks", "schedules", name)
    return configuration.locate("tasks", "schedules", name, given[0])


def _check_queues(section: Tasks, tasks: Iterable[Function]) -> Iterator[Diagnostic]:
    known = tuple(dict.fromkeys(queue for pool in section.pools.values() for queue in pool.queues))
    for task in tasks:
        queue = task.task.text("queue") if task.task is not None else None
        if queue is None or route_of(section, task.full_name) is not None:
            continue
        if known and queue not in known:
            yield Diagnostic(
                "MAC614",
                f'unknown queue "{queue}" for task "{task.full_name}"',
                task.place_of("queue"),
                label=not_one_of(known),
                help=near_word(queue, known),
            )


def _check_store(section: Tasks, tasks: Iterable[Function]) -> Iterator[Diagnostic]:
    """Yield MAC640 for each task that keeps its results, or has idempotency keys, where there is no store."""
    for task in tasks:
        if task.task is None or store_of(section) is not None:
            continue
        if task.task.options.get("keep_result"):
            yield lacking_store(f"the results of {task.full_name}", task.place_of("keep_result"))
        if task.task.says("idempotency_key"):
            yield lacking_store(f"the idempotency keys of {task.full_name}", task.place_of("idempotency_key"))
