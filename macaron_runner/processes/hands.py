"""Hands: what the lifecycle may ask of the operating system and of the operator. Not for deciding (lifecycle)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from macaron_runner.processes.process import Process


class Hands(Protocol):
    """What carries the decisions out (supervisor.Supervisor; a fake in tests)."""

    def spawn(self, process: Process) -> int:
        """Start it; return its pid, which is also the number of its session. Raises OSError."""
        ...

    def signal(self, pid: int, signum: int) -> None:
        """Signal one process that has not been reported as exited yet."""
        ...

    def signal_session(self, session: int, signum: int) -> None:
        """Signal every process of a session."""
        ...

    def session_alive(self, session: int) -> bool:
        """Tell whether anything of a session still lives."""
        ...

    def session_gone(self, session: int) -> None:
        """Hear that a session is no longer anybody's concern."""
        ...

    def accepts(self, path: str) -> bool:
        """Tell, without waiting, whether a Unix socket accepts connections."""
        ...

    def fault(self, process: Process, pid: int) -> str:
        """Return what is wrong with the process by its heartbeats, "" for nothing."""
        ...

    def close_listeners(self) -> None:
        """Close our own copies of the listening sockets."""
        ...

    def say(self, text: str) -> None:
        """Tell the operator."""
        ...
