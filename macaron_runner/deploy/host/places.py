"""Where what is on a host, below the folder of a target. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEXT: Final = "next"
"""What a release is called that is tried beside the live one: its service, or unit, and the link to it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The paths below `directory`, the absolute path that the target names."""

    directory: str

    @property
    def releases(self) -> str:
        """The folder of releases and of their records."""
        return f"{self.directory}/releases"

    def release(self, number: int) -> str:
        """Return the folder of one release."""
        return f"{self.releases}/{number}"

    def record(self, number: int) -> str:
        """Return the record of one release."""
        return f"{self.releases}/{number}.json"

    @property
    def current(self) -> str:
        """The link to the release that is live."""
        return f"{self.directory}/current"

    @property
    def next(self) -> str:
        """The link to the release that is tried."""
        return f"{self.directory}/{NEXT}"

    @property
    def lock(self) -> str:
        """The file that is there while somebody deploys: token, end, begin, who."""
        return f"{self.directory}/lock"


def secret_file(directory: str, name: str, source: str = "") -> str:
    """Return the file on the host that holds a secret: `source`, relative to the target's folder, or its default."""
    wanted = source or f"secrets/{name}"
    return wanted if wanted.startswith("/") else f"{directory}/{wanted}"
