"""The guardian: a tiny process that outlives a killed supervisor by seconds, to end what it left behind.

It holds the reading end of a pipe whose only other end is the supervisor's. Every process we start announces
itself there before it runs its program ("+SESSION"; "-SESSION" once it is gone); at end of file the
supervisor is dead, however it died, and the guardian ends every session it knows. Not for a stop in order
(lifecycle).

A forked copy rather than a program of its own: it is there in a millisecond and its memory is shared with the
supervisor. The kernel, too, sends SIGTERM to each process when the supervisor dies (prctl.die_with_parent):
that covers both being killed at once (`pkill -9 -f macaron`). But it reaches leaders only, and only asks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from macaron_runner.processes.sessions import session_alive, signal_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

GRACE: Final = 3.0
"""Seconds between SIGTERM and SIGKILL for what a killed supervisor left."""
LAST_GRACE: Final = 5.0
"""The same for sessions marked as last: the broker, which must write what it holds."""

_FIRST_LOOK, _LAST_LOOK = 0.005, 0.1


class Guardian:
    """The supervisor's handle on its guardian. `keep` are descriptors it holds until it has finished."""

    def __init__(self, keep: Sequence[int] = ()) -> None:
        self._keep = tuple(keep)
        self._known: dict[int, bool] = {}
        self.pid, self._pipe = _start(self._keep)

    def announce(self, session: int, *, last: bool) -> None:
        """Tell of a session; the new process does so itself, before exec, so that no moment is missed."""
        self._write(_message("+", session, last=last))

    def remember(self, session: int, *, last: bool) -> None:
        """Note what a process has announced by itself, for a guardian that must be replaced."""
        self._known[session] = last

    def forget(self, session: int) -> None:
        """Tell that a session is gone: its number may soon belong to somebody else."""
        self._known.pop(session, None)
        self._write(_message("-", session))

    def replace(self) -> None:
        """Start another guardian, after this one was reaped, and tell it everything. Raises OSError."""
        broken, self.pid = self._pipe, 0
        self.pid, self._pipe = _start(self._keep)
        os.close(broken)
        for session, last in self._known.items():
            self.announce(session, last=last)

    def dismiss(self) -> None:
        """End it, once everything was stopped and there is nothing to guard."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._pipe)

    def _write(self, message: bytes) -> None:
        try:
            os.write(self._pipe, message)
        except BrokenPipeError:
            pass  # it was killed; whoever reaps it calls `replace`
        except BlockingIOError:
            # It does not read any more (somebody stopped it): one that works takes its place when we reap it.
            os.kill(self.pid, signal.SIGKILL)


def _message(word: str, session: int, *, last: bool = False) -> bytes:
    return f"{word}{session}{' last' if last else ''}\n".encode()


def _start(keep: Sequence[int]) -> tuple[int, int]:
    """Fork the guardian; return its pid and the writing end of its pipe."""
    # Neither end survives an exec (PEP 446), so no program can hold up the end of file.
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(reading, keep)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(reading)
    return pid, writing


def _live(reading: int, keep: Sequence[int]) -> NoReturn:
    """Be the guardian. Nothing may return from here: above us stands a copy of the supervisor's stack."""
    try:
        os.setsid()
        _deafen()
        _let_go(reading, *keep)
        end(listen(reading))
    finally:
        os._exit(0)


def _deafen() -> None:
    """Ignore what a terminal or an operator may send to the supervisor; its end alone concerns us."""
    signal.set_wakeup_fd(-1)
    for name in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "TSTP"):
        signal.signal(signal.Signals[f"SIG{name}"], signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _let_go(*kept: int) -> None:
    """Close every inherited descriptor but `kept`: listeners and outputs must end with the supervisor."""
    for name in [entry.name for entry in Path("/dev/fd").iterdir()]:
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def listen(reading: int) -> dict[int, bool]:
    """Return the sessions that are left, with their "last" mark, when the supervisor is gone."""
    sessions: dict[int, bool] = {}
    with os.fdopen(reading, "rb", buffering=0, closefd=False) as pipe:
        rest = b""
        while chunk := pipe.read(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                _note(line.decode(), sessions)
    return sessions


def _note(line: str, sessions: dict[int, bool]) -> None:
    session, _, mark = line[1:].partition(" ")
    if line.startswith("+"):
        sessions[int(session)] = mark == "last"
    else:
        sessions.pop(int(session), None)


def end(
    sessions: dict[int, bool],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """End these sessions: SIGTERM to all, SIGKILL to those still there after their grace.

    A session once seen gone is never signalled again, because its number may then be somebody else's.
    """
    begun = clock()
    left = {session for session in sessions if signal_session(session, signal.SIGTERM)}
    for last, grace in ((False, GRACE), (True, LAST_GRACE)):
        due = {session for session in left if sessions[session] is last}
        for session in _wait(due, begun + grace, clock, sleep):
            signal_session(session, signal.SIGKILL)


def _wait(
    sessions: Iterable[int], deadline: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> set[int]:
    """Return the sessions still alive at the deadline. They are no children of ours: we can only look."""
    left = set(sessions)
    pause = _FIRST_LOOK
    while left := {session for session in left if session_alive(session)}:
        remaining = deadline - clock()
        if remaining <= 0:
            break
        sleep(min(pause, remaining))
        pause = min(pause * 1.5, _LAST_LOOK)
    return left
