"""Test beds: one kind of target each, on a fake of its own, for the conformance suite (test_conformance).

A bed is a world in which time passes only when somebody sleeps. Each `hands` are those of another run of macaron: the
world is all that they share.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from macaron_runner.deploy.acceptance import Acceptance
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.pipeline import Pipeline, Wanted
from macaron_runner.deploy.programs import Programs
from macaron_runner.deploy.target import Platform, Site, render
from macaron_runner.deploy.workloads import Image, Planned
from tests.deploy.planned import plan_of, write_service


class Killed(BaseException):
    """We are dead, as after kill -9: whoever catches this cannot do anything any more."""


class Bed(ABC):
    """One kind of target on its fake."""

    section = ""
    """The target's section in macaron.yaml, as text."""
    rest = ""
    """What else macaron.yaml has to say for it, as text."""
    starts_anew = True
    """Whether a release that is brought back is started anew; else it was there all the time, without traffic."""
    evidence = ""
    """What is told of a release that does not become healthy."""
    first, stride = 0, 1
    """Of the moments at which something happens to us, the first that is tried, and how far it is to the next one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = write_service(folder, self.section, self.rest)
        self.time = 0.0

    @abstractmethod
    def open(self, hands: Hands) -> Platform:
        """Return a platform, as a run of macaron would."""

    @abstractmethod
    def serving(self) -> str:
        """Return the version that has the traffic, "" for none."""

    @abstractmethod
    def snapshot(self) -> object:
        """Return all that is there, for comparison; but for a lock that is free."""

    @abstractmethod
    def make_bad(self, version: str) -> None:
        """See to it that no release of a version ever becomes healthy."""

    @abstractmethod
    def refuse(self, *, quota: bool) -> None:
        """Let the target refuse everything new, or no more."""

    @abstractmethod
    def fail_once(self) -> None:
        """Let the next call of the target's API fail, as with a 500; nothing is changed by it."""

    @abstractmethod
    def steal_lock_if_held(self) -> None:
        """Give the lock, where somebody has it, to somebody else, for ten minutes."""

    # What follows suits all.

    def pass_time(self, seconds: float) -> None:
        self.time += seconds

    def hands(self, tell: Callable[[str], None], *, dry_run: bool = False) -> Hands:
        start = datetime(2026, 11, 28, 12, tzinfo=UTC)
        return Hands(
            tell,
            self.environ(),
            dry_run=dry_run,
            programs=self.programs(),
            clock=lambda: self.time,
            sleep=self.pass_time,
            now=lambda: start + timedelta(seconds=self.time),
        )

    def programs(self) -> Programs | None:
        """Return what stands for the programs of this machine; None for themselves."""
        return None

    def close(self) -> None:  # noqa: B027 - most have started nothing
        """End what the fake has started."""

    def environ(self) -> dict[str, str]:
        return dict(os.environ)

    def planned(self, version: str) -> Planned:
        image = Image("registry.example.com/acme/shop", version, f"sha256:{version.encode().hex():0>64}")
        return plan_of(self.file, "live", version=version, image=image)

    def wanted(self, version: str) -> Wanted:
        planned = self.planned(version)
        return Wanted(planned.version, planned.image.reference, render(planned))

    def site(self) -> Site:
        planned = self.planned("v0")
        return Site(planned.service, planned.target, planned.section, planned.environment)

    def pipeline(
        self, tell: Callable[[str], None], *, dry_run: bool = False, by: str = "ann@box"
    ) -> Pipeline:
        hands = self.hands(tell, dry_run=dry_run)
        return Pipeline(self.open(hands), hands, self.site(), by, Acceptance((), "", 60.0))
