"""What a kind of host must do beside keeping releases: make one ready, try it, run it, look at it.

Not for when (platform), nor for how (compose, systemd).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from macaron_runner.deploy.failures import Evidence
from macaron_runner.deploy.host.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Sight:
    """How one workload is seen to fare.

    `ready`: it gets its work done; `broken`: it will not, by itself; neither: it may become ready. `why` says so in
    words; `version` is that of what runs, "" where that cannot be told.
    """

    name: str
    ready: bool = False
    broken: bool = False
    why: str = ""
    version: str = ""
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A release on the host: its number, and what it tells of itself."""

    number: int
    manifest: Manifest


class Engine(Protocol):
    """What runs releases on a host. Folders are those of releases; links to them are not followed while things run.

    Whatever acts may be run again after it was cut off, and ends the same.
    """

    def require(self) -> None:
        """Make sure that the host has what is needed. Raises DependencyMissing."""
        ...

    def prepare(self, release: Kept) -> None:
        """Make a release complete on the host; nothing that runs is touched."""
        ...

    def try_out(self, release: Kept) -> None:
        """Start a release's web beside the one that is live, where nobody but us finds it."""
        ...

    def trial_port(self, release: Kept, /) -> int:
        """Return the port of the host's loopback at which what is tried listens."""
        ...

    def end_trial(self) -> None:
        """Stop what is tried, if anything is."""
        ...

    def switch(self, release: Kept) -> None:
        """Let everything that runs be that release, the link `current` included."""
        ...

    def stop(self) -> None:
        """Stop everything, the link `current` included."""
        ...

    def look(self, release: Kept, names: Sequence[str], /, *, trial: bool = False) -> tuple[Sight, ...]:
        """Return how workloads fare, one sight each; `trial`: how what is tried does."""
        ...

    def evidence(self, release: Kept, sight: Sight, /, *, trial: bool = False) -> Evidence:
        """Return why a workload is as it is seen to be."""
        ...

    def drift(self, release: Kept) -> tuple[str, ...]:
        """Return, a line each, what of a live release was changed by hand."""
        ...

    def logs(self, release: Kept, names: Sequence[str], /, *, follow: bool, lines: int) -> Iterator[str]:
        """Yield what workloads print."""
        ...
