"""Which processes of this machine listen on an address: what Linux tells in /proc, as far as we may read it.

Elsewhere, and about other people's processes, nothing is known. Not for finding out whether an address is free
(listeners).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from macaron_runner.processes.addresses import InternetAddress, UnixAddress

_LISTENING: Final = "0A"  # TCP_LISTEN of Linux's include/net/tcp_states.h
_LISTENING_UNIX: Final = "00010000"  # __SO_ACCEPTCON, the flags of a listening socket in /proc/net/unix


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a listening socket open: its id, its words, its working directory."""

    pid: int
    argv: tuple[str, ...]
    directory: str

    @property
    def program(self) -> str:
        """The name of its program, without path; "" where it is not known."""
        return Path(self.argv[0]).name if self.argv else ""

    def runs(self, file: Path) -> bool:
        """Tell whether it is a macaron that runs the service of this file (absolute)."""
        if not any("macaron" in word for word in self.argv):
            return False
        words = (*self.argv, *(["macaron.yaml", "."] if "run" in self.argv else []))
        named = {os.path.normpath(Path(self.directory, word)) for word in words}
        return bool({str(file), str(file.parent)} & named)


def holders_of(address: InternetAddress | UnixAddress, proc: Path = Path("/proc")) -> tuple[Holder, ...]:
    """Return the processes that listen on a port or a Unix socket, by process id."""
    sockets = set(_sockets_of(address, proc))
    if not sockets:
        return ()
    return tuple(sorted(_processes_with(sockets, proc), key=lambda holder: holder.pid))


def _sockets_of(address: InternetAddress | UnixAddress, proc: Path) -> Iterator[str]:
    """Yield the inodes of the listening sockets of an address; those of a port on whatever host (proc(5))."""
    if isinstance(address, UnixAddress):
        for fields in _table(proc / "net" / "unix"):
            if len(fields) > 7 and fields[3] == _LISTENING_UNIX and fields[7] == address.path:
                yield fields[6]
        return
    for name in ("tcp", "tcp6"):
        for fields in _table(proc / "net" / name):
            port = fields[1].rpartition(":")[2] if len(fields) > 9 else ""
            if port and fields[3] == _LISTENING and int(port, 16) == address.port:
                yield fields[9]


def _table(path: Path) -> Iterator[list[str]]:
    """Yield the lines of one of the kernel's tables as words, without the heading."""
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return
    yield from (line.split() for line in lines[1:])


def _processes_with(sockets: set[str], proc: Path) -> Iterator[Holder]:
    wanted = {f"socket:[{inode}]" for inode in sockets}
    for folder in proc.iterdir():
        if folder.name.isdecimal() and any(link in wanted for link in _links(folder / "fd")):
            yield Holder(int(folder.name), _argv(folder), _link(folder / "cwd"))


def _links(folder: Path) -> Iterator[str]:
    try:
        descriptors = list(folder.iterdir())
    except OSError:  # not ours, or gone
        return
    yield from (_link(descriptor) for descriptor in descriptors)


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _argv(folder: Path) -> tuple[str, ...]:
    try:
        words = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return ()
    return tuple(os.fsdecode(word) for word in words if word)
