"""Whether the broker that a service names can keep what its tasks are promised, as far as files tell.

Not for asking the broker (monitoring.reach), nor for names and types of raw settings (settings).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from macaron_runner.configuration.brokers import known_kind
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Tasks
from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.tasks.brokers.kinds import DAY, POWERS, Kind, Powers, missing_extra
from macaron_runner.tasks.options import TaskOptions

if TYPE_CHECKING:
    from macaron_runner.code.function import Function

_NAMES: Final = {"amqp": "RabbitMQ", "sqs": "SQS", "pubsub": "Pub/Sub"}
_TIME_LIMITS: Final = ("task_time_limit", "task_soft_time_limit")
_CONTROL: Final = ("worker_enable_remote_control", "worker_send_task_events", "task_send_sent_event")
_OTHER_BROKER: Final = "another broker can: embedded, redis://…, amqp://…"


def check_promises(configuration: Configuration) -> Iterator[Diagnostic]:
    """Yield what the broker cannot do for the service (MAC631), and MAC630 where its packages are not installed."""
    tasks = configuration.config.tasks
    kind = known_kind(tasks) if tasks is not None else None
    if tasks is None or kind is None:
        return
    if sentence := missing_extra(kind):
        message, _, command = sentence.partition(": ")
        yield Diagnostic("MAC630", message, configuration.locate("tasks", "broker"), help=command)
    for setting, message in _beyond(tasks, POWERS[kind], _NAMES.get(kind, "")):
        yield Diagnostic(
            "MAC631", message, configuration.locate("tasks", "settings", setting), help=_OTHER_BROKER
        )


def _beyond(tasks: Tasks, powers: Powers, broker: str) -> Iterator[tuple[str, str]]:
    """Yield each raw setting that asks for more than the broker can do, and the sentence that says so."""
    for name in _TIME_LIMITS:
        limit = tasks.settings.get(name)
        if isinstance(limit, int | float) and limit > powers.longest_task:
            longest = _words(powers.longest_task)
            yield name, f"{name}: a task that runs longer than {longest} is run again by {broker}"
    for name in _CONTROL:
        if tasks.settings.get(name) is True and not powers.control:
            yield name, f"{name}: workers cannot be asked or told anything over {broker}"


def check_options(configuration: Configuration, tasks: Iterable[Function]) -> Iterator[Diagnostic]:
    """Yield what is wrong with what tasks say of themselves, and what the broker does not go along with.

    MAC620: an option makes no sense; MAC621, MAC622, MAC632: the broker cannot do it. Options that are computed are
    known only of tasks that were imported.
    """
    section = configuration.config.tasks
    kind = known_kind(section) if section is not None else None
    for task in tasks:
        if task.task is None:
            continue
        try:
            options = TaskOptions.read(task.task.options)
        except (TypeError, ValueError) as problem:
            place = next(
                (spot for name, spot in task.task.places.items() if name in str(problem)), task.location
            )
            yield Diagnostic("MAC620", f'the task "{task.full_name}": {problem}', place)
            continue
        if kind is not None:
            yield from _against_broker(task, options, kind)


def _against_broker(task: Function, options: TaskOptions, kind: Kind) -> Iterator[Diagnostic]:
    powers, broker, whose = POWERS[kind], _NAMES.get(kind, ""), f'the task "{task.full_name}"'
    if options.priority is not None and powers.priorities:
        yield Diagnostic(
            "MAC621",
            f"{whose} has a priority, and {broker} {powers.priorities}",
            task.place_of("priority"),
            help="give what is urgent a queue and a pool of its own",
            severity=Severity.WARNING,
        )
    if options.at_most_once and not powers.at_most_once:
        yield Diagnostic(
            "MAC622",
            f"{whose} must not run twice, and {broker} may deliver a message twice",
            task.place_of("at_most_once"),
            help=_OTHER_BROKER,
        )
    for name, longest, words in (
        ("delay", powers.longest_delay, "calls wait longer than {} keeps a message"),
        ("time_limit", powers.longest_task, "it may run longer than {} waits for one"),
    ):
        if (getattr(options, name) or 0) > longest:
            message = f"{whose}: {words.format(broker)}, {_words(longest)}"
            yield Diagnostic("MAC632", message, task.place_of(name), help=_OTHER_BROKER)


def refuse_delay(kind: Kind, seconds: float) -> None:
    """Raise ValueError for a delay that is longer than the broker keeps a message: it would be lost."""
    longest = POWERS[kind].longest_delay
    if seconds > longest:
        raise ValueError(f"{_NAMES[kind]} cannot delay a task by more than {_words(longest)}")


def refuse_key(name: str) -> NoReturn:
    """Raise RuntimeError for an idempotency key of a call, of the task `name`, where there is no store."""
    raise RuntimeError(
        f"a call of {name} has an idempotency key, and there is no store to keep it in: "
        'name a Redis under tasks.store in macaron.yaml, as store: "redis://…"'
    )


def wait_of(options: Mapping[str, Any]) -> float:
    """Return for how many seconds a call must wait, by its `countdown` or `eta` (TaskOptions.for_call)."""
    eta = options.get("eta")
    return options.get("countdown") or 0 if eta is None else (eta - datetime.now(UTC)).total_seconds()


def seconds_left(message: Mapping[str, Any]) -> int:
    """Return in how many seconds a message of Celery's is due; 0 where it is, or says nothing of it."""
    return max(0, round(due_time(message) - time.time()))


def due_time(message: Mapping[str, Any]) -> float:
    """Return when a message of Celery's is due, in unix time; 0 where it says nothing of it."""
    due = (message.get("headers") or {}).get("eta")
    return datetime.fromisoformat(due).timestamp() if due else 0.0


def _words(seconds: float) -> str:
    assert not math.isinf(seconds), "only a limit is told"
    return f"{seconds / DAY:g} days" if seconds >= DAY else f"{seconds / 3600:g} hours"
