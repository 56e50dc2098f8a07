"""`macaron plan`: what a deployment would change of what is live, and nothing else is done."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from macaron_runner.cli.readiness import ready
from macaron_runner.cli.releasing import Coming
from macaron_runner.cli.targets import describe_targets, hands_for, one_target, tell
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import live_one, unfinished

CHANGES: Final = 2
"""The exit code where something would change."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the target, and where the rendered files may go."""
    describe_targets(parser)
    parser.add_argument(
        "--out", metavar="DIRECTORY", help="write the files that would be deployed below this folder"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the difference on stdout; return 0 for none, 2 where there is one. Raises CommandError."""
    return plan(arguments, hands_for(arguments))


def plan(arguments: argparse.Namespace, hands: Hands) -> int:
    """Find out the difference with these hands; see `execute`. Raises CommandError."""
    chosen = one_target(arguments.words)
    coming = Coming.of(chosen, ready(chosen), allow_dirty=True)
    platform = chosen.open(hands)
    releases = platform.releases()
    live = live_one(releases)
    wanted = coming.wanted(coming.likely_image(live), hands)
    if arguments.out is not None:
        hands.write(wanted.files, Path(arguments.out))
    for left in unfinished(releases):
        tell(
            f"macaron: {left} was begun by {left.by} at {left.at} and never finished; a deployment undoes it"
        )
    difference = platform.difference(wanted.files)
    sys.stdout.write(difference)
    there = f"{live} is live there" if live is not None else "nothing is live there"
    tell(f"macaron: {there}; {wanted.version} {'changes what is shown' if difference else 'changes nothing'}")
    return CHANGES if difference else 0
