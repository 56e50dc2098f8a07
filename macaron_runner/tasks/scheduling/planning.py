"""From `tasks.schedules` and the tasks that exist to what is planned, and what schedules lack where they are.

Not for when a run is due (schedules), nor for tasks and arguments that do not exist or fit (discover).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Schedule, Tasks
from macaron_runner.configuration.store import lacking_store, store_of
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.tasks.arguments import encode_scheduled
from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.scheduling import sun
from macaron_runner.tasks.scheduling.schedules import Planned, task_name, times_of


def plan_schedules(section: Tasks, tasks: Mapping[str, AnyTask]) -> tuple[Planned, ...]:
    """Return the schedules, ready to run; `tasks` has what they name, and it fits (discover.load_tasks)."""
    return tuple(_plan(name, each, tasks[task_name(each)]) for name, each in section.schedules.items())


def _plan(name: str, schedule: Schedule, task: AnyTask) -> Planned:
    args, kwargs = encode_scheduled(schedule, task.function)
    return Planned(
        name,
        task.name,
        times_of(schedule),
        schedule.missed,
        schedule.queue,
        args,
        kwargs,
        task.options.at_most_once,
    )


def check_schedules(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield MAC640 where schedulers would have no seat to agree on, MAC643 where nobody knows the sun."""
    tasks = configuration.config.tasks
    if tasks is None or not tasks.schedules:
        return
    if store_of(tasks) is None and known_kind(tasks) not in (None, "amqp"):
        yield lacking_store(
            "the last runs of schedules", configuration.locate("tasks", "schedules", key=True)
        )
    for name, schedule in tasks.schedules.items():
        if schedule.sun is not None and not sun.is_known():
            yield Diagnostic(
                "MAC643",
                f'the schedule "{name}" goes by the sun, and ephem, which knows it, is not installed',
                configuration.locate("tasks", "schedules", name, "sun", key=True),
                help=sun.INSTALL,
            )
