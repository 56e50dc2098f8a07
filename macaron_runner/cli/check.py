"""`macaron check`: everything that can be known of services without starting them, as diagnostics."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence

from macaron_runner.cli.forms import describe_format, gathered, print_report
from macaron_runner.cli.selection import describe_selections, selections_of
from macaron_runner.cli.terminal import hide_secrets
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the files, how closely to look, and the form of the report."""
    describe_selections(parser)
    describe_format(parser)
    parser.add_argument(
        "--imports",
        action="store_true",
        help="import the service's code as well, in a process of its own; else it is only read",
    )
    parser.add_argument(
        "--deadline", type=_seconds, default=30.0, metavar="SECONDS", help="how long --imports may take (30)"
    )
    parser.add_argument("--connect", action="store_true", help="see whether the broker of the tasks answers")
    parser.add_argument(
        "--no-ports",
        dest="ports",
        action="store_false",
        help="do not look whether the addresses to listen on are free on this machine",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print what was found on stdout, sums on stderr; return 1 where anything was found, 0 where there is nothing."""
    inspections = [
        inspect_service(
            selection,
            environ=os.environ,
            targets=True,
            ports=arguments.ports,
            connect=arguments.connect,
            imports=arguments.deadline if arguments.imports else None,
        )
        for selection in selections_of(arguments)
    ]
    for each in inspections:
        hide_secrets(each.configuration)
    found = gathered(each for inspection in inspections for each in inspection.diagnostics)
    print_report(found, arguments.format)
    for line in _sums(inspections, len(found)):
        print(f"macaron: {line}", file=sys.stderr)
    if found and arguments.format == "text":
        print(f"macaron: explain {found[0].code} tells what that means and how to mend it", file=sys.stderr)
    return 1 if found else 0


def _sums(inspections: Sequence[Inspection], count: int) -> list[str]:
    """Return what was found in a sentence; of several services one for each, and one for all.

    `count` is of all together: what services share counts once in it.
    """
    counts = [(each.selection.file, len(each.diagnostics)) for each in inspections]
    if len(counts) == 1:
        return [_problems(counts[0][1]) + " found"]
    faulty = sum(1 for _, problems in counts if problems)
    total = f"{len(counts)} services checked, {_problems(count)}"
    return [
        *(f"{file}: {_problems(problems)}" for file, problems in counts),
        f"{total} in {faulty}" if faulty else total,
    ]


def _problems(count: int) -> str:
    return f"{count or 'no'} problem{'' if count == 1 else 's'}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, more than 0 and less than 86400")
    return seconds
