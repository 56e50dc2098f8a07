"""What each kind of target must be able to do, and the table of the kinds.

A Platform is one live target. It keeps records and moves releases; when which of it happens is decided in one place for
all of them. What changes something may be run again after a crash of ours, and ends the same.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from macaron_runner.configuration.deployment import AnyTarget
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.release import Release
from macaron_runner.errors import UsageError

if TYPE_CHECKING:
    from macaron_runner.deploy.hands import Hands
    from macaron_runner.deploy.workloads import Planned


@dataclass(frozen=True, slots=True)
class Site:
    """Which target it is: the service's name, the target's name, its section, the environment of its overlay."""

    service: str
    target: str
    section: AnyTarget
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a release can be asked before it has the traffic: a URL without "/" at its end.

    `token` opens it, as `Bearer` in `header`, where not everybody may ask.
    """

    url: str
    token: str = field(default="", repr=False)
    header: str = "Authorization"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that a request needs."""
        return {self.header: f"Bearer {self.token}"} if self.token else {}


@dataclass(frozen=True, slots=True)
class WorkloadStatus:
    """How one workload fares: how many are wanted and ready, of which version; restarts; the last trouble in words."""

    name: str
    wanted: int
    ready: int
    version: str = ""
    restarts: int = 0
    trouble: str = ""

    @property
    def is_well(self) -> bool:
        """Whether as many are ready as are wanted."""
        return self.ready >= self.wanted


@dataclass(frozen=True, slots=True)
class Status:
    """How a target fares: its workloads, and who deploys there at the moment ("" for nobody)."""

    workloads: tuple[WorkloadStatus, ...]
    deploying: str = ""

    @property
    def is_well(self) -> bool:
        """Whether every workload is well; without any, nothing is."""
        return bool(self.workloads) and all(each.is_well for each in self.workloads)

    @property
    def trouble(self) -> str:
        """What is not well, in words; "" for nothing."""
        if not self.workloads:
            return "nothing runs there"
        ill = (each for each in self.workloads if not each.is_well)
        return "; ".join(
            f"{each.name}: {each.trouble or f'{each.ready} of {each.wanted} ready'}" for each in ill
        )


class Hold(Protocol):
    """A lock that is held."""

    def confirm(self, seconds: float) -> None:
        """Make sure that it is still ours, and lasts so many seconds from now on. Raises LostLock.

        Where it has ended and nobody has taken it since, it is ours again.
        """
        ...


class Platform(Protocol):
    """One live target.

    All methods may raise DeploymentFailed, or DependencyMissing where a program or library is not there. Records and
    releases are kept at the target, never here: whoever deploys next sees them.
    """

    def difference(self, files: Files) -> str:
        """Return what a release of these files would change of what is live, drift included; "" for nothing.

        Secrets are shown by name.
        """
        ...

    def lock(self, who: str, seconds: float) -> AbstractContextManager[Hold]:
        """Keep everybody else out; entering raises Locked, leaving raises nothing.

        It ends by itself after so many seconds, unless it is confirmed.
        """
        ...

    def releases(self) -> tuple[Release, ...]:
        """Return the records that are kept, the oldest first."""
        ...

    def record(self, release: Release, files: Files | None = None) -> None:
        """Keep a record, in place of the one of its number; `files`, given with the first, are kept for `restore`."""
        ...

    def apply(self, release: Release, files: Files) -> None:
        """Bring a release to the target: beside the live one, without traffic, where the target can do that."""
        ...

    def restore(self, release: Release, to: Release) -> None:
        """As `apply`, but of what is kept of the release `to`, its configuration included."""
        ...

    def wait(self, release: Release, deadline: float) -> None:
        """Wait until a release is healthy, telling for what; `deadline` on the clock of the hands.

        Raises Unhealthy at the first certain sign that it will not be, or at the deadline.
        """
        ...

    def address(self, release: Release) -> AbstractContextManager[Address | None]:
        """Return where a release can be asked, as long as the context lasts; None where it cannot be."""
        ...

    def switch(self, release: Release) -> None:
        """Give a release all the traffic."""
        ...

    def finish(self, release: Release, keep: Collection[int]) -> None:
        """Take away what runs, or is kept, of releases whose number is not in `keep`, their records included."""
        ...

    def abandon(self, release: Release, live: Release | None) -> None:
        """Undo whatever was begun of a release: `live` has everything again, or nothing is there where it is None.

        Nothing may have been begun, not even its record.
        """
        ...

    def status(self) -> Status:
        """Return how what is there fares."""
        ...

    def logs(self, workload: str, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield the last lines of a workload ("" for all), and with `follow` those to come."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of target: its `room` has `render.render(planned) -> Files` and `platform.open_platform(site, hands)`.

    `uses_image`: it runs an image from a registry; one that does not is given the service's own files.
    """

    room: str
    uses_image: bool = True


PLATFORMS: Final[Mapping[str, Kind]] = {
    "beanstalk": Kind("macaron_runner.deploy.beanstalk"),
    "cloud_run": Kind("macaron_runner.deploy.cloud_run"),
    "compose": Kind("macaron_runner.deploy.compose"),
    "kubernetes": Kind("macaron_runner.deploy.kubernetes"),
    "systemd": Kind("macaron_runner.deploy.systemd", uses_image=False),
}
"""The kinds of targets that can be deployed to, by the `type` of their section."""


def kind_of(section: AnyTarget) -> Kind:
    """Return the kind of a target. Raises UsageError where its type cannot be deployed to."""
    kind = PLATFORMS.get(section.type)
    if kind is None:
        raise UsageError(f"targets of type {section.type} cannot be deployed to yet")
    return kind


def render(planned: Planned) -> Files:
    """Return everything that a release is made of; the same for the same plan. Raises as `open_platform`."""
    files: Files = _module(planned.section, "render").render(planned)
    return files


def open_platform(site: Site, hands: Hands) -> Platform:
    """Return the platform of a target; its module, and the libraries of its cloud, are imported now.

    Raises UsageError where the type cannot be deployed to, DependencyMissing where something is not installed.
    """
    platform: Platform = _module(site.section, "platform").open_platform(site, hands)
    return platform


def _module(section: AnyTarget, name: str) -> Any:
    return importlib.import_module(f"{kind_of(section).room}.{name}")
