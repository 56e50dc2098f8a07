"""`macaron status`: what is live at the targets, how it fares, and which releases can be brought back."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from macaron_runner.cli.table import table
from macaron_runner.cli.targets import Chosen, describe_targets, hands_for, targets, tell
from macaron_runner.deploy.failures import DeploymentFailed
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.release import Release, live_one, unfinished
from macaron_runner.deploy.target import Status
from macaron_runner.errors import CommandError

_NOTHING: Final = Status(())
_HEAD: Final = ("TARGET", "RELEASE", "WORKLOAD", "READY", "RESTARTS", "VERSION", "TROUBLE")


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of one target; `failure` where it could not be asked."""

    name: str
    releases: tuple[Release, ...] = ()
    status: Status = _NOTHING
    failure: str = ""

    @property
    def live(self) -> Release | None:
        """The release that is live."""
        return live_one(self.releases)

    @property
    def is_well(self) -> bool:
        """Whether a release is live, all of it is well, and nothing was left half done."""
        left = unfinished(self.releases) if not self.status.deploying else ()
        return not self.failure and self.live is not None and self.status.is_well and not left


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the targets and the form."""
    describe_targets(parser, "a target's name; default: all of them")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def execute(arguments: argparse.Namespace) -> int:
    """Print a line a workload on stdout; return 0 where all is well, 1 where it is not. Raises CommandError."""
    hands = hands_for(arguments)
    told = [_ask(each, hands) for each in targets(arguments.words)]
    if arguments.format == "json":
        print(json.dumps([_as_json(each) for each in told], indent=2))
    else:
        print(table([_HEAD, *(row for each in told for row in _rows(each))]))
        for line in (line for each in told for line in _asides(each)):
            tell(f"macaron: {line}")
    return 0 if all(each.is_well for each in told) else 1


def _ask(target: Chosen, hands: Hands) -> _Told:
    try:
        platform = target.open(hands)
        return _Told(target.name, platform.releases(), platform.status())
    except DeploymentFailed as error:
        return _Told(target.name, failure=str(error))
    except CommandError as error:
        return _Told(target.name, failure=f"it cannot be asked: {error}")


def _rows(told: _Told) -> Iterator[Sequence[str]]:
    release = f"{told.live.number}" if told.live is not None else "-"
    if told.failure or not told.status.workloads:
        trouble = told.failure.rpartition("\n")[2].strip() or told.status.trouble
        yield told.name, release, "-", "-", "-", "-", trouble
        return
    for each in told.status.workloads:
        yield (
            told.name,
            release,
            each.name,
            f"{each.ready}/{each.wanted}",
            str(each.restarts),
            each.version or "-",
            each.trouble or "-",
        )


def _asides(told: _Told) -> Iterator[str]:
    """Yield what is not in the table: failures, who deploys, what was left half done, what can be brought back."""
    if "\n" in told.failure:
        yield f"{told.name}: {told.failure}"
    if told.status.deploying:
        yield f"{told.name}: {told.status.deploying} deploys at the moment"
    for left in unfinished(told.releases) if not told.status.deploying else ():
        yield (
            f"{told.name}: {left} was begun by {left.by} at {left.at} and never finished;"
            " the next deploy or rollback undoes it"
        )
    if told.live is not None:
        yield f"{told.name}: {told.live} is live since {told.live.at}, by {told.live.by}"
    back = [f"{each.number} ({each.version})" for each in told.releases if each.status == "superseded"]
    if back:
        yield f"{told.name}: macaron rollback can bring back {', '.join(back)}"


def _as_json(told: _Told) -> dict[str, Any]:
    return {
        "target": told.name,
        "well": told.is_well,
        "failure": told.failure or None,
        "deploying": told.status.deploying or None,
        "live": asdict(told.live) if told.live is not None else None,
        "workloads": [asdict(each) for each in told.status.workloads],
        "releases": [asdict(each) for each in told.releases],
    }
