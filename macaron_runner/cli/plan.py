"""`macaron plan`: what a deployment would change of what is live, or the files of it; nothing is deployed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from macaron_runner.cli.readiness import ready
from macaron_runner.cli.releasing import Coming, image_named
from macaron_runner.cli.targets import describe_targets, hands_for, one_target, tell
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import live_one, unfinished

CHANGES: Final = 2
"""The exit code where something would change."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the target, and where the rendered files may go."""
    describe_targets(parser)
    parser.add_argument(
        "--out",
        metavar="DIRECTORY",
        help="ask nobody what is live: write the files that would be deployed below this folder, for others to apply",
    )
    parser.add_argument(
        "--image",
        metavar="REFERENCE",
        help="plan with this image, built before; its tag is the version. Default: the live one where its version is"
        " the same, else the one that would be built, by its tag",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the difference on stdout; return 0 for none, 2 where there is one. Raises CommandError."""
    return plan(arguments, hands_for(arguments))


def plan(arguments: argparse.Namespace, hands: Hands) -> int:
    """Find out the difference with these hands, or write the files; see `execute`. Raises CommandError."""
    chosen = one_target(arguments.words)
    given = image_named(arguments.image) if arguments.image is not None else None
    version = given.tag if given is not None else ""
    coming = Coming.of(chosen, ready(chosen), allow_dirty=True, version=version)
    if arguments.out is not None:
        hands.write(coming.wanted(given or coming.likely_image(None)).files, Path(arguments.out))
        return 0
    platform = chosen.open(hands)
    releases = platform.releases()
    live = live_one(releases)
    wanted = coming.wanted(given or coming.likely_image(live))
    for left in unfinished(releases):
        tell(
            f"macaron: {left} was begun by {left.by} at {left.at} and never finished; a deployment undoes it"
        )
    difference = platform.difference(wanted.files)
    sys.stdout.write(difference)
    there = f"{live} is live there" if live is not None else "nothing is live there"
    tell(f"macaron: {there}; {wanted.version} {'changes what is shown' if difference else 'changes nothing'}")
    return CHANGES if difference else 0
