"""Hands that start nothing: a test lets processes die and time pass, and reads what was decided."""

import errno
import signal
from collections.abc import Sequence

from macaron_runner.processes.lifecycle import Lifecycle
from macaron_runner.processes.member import State
from macaron_runner.processes.process import Process, Role

NO_JITTER = 0.0


def process(name: str, role: Role, **details: object) -> Process:
    """Return a process with a grace of ten seconds and nothing to run."""
    return Process(**{"name": name, "role": role, "argv": (name,), "grace": 10.0, **details})  # type: ignore[arg-type]


class FakeHands:
    """Records what is asked of it. `did` is the history; time stands still until `pass_time`."""

    def __init__(self, processes: Sequence[Process], *, patient: bool = False) -> None:
        self.now = 1000.0
        self.did: list[str] = []
        self.said: list[str] = []
        self.sessions: dict[int, set[int]] = {}
        self.names: dict[int, str] = {}
        self.accepting: set[str] = set()
        self.faults: dict[str, str] = {}
        self.unable = False
        self.lifecycle = Lifecycle(
            processes, self, patient=patient, clock=lambda: self.now, random=lambda: NO_JITTER
        )

    # What the lifecycle asks for.

    def spawn(self, process: Process) -> int:
        if self.unable:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        pid = 100 + len(self.names)
        self.names[pid] = process.name
        self.sessions[pid] = {pid}
        self.did.append(f"start {process.name}")
        return pid

    def signal(self, pid: int, signum: int) -> None:
        self.did.append(f"{_short(signum)} {self.names[pid]}")

    def signal_session(self, session: int, signum: int) -> None:
        self.did.append(f"{_short(signum)} all of {self.names[session]}")

    def session_alive(self, session: int) -> bool:
        return bool(self.sessions[session])

    def session_gone(self, session: int) -> None:
        self.did.append(f"forget {self.names[session]}")

    def accepts(self, path: str) -> bool:
        return path in self.accepting

    def fault(self, process: Process, pid: int) -> str:
        return self.faults.get(process.name, "")

    def close_listeners(self) -> None:
        self.did.append("close listeners")

    def say(self, text: str) -> None:
        self.said.append(text)

    # What a test does.

    def begin(self) -> list[str]:
        self.lifecycle.tick()
        return self.history()

    def history(self) -> list[str]:
        """Return what was done since the last look."""
        did, self.did = self.did, []
        return did

    def die(self, name: str, status: int = 1 << 8, *, leaving: set[int] = frozenset()) -> list[str]:  # type: ignore[assignment]
        """Let the running process of this name end with a wait(2) status, with such orphans left."""
        pid = self.member(name).pid
        self.sessions[pid] = set(leaving)
        self.lifecycle.exited(pid, status)
        self.lifecycle.tick()
        return self.history()

    def orphan_ends(self, pid: int) -> list[str]:
        for left in self.sessions.values():
            left.discard(pid)
        self.lifecycle.exited(pid, 0)
        self.lifecycle.tick()
        return self.history()

    def send(self, signum: int) -> list[str]:
        self.lifecycle.signalled(signum)
        self.lifecycle.tick()
        return self.history()

    def pass_time(self, seconds: float) -> list[str]:
        """Let time pass; what falls due on the way is done at its time."""
        end = self.now + seconds
        while (deadline := self.lifecycle.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.lifecycle.tick()
        self.now = end
        self.lifecycle.tick()
        return self.history()

    def member(self, name: str):  # type: ignore[no-untyped-def]
        return next(member for member in self.lifecycle.members if member.name == name)

    def states(self) -> dict[str, State]:
        return {member.name: member.state for member in self.lifecycle.members}


def _short(signum: int) -> str:
    return signal.Signals(signum).name.removeprefix("SIG")
