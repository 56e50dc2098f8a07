"""What the verbs of deployments have in common: which targets are meant, as they see the service, and their platforms.

Not for the course of a deployment (deploy.pipeline).
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final, NoReturn

from macaron_runner.cli.selection import selection_at
from macaron_runner.cli.terminal import hide_secrets
from macaron_runner.configuration.at_target import Seen, see
from macaron_runner.configuration.deployment import AnyTarget
from macaron_runner.configuration.load import examine
from macaron_runner.configuration.merge import value_at
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.acceptance import Acceptance
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.pipeline import Pipeline
from macaron_runner.deploy.target import Platform, Site, open_platform
from macaron_runner.diagnostics import near_word, raise_errors
from macaron_runner.errors import UsageError

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One target that a command is about: `seen` is the service as the target sees it, `section` the target in it."""

    selection: Selection
    name: str
    seen: Seen
    section: AnyTarget

    @property
    def site(self) -> Site:
        """The target, as platforms know it."""
        assert self.seen.configuration is not None  # or there were no section
        service = self.seen.configuration.config.service.name
        return Site(service, self.name, self.section, self.seen.configuration.environment)

    def open(self, hands: Hands) -> Platform:
        """Return the platform of the target. Raises as `open_platform`."""
        return open_platform(self.site, hands)

    def pipeline(self, hands: Hands) -> Pipeline:
        """Return the pipeline of the target. Raises as `open_platform`."""
        assert self.seen.configuration is not None  # or there were no section
        deploy = self.seen.configuration.config.deploy
        words = self.section.acceptance or (deploy.acceptance if deploy is not None else ())
        acceptance = Acceptance(words, str(self.seen.configuration.directory), self.section.timeout)
        return Pipeline(self.open(hands), hands, self.site, deployer(), acceptance)


def deployer() -> str:
    """Return who deploys, for records and for others: the user and the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def describe_targets(parser: argparse.ArgumentParser, what: str = "the target's name") -> None:
    """Add the words that `targets_of` reads: names of targets, and the file they are in."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="TARGET",
        help=f"{what}; a word with a dot or a slash in it is the macaron.yaml, or the folder it is in."
        " Default: the only target there is, of $MACARON_CONFIG, else ./macaron.yaml",
    )


def describe_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add --dry-run."""
    parser.add_argument(
        "--dry-run", action="store_true", help="show the commands, and run only those that change nothing"
    )


def one_target(words: Sequence[str]) -> Chosen:
    """Return the target that a command is about. Raises UsageError, BadConfiguration."""
    chosen = targets(words, must_choose=True)
    if len(chosen) != 1:
        raise UsageError("name one target")
    return chosen[0]


def targets(words: Sequence[str], *, must_choose: bool = False) -> tuple[Chosen, ...]:
    """Return the targets that are named, in the order of their names; where none is, all of them.

    With `must_choose`, none may be named only where there is one. No secret of the service that this machine knows is
    printed from here on. Raises UsageError, BadConfiguration.
    """
    names, selection = _read(words)
    hide_secrets(examine(selection, environ=os.environ)[0])
    known = _known(selection)
    for name in names:
        if name not in known:
            raise UsageError(_unknown(name, known))
    if not known:
        raise UsageError(f"{selection.file} has no deploy.targets")
    if not names and must_choose and len(known) > 1:
        raise UsageError(f"name a target: {', '.join(known)}")
    return tuple(chosen(selection, name) for name in dict.fromkeys(names or known))


def chosen(selection: Selection, name: str, version: str = "") -> Chosen:
    """Return a target as it sees the service. Raises BadConfiguration where the target itself has errors."""
    seen = see(selection, name, version=version)
    if seen.section is None:
        raise_errors((*seen.problems, *seen.missing))
        raise UsageError(f'there is no target "{name}" any more with its overlay')
    return Chosen(selection, name, seen, seen.section)


def _read(words: Sequence[str]) -> tuple[list[str], Selection]:
    names = [word for word in words if _NAME.fullmatch(word)]
    files = [word for word in words if not _NAME.fullmatch(word)]
    if len(files) > 1:
        raise UsageError(f"one macaron.yaml at a time, not {' and '.join(files)}")
    return names, selection_at(files[0] if files else None, "")


def _known(selection: Selection) -> list[str]:
    """Return the names of all targets, faulty ones too. Raises BadConfiguration where nothing of the file is known."""
    seen = see(selection, "")
    if seen.configuration is None:
        raise_errors(seen.problems)
        return []
    found = value_at(seen.configuration.merged.value, ("deploy", "targets"))
    return list(found) if isinstance(found, dict) else []


def _unknown(name: str, known: Sequence[str]) -> str:
    what = near_word(name, known) or (f"there are: {', '.join(known)}" if known else "there are none")
    folder = f"; the folder is {name}/" if os.path.isdir(name) else ""  # noqa: PTH112 - as in selection
    return f'there is no target "{name}"; {what}{folder}'


def hands_for(arguments: argparse.Namespace) -> Hands:
    """Return hands that tell on stderr what they do, and do nothing that acts where --dry-run is given."""
    return Hands(tell, os.environ, dry_run=getattr(arguments, "dry_run", False))


def tell(line: str) -> None:
    """Print a line for people, at once: whoever watches a deployment wants to see where it is.

    Where nobody can read it any more, a closed terminal or pipe, what is under way goes on.
    """
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM, and a terminal that closes, end what is under way as Ctrl-C does: what was begun is undone.

    What whoever started us has us ignore, as nohup does, is ignored.
    """

    def stop(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    heeded = (
        each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN
    )
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
