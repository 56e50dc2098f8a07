"""`macaron logs`: the last lines of what runs at a target, and those to come."""

from __future__ import annotations

import argparse

from macaron_runner.cli.targets import describe_targets, hands_for, one_target


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the target, whose lines, and how many."""
    describe_targets(parser)
    parser.add_argument(
        "--workload",
        metavar="NAME",
        default="",
        help="only of this one, as macaron status tells it: web, worker-default, scheduler; default: of all",
    )
    parser.add_argument("--follow", "-f", action="store_true", help="go on with the lines to come")
    parser.add_argument("--lines", "-n", type=_count, default=100, metavar="NUMBER", help="how many (100)")


def execute(arguments: argparse.Namespace) -> int:
    """Print the lines on stdout. Raises CommandError."""
    platform = one_target(arguments.words).open(hands_for(arguments))
    for line in platform.logs(arguments.workload, follow=arguments.follow, lines=arguments.lines):
        print(line, flush=arguments.follow)
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines, from 0 to 1000000")
    return int(text)
