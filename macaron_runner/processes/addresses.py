"""What an address of `server.bind` is made of. Pure.

Not for finding out whether a text is an address at all (configuration.address has), nor for opening it
(listeners).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing is bound here


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket at `path`."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class InternetAddress:
    """A TCP port; `host` is a name or an IP address without brackets, port 0 asks for any free one."""

    host: str
    port: int

    @property
    def reachable(self) -> InternetAddress:
        """The address by which those on this machine reach it."""
        return replace(self, host=_ANY.get(self.host, self.host))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> UnixAddress | InternetAddress:
    """Return what "127.0.0.1:80", "[::1]:80", "localhost:80" or "unix:/run/a.sock" names."""
    if text.startswith("unix:"):
        return UnixAddress(text.removeprefix("unix:"))
    host, _, port = text.rpartition(":")
    return InternetAddress(host.removeprefix("[").removesuffix("]"), int(port))
