"""What `macaron tasks` shows: the tasks there are, the calls that wait, run, are delayed, failed for good."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from macaron_runner.cli.table import table
from macaron_runner.cli.tasks_service import asked, asked_with_code, broker_of, refuse_deaf
from macaron_runner.configuration.written import duration
from macaron_runner.display import printable
from macaron_runner.errors import DependencyMissing
from macaron_runner.tasks.brokers.guarantee import queue_names
from macaron_runner.tasks.brokers.kinds import broker_kind
from macaron_runner.tasks.discover import AnyTask, homes
from macaron_runner.tasks.envelope import as_written
from macaron_runner.tasks.monitoring.survey import Call, Workers, delayed, hidden_delayed
from macaron_runner.tasks.monitoring.survey import queued as queued_in
from macaron_runner.tasks.retries import Retries
from macaron_runner.tasks.sending.dead_letters import MOST, DeadLetter

_LONGEST_CELL: Final = 60
"""Columns of a table that arguments and errors take at the most; JSON has them whole."""


def registered(arguments: argparse.Namespace) -> int:
    """Print the tasks that workers know."""
    service = asked_with_code(arguments)
    queues = homes(service.section, service.tasks)
    tasks = [(name, queues[name], _options(task)) for name, task in sorted(service.tasks.items())]
    told = [{"task": name, "queue": queue, "options": options} for name, queue, options in tasks]
    rows = [
        (name, queue, ", ".join(f"{key}={value}" for key, value in options.items()) or "-")
        for name, queue, options in tasks
    ]
    return _show(arguments, told, ("TASK", "QUEUE", "OPTIONS"), rows, "the service has no tasks")


def queued(arguments: argparse.Namespace) -> int:
    """Print how many calls wait in each queue, and the first ones."""
    service = asked(arguments)
    with broker_of(service) as connection:
        found = queued_in(connection, queue_names(service.section))
    if arguments.format == "json":
        return _show(arguments, [each.to_json() for each in found], (), ())
    _show(arguments, [], ("QUEUE", "WAITING"), [(each.queue, str(each.waiting)) for each in found])
    first = [call for each in found for call in each.first or ()]
    if first:
        print()
        _show_calls(arguments, first)
    return 0


def running(arguments: argparse.Namespace) -> int:
    """Print the calls that workers have under way. Raises DependencyMissing where no worker answers."""
    service = asked(arguments)
    refuse_deaf(service)
    with broker_of(service) as connection:
        found = Workers(service.celery, connection).running()
    if found is None:
        raise DependencyMissing("no worker answers; is the service running?")
    return _show_calls(arguments, found, "no call is under way")


def scheduled(arguments: argparse.Namespace) -> int:
    """Print the calls that wait until they are due, at the broker or with a worker."""
    service = asked(arguments)
    refuse_deaf(service)
    with broker_of(service) as connection:
        found = [*delayed(connection, queue_names(service.section))]
        found += Workers(service.celery, connection).holding() or ()
        hidden = hidden_delayed(connection) if broker_kind(service.section) == "amqp" else 0
    if hidden:
        print(
            f"macaron: RabbitMQ keeps {hidden} calls until they are due, and does not show them",
            file=sys.stderr,
        )
    found.sort(key=lambda call: call.due or "")
    return _show_calls(arguments, found, "" if hidden else "no call waits until it is due")


def failed(arguments: argparse.Namespace) -> int:
    """Print the calls that failed for good, the oldest first."""
    service = asked(arguments)
    with broker_of(service):
        letters = [kept.letter for kept in service.celery.dead_letters.look()]
    rows = [
        (
            letter.failed_at,
            letter.task or "-",
            letter.id or "-",
            str(letter.attempts),
            _short(f"{letter.failure.type}: {letter.failure.message}"),
            _short(_arguments(*(letter.arguments or ([], {})))),
        )
        for letter in letters
    ]
    if len(letters) >= MOST:
        print(f"macaron: no more than {MOST} are kept; older ones are gone", file=sys.stderr)
    told = [told_of(letter) for letter in letters]
    head = ("FAILED AT", "TASK", "ID", "ATTEMPTS", "ERROR", "ARGUMENTS")
    return _show(arguments, told, head, rows, "no call has failed for good")


def told_of(letter: DeadLetter) -> dict[str, Any]:
    """Return all that is known of a call that failed for good, as JSON."""
    args, kwargs = letter.arguments or (None, None)
    failure = letter.failure
    return {
        "id": letter.id,
        "task": letter.task,
        "queue": letter.queue,
        "failed_at": letter.failed_at,
        "attempts": letter.attempts,
        "args": args,
        "kwargs": kwargs,
        "error": {name.name: getattr(failure, name.name) for name in fields(failure)},
        "context": dict(letter.context),
    }


def _show_calls(arguments: argparse.Namespace, calls: Sequence[Call], none: str = "") -> int:
    """Print calls; of the columns for what is not known of each, those that have something in them."""
    optional = {"worker": "WORKER", "since": "SINCE", "due": "DUE"}
    known = [name for name in optional if any(getattr(call, name) for call in calls)]
    head = ("TASK", "ID", "QUEUE", *(optional[name] for name in known), "ARGUMENTS")
    rows = [
        (
            call.task or "-",
            call.id or "-",
            call.queue,
            *(getattr(call, name) or "-" for name in known),
            _short(_arguments(call.args, call.kwargs)),
        )
        for call in calls
    ]
    return _show(arguments, [call.to_json() for call in calls], head, rows, none)


def _show(
    arguments: argparse.Namespace,
    told: Sequence[Any],
    head: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    none: str = "",
) -> int:
    """Print what is told as JSON, or as a table; where that has no rows say so on stderr, in the words for `none`."""
    if arguments.format == "json":
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif shown := [tuple(map(printable, row)) for row in rows]:
        print(table([head, *shown]))
    elif none:
        print(f"macaron: {none}", file=sys.stderr)
    return 0


def _options(task: AnyTask) -> dict[str, Any]:
    """Return what a task's decorator says, as it would be written there, without what is left out."""
    options = task.options
    said = {name.name: getattr(options, name.name) for name in fields(options) if name.name != "queue"}
    plain = {field.name: field.default for field in fields(options)}
    return {name: _option(value) for name, value in said.items() if value != plain[name]}


def _option(value: Any) -> Any:
    if isinstance(value, Retries):
        return value.max
    if isinstance(value, float):
        return duration(value)
    return getattr(value, "__qualname__", "given") if callable(value) else value


def _arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    words = [_json(value) for value in args]
    return ", ".join([*words, *(f"{name}={_json(value)}" for name, value in kwargs.items())]) or "-"


def _json(value: Any) -> str:
    return json.dumps(as_written(value), ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else line[: _LONGEST_CELL - 1] + "…"
