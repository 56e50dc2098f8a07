"""`macaron deploy`: checks, tests, builds and brings a service to a target; what does not work out is undone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping

from macaron_runner.cli.readiness import ready
from macaron_runner.cli.releasing import Coming, image_named
from macaron_runner.cli.targets import (
    Chosen,
    chosen,
    describe_dry_run,
    describe_targets,
    hands_for,
    stopped_by_signals,
    targets,
)
from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.pipeline import require

TESTS_DEADLINE = 3600.0
"""Seconds that deploy.tests may take."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the targets, and what is deployed."""
    describe_targets(parser, "the target's name; several are deployed to one after the other")
    describe_dry_run(parser)
    parser.add_argument(
        "--allow-dirty", action="store_true", help="deploy what is in no commit, too; its version says -dirty"
    )
    parser.add_argument(
        "--image", metavar="REFERENCE", help="deploy this image, built before; its tag is the version"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Deploy to each target, and print the new releases' numbers and versions on stdout. Raises CommandError."""
    return deploy(arguments, hands_for(arguments))


def deploy(arguments: argparse.Namespace, hands: Hands) -> int:
    """Deploy with these hands to each target, `after` in its place. Raises CommandError."""
    named = targets(arguments.words, must_choose=True)
    with stopped_by_signals():
        for each in in_order(named):
            _deploy(each, hands, arguments)
    return 0


def in_order(named: Iterable[Chosen]) -> Iterator[Chosen]:
    """Yield targets, each behind the one that it comes after, where that is among them."""
    left = {each.name: each for each in named}
    while left:
        first = next(each for each in left.values() if each.section.after not in left)
        yield left.pop(first.name)


def _deploy(target: Chosen, hands: Hands, arguments: argparse.Namespace) -> None:
    given = image_named(arguments.image) if arguments.image is not None else None
    version = given.tag if given is not None else ""
    allow_dirty = arguments.allow_dirty or given is not None
    coming = Coming.of(target, ready(target), allow_dirty=allow_dirty, version=version)
    pipeline = coming.chosen.pipeline(hands)
    if target.section.after is not None and not hands.dry_run:
        before = chosen(target.selection, target.section.after)
        require(before.open(hands), before.name, coming.version)
    _test(coming.chosen, hands)
    image = given or coming.image(hands)
    release = pipeline.deploy(coming.wanted(image))
    if release is not None and not hands.dry_run:
        print(f"{release.number} {release.version}")
        sys.stdout.flush()


def _test(target: Chosen, hands: Hands) -> None:
    """Run the service's tests, where it names some. Raises Failure."""
    configuration = target.seen.configuration
    assert configuration is not None  # it has a section
    deploy = configuration.config.deploy
    if deploy is not None and deploy.tests:
        told: Mapping[str, str] = {"MACARON_TARGET": target.name}
        hands.show(
            Command(
                deploy.tests,
                environment=told,
                deadline=TESTS_DEADLINE,
                directory=str(configuration.directory),
            )
        )
