"""`macaron tasks`: what of a service's tasks there is, waits, runs and failed, and what can be done about it."""

from __future__ import annotations

import argparse
import importlib
import json
from typing import Any, Final

from macaron_runner.cli.selection import describe_selection
from macaron_runner.errors import UsageError

VIEWS: Final = ("list", "queued", "running", "scheduled", "failed")
_NAMED: Final = {"call": "the NAME of a task", "revoke": "the ID of a call"}
_CHOSEN: Final = ("retry", "discard")
_DOERS: Final = {
    "watch": "tasks_watch",
    **dict.fromkeys(VIEWS, "tasks_views"),
    **dict.fromkeys((*_NAMED, *_CHOSEN), "tasks_actions"),
}
"""The module that has a function for each word."""

_EPILOG: Final = """\
  list        the tasks that there are, with their queues and options (the default)
  queued      how many calls wait in each queue and, where the broker lets one look, the first ones
  running     the calls that workers have under way
  scheduled   the calls that wait until they are due
  failed      the calls that failed for good, with their errors (dead letters)
  watch       what happens from now on, a bar for each call that runs; until Ctrl-C
  call NAME   queue a call of a task, and print its ID
  revoke ID   have no worker begin a call any more
  retry ID    send a call that failed for good to its queue again; --all: all of them
  discard ID  drop what is kept of a call that failed for good; --all: of all of them

When schedules run next: macaron explain tasks.schedules
"""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add what to show or do, about which task or call, and in what form."""
    parser.add_argument(
        "what",
        nargs="?",
        default="list",
        choices=(*VIEWS, "watch", *_NAMED, *_CHOSEN),
        help="what to show or to do, see below; default: list",
    )
    parser.add_argument("subject", nargs="?", metavar="NAME|ID", help="of call: a task; of others: a call")
    describe_selection(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--args", type=_list, default=[], metavar="JSON", help="call: its arguments, as '[1, 2]'"
    )
    parser.add_argument(
        "--kwargs",
        type=_map,
        default={},
        metavar="JSON",
        help="call: its arguments by name, as '{\"day\": 1}'",
    )
    parser.add_argument(
        "--queue", metavar="NAME", help="call: the queue; default: the one of its route or task"
    )
    parser.add_argument("--wait", action="store_true", help="call: wait until it has run, print its result")
    parser.add_argument("--terminate", action="store_true", help="revoke: end it if it runs already")
    parser.add_argument("--all", action="store_true", help="retry, discard: every call that failed for good")
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def execute(arguments: argparse.Namespace) -> int:
    """Print what was asked for on stdout, or do it. Raises UsageError, DependencyMissing, BadConfiguration."""
    _settle(arguments)
    module = importlib.import_module(f"macaron_runner.cli.{_DOERS[arguments.what]}")
    function = "registered" if arguments.what == "list" else arguments.what
    code: int = getattr(module, function)(arguments)
    return code


def _settle(arguments: argparse.Namespace) -> None:
    """Find out which of the plain words is the file. Raises UsageError for what does not go together."""
    what, subject = arguments.what, arguments.subject
    takes_subject = what in _NAMED or (what in _CHOSEN and not arguments.all)
    if takes_subject and subject is None:
        raise UsageError(f"macaron tasks {what} needs {_NAMED.get(what, 'the ID of a call, or --all')}")
    if not takes_subject and subject is not None:
        if arguments.file is not None:
            raise UsageError(f"macaron tasks {what} takes no {subject!r}")
        arguments.subject, arguments.file = None, subject
    for option, value, verbs in (
        ("--args", arguments.args, ("call",)),
        ("--kwargs", arguments.kwargs, ("call",)),
        ("--queue", arguments.queue, ("call",)),
        ("--wait", arguments.wait, ("call",)),
        ("--terminate", arguments.terminate, ("revoke",)),
        ("--all", arguments.all, _CHOSEN),
    ):
        if value and what not in verbs:
            raise UsageError(f"{option} is for macaron tasks {' and '.join(verbs)}")


def _list(text: str) -> list[Any]:
    value = _json(text)
    if not isinstance(value, list):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON list, as '[1, \"two\"]'")
    return value


def _map(text: str) -> dict[str, Any]:
    value = _json(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, as \'{{"day": "2026-11-22"}}\'')
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON: {error}") from None
