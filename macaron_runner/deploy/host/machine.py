"""A host, reached by ssh or this very machine: lines of its shell, run by Hands. Not for what they do (scripts)."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from macaron_runner.configuration.address import THIS_MACHINE
from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure
from macaron_runner.deploy.hands import Hands

_SSH: Final = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
"""Nobody is there to be asked for a password; keys, agents and ports are as ~/.ssh/config says."""
_SSH_FAILED: Final = 255
_STAY: Final = "echo open; while sleep 5; do echo open; done"
"""Says that the way is open, and ends soon after the way is closed: nobody reads it any more."""


class Machine:
    """The host of a target; `user` logs in there, "" for whom ssh is set up. `root`: what acts needs to be root."""

    def __init__(self, host: str, user: str, hands: Hands, *, root: bool = False) -> None:
        self._host = host
        self._login = ("-l", user) if user else ()
        self._hands = hands
        self._root = root
        self._sudo: bool | None = None

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, where no ssh is needed."""
        return self._host in THIS_MACHINE

    def read(self, line: str, *, deadline: float = 60.0) -> bytes:
        """Return what a line prints that changes nothing; a dry run runs it as well. Raises Failure."""
        return self._run(self.command(line, acts=False, deadline=deadline))

    def act(self, line: str, *, stdin: bytes | None = None, deadline: float = 60.0) -> bytes:
        """Return what a line prints that changes the host; a dry run only shows it. Raises Failure."""
        return self._run(self.command(line, stdin=stdin, deadline=deadline))

    def command(
        self, line: str, *, stdin: bytes | None = None, acts: bool = True, deadline: float = 60.0
    ) -> Command:
        """Return the command that has the host's shell run a line."""
        return Command(self._words(self._as_root(line)), stdin=stdin, acts=acts, deadline=deadline)

    def reach(self, port: int) -> AbstractContextManager[str]:
        """Return, as long as the context lasts, the URL by which a port of the host's loopback is reached from here."""
        if self.is_here:
            return nullcontext(f"http://127.0.0.1:{port}")
        return self._tunnel(port)

    @contextmanager
    def _tunnel(self, port: int) -> Iterator[str]:
        here = _free_port()
        way = ("-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.1:{here}:127.0.0.1:{port}")
        command = Command((*_SSH, *way, *self._login, self._host, _STAY), acts=False)
        with self._hands.beside(command, lambda line: line if line == "open" else ""):
            yield f"http://127.0.0.1:{here}"

    def _words(self, line: str) -> tuple[str, ...]:
        return ("sh", "-c", line) if self.is_here else (*_SSH, *self._login, self._host, line)

    def _as_root(self, line: str) -> str:
        return f"sudo -n sh -c {shlex.quote(line)}" if self._root and self._needs_sudo() else line

    def _needs_sudo(self) -> bool:
        if self._sudo is None:
            self._sudo = self._run(Command(self._words("id -u"), acts=False)).strip() != b"0"
        return self._sudo

    def _run(self, command: Command) -> bytes:
        return self._hands.run(command, again=_is_lost)


def _is_lost(error: Exception) -> bool:
    """Tell whether ssh failed, and not what it was to run (ssh(1), "Exit status"). Every line may be run once more."""
    return isinstance(error, Failure) and error.code == _SSH_FAILED and error.shown.startswith("ssh ")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
