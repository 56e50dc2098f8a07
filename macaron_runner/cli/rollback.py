"""`macaron rollback`: a release that was live before is live again, as it was: image, configuration and all."""

from __future__ import annotations

import argparse

from macaron_runner.cli.targets import (
    describe_dry_run,
    describe_targets,
    hands_for,
    one_target,
    stopped_by_signals,
)


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the target, and which release."""
    describe_targets(parser)
    describe_dry_run(parser)
    parser.add_argument(
        "--to",
        type=int,
        metavar="NUMBER",
        help="the release, as macaron status tells it; default: the one that was live before",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Roll back; print the new release's number and version on stdout. Raises CommandError."""
    hands = hands_for(arguments)
    with stopped_by_signals():
        release = one_target(arguments.words).pipeline(hands).roll_back(arguments.to)
    if not hands.dry_run:
        print(f"{release.number} {release.version}")
    return 0
