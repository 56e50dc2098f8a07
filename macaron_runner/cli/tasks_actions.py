"""What `macaron tasks` does: it queues a call, has workers not run one, sends failed ones again or drops them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from macaron_runner.cli.tasks_service import Asked, asked, asked_with_code, broker_of, met, refuse_deaf
from macaron_runner.configuration.store import store_of
from macaron_runner.crash import describe as in_one_line
from macaron_runner.diagnostics import near_word
from macaron_runner.errors import DependencyMissing, TaskQueueUnavailable, UsageError
from macaron_runner.tasks.arguments import encode_typed
from macaron_runner.tasks.envelope import as_written, encode
from macaron_runner.tasks.monitoring.survey import ANSWER_WITHIN
from macaron_runner.tasks.sending.dead_letters import Kept


def call(arguments: argparse.Namespace) -> int:
    """Queue a call and print its id; with --wait, print its result, or return 1 and say on stderr why it failed."""
    service = asked_with_code(arguments)
    name = arguments.subject
    if name not in service.tasks:
        raise UsageError(
            f'there is no task "{name}"; {near_word(name, service.tasks) or "see macaron tasks list"}'
        )
    if arguments.wait and store_of(service.section) is None:
        raise UsageError("--wait needs a store, in which results are kept: name a Redis under tasks.store")
    queue = arguments.queue
    if queue is not None and queue not in service.celery.amqp.queues:
        known = ", ".join(sorted(service.celery.amqp.queues))
        raise UsageError(f'no pool consumes the queue "{queue}"; there are: {known}')
    try:
        args, kwargs = encode_typed(arguments.args, arguments.kwargs, service.tasks[name].function)
    except TypeError as error:
        raise UsageError(f"{name} cannot be called so: {error}") from None
    kept: dict[str, Any] = {"ignore_result": False} if arguments.wait else {}
    with met(service.configuration):
        try:
            result = service.celery.tasks[name].apply_async(tuple(args), kwargs, queue=queue, **kept)
        except TaskQueueUnavailable as error:
            raise error.__cause__ or error from None
    if not arguments.wait:
        print(json.dumps({"id": result.id, "task": name}) if arguments.format == "json" else result.id)
        return 0
    return _wait(arguments, name, result)


def _wait(arguments: argparse.Namespace, name: str, result: Any) -> int:
    try:
        value = as_written(encode(result.get(), f"the result of {name}"))
    except Exception as error:  # whatever the task raised
        print(f"macaron: {name} failed: {in_one_line(error)}", file=sys.stderr)
        return 1
    told = {"id": result.id, "task": name, "result": value} if arguments.format == "json" else value
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Have no worker that runs now run a call; with --terminate, end it if it runs already."""
    service = asked(arguments)
    refuse_deaf(service)
    with broker_of(service) as connection:
        answers = service.celery.control.revoke(
            arguments.subject,
            terminate=arguments.terminate,
            connection=connection,
            reply=True,
            timeout=ANSWER_WITHIN,
        )
    workers = sorted(name for answer in answers or () for name in answer)
    if not workers:
        raise DependencyMissing(
            "no worker answers, and none will remember it: revoke it when the service runs"
        )
    if arguments.format == "json":
        print(json.dumps({"id": arguments.subject, "workers": workers}, indent=2))
    else:
        what = (
            "is ended if it runs, and not begun any more" if arguments.terminate else "is not begun any more"
        )
        print(f"{arguments.subject} {what}, by: {', '.join(workers)}")
    return 0


def retry(arguments: argparse.Namespace) -> int:
    """Send calls that failed for good to their queues again; each is dropped from there when the broker has it."""
    service = asked(arguments)

    sent: set[str] = set()

    def send(kept: Kept) -> None:
        call = kept.letter.id
        if not call or call not in sent:  # two letters: its worker was killed as it left the first
            service.celery.dead_letters.send_again(kept.letter)
            sent.add(call)
        kept.remove()

    return _each(arguments, service, send, "is sent to its queue again")


def discard(arguments: argparse.Namespace) -> int:
    """Drop what is kept of calls that failed for good."""
    return _each(arguments, asked(arguments), lambda kept: kept.remove(), "is dropped")


def _each(arguments: argparse.Namespace, service: Asked, act: Callable[[Kept], Any], words: str) -> int:
    """Do something about the chosen letters, the oldest first; return 1 where that is refused for some."""
    done: list[dict[str, str]] = []
    refused = 0
    with broker_of(service):
        for kept in service.celery.dead_letters.look():
            letter = kept.letter
            if not arguments.all and letter.id != arguments.subject:
                continue
            try:
                act(kept)
            except LookupError:
                print(f'macaron: no pool consumes the queue "{letter.queue}" of {letter.id}', file=sys.stderr)
                refused += 1
            else:
                done.append({"id": letter.id, "task": letter.task, "queue": letter.queue})
    if not done and not refused and not arguments.all:
        raise UsageError(
            f'no call with the ID "{arguments.subject}" has failed for good; see macaron tasks failed'
        )
    if arguments.format == "json":
        print(json.dumps(done, indent=2, ensure_ascii=False))
    else:
        print("".join(f"{each['id']} ({each['task']}) {words}\n" for each in done), end="")
    return 1 if refused else 0
