"""Keeps a service's processes running: the event loop, and the hands that do what the lifecycle decides.

One thread, one selector; signal handlers only wake it. Works as PID 1. Not for decisions (lifecycle), and no
user code is ever imported here.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from macaron_runner.processes import listeners as sockets
from macaron_runner.processes.guardian import Guardian
from macaron_runner.processes.heartbeat import fault_of
from macaron_runner.processes.lifecycle import Lifecycle
from macaron_runner.processes.listeners import Listeners, open_listeners
from macaron_runner.processes.output import Output, RedactBytes
from macaron_runner.processes.prctl import adopt_orphans
from macaron_runner.processes.sessions import children_of, session_alive, signal_session
from macaron_runner.processes.spawn import spawn
from macaron_runner.processes.termination import add_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from macaron_runner.processes.process import Process

_HEARD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD)
_SWEEP: Final = 2.0
_LAST_WORDS: Final = 2.0


def run(
    processes: Sequence[Process],
    environment: Mapping[str, str],
    *,
    locks: Sequence[int] = (),
    labels: bool = True,
    redact: RedactBytes = bytes,
    changes: Changes | None = None,
) -> int:
    """Run the processes, given in start order, until a signal stops them; return the command's exit code.

    `environment` is what they inherit; `locks` are descriptors held until the last of them is gone, even
    where we are killed; `labels` puts each process's name before its lines; `redact` takes out of them what
    nobody may read; `changes` are asked now and then which processes must begin anew. 0: stopped by a signal;
    69, 78: a process said so; 70: one died again and again. Raises DependencyMissing where a listener cannot be
    opened: nothing was started then.

    Afterwards TERM, INT, QUIT and HUP are still caught and do nothing: the command is about to end by itself.
    """
    _open_standard_descriptors()
    _keep_descriptors_private()
    with open_listeners(address for process in processes for address in process.listeners) as listeners:
        return Supervisor(
            processes, environment, listeners, locks=locks, labels=labels, redact=redact, changes=changes
        ).serve()


class Changes(Protocol):
    """What knows which files changed, and whom that concerns (cli.reloading)."""

    must_begin_anew: bool
    """Whether what changed is beyond processes beginning anew: everything must."""

    @property
    def pause(self) -> float:
        """Seconds until they should be asked again."""
        ...

    def poll(self, say: Callable[[str], None]) -> Sequence[Process]:
        """Return the processes to renew, mostly none; `say` is told why, or why not."""
        ...


class Supervisor:
    """The Hands of one Lifecycle, and the loop that wakes both."""

    def __init__(
        self,
        processes: Sequence[Process],
        environment: Mapping[str, str],
        listeners: Listeners,
        *,
        locks: Sequence[int],
        labels: bool,
        redact: RedactBytes,
        changes: Changes | None = None,
    ) -> None:
        adopt_orphans()
        self._environment = environment
        self._listeners = listeners
        self._selector = selectors.DefaultSelector()
        self._signals = self._hear_signals()
        self._terminal = _has_terminal()
        self._guardian = Guardian(keep=locks)
        self._output = Output(
            [process.name for process in processes],
            self._selector,
            colored=_colored(environment),
            labels=labels,
            redact=redact,
        )
        self._changes = changes
        self._next_look = time.monotonic()
        self._lifecycle = Lifecycle(processes, self, patient=changes is not None)

    def serve(self) -> int:
        """Run until everything has stopped; return the exit code."""
        for name in self._listeners.names.values():
            self.say(f"listening on {name}")
        self._lifecycle.tick()
        while not self._lifecycle.finished:
            self._wait(self._deadline)
            if self._changes is not None:
                self._look_for_changes(self._changes)
            self._lifecycle.tick()
        self._sweep()
        self._guardian.dismiss()
        self._output.finish(time.monotonic() + _LAST_WORDS, time.monotonic)
        add_word(f"macaron: {self._lifecycle.reason}", self._lifecycle.exit_code)
        return self._lifecycle.exit_code

    # The loop.

    @property
    def _deadline(self) -> float | None:
        due = self._lifecycle.deadline
        if self._changes is None or self._lifecycle.stop:
            return due
        return self._next_look if due is None else min(due, self._next_look)

    def _look_for_changes(self, changes: Changes) -> None:
        if self._lifecycle.stop or time.monotonic() < self._next_look:
            return
        self._lifecycle.renew(changes.poll(self.say))
        if changes.must_begin_anew:
            self.say("other processes must run: everything begins anew")
            self._lifecycle.signalled(signal.SIGTERM)
        self._next_look = time.monotonic() + changes.pause

    def _wait(self, deadline: float | None) -> None:
        """Wait for whatever comes first and hand it on: a signal, output, the deadline."""
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        for key, _ in self._selector.select(timeout):
            key.data()

    def _hear_signals(self) -> int:
        """Have signals wake the selector; return the descriptor their numbers come from."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for signum in _HEARD:
            # Under nohup(1) we were told to ignore it, and do.
            if signum != signal.SIGHUP or signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, _nothing)
        # Whoever started us may have blocked them, and blocked is inherited.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        self._selector.register(reading, selectors.EVENT_READ, self._take_signals)
        return reading

    def _take_signals(self) -> None:
        numbers = os.read(self._signals, 4096)
        if signal.SIGCHLD in numbers:
            self._reap()
        for signum in numbers:
            if signum == signal.SIGHUP and self._terminal and not _has_terminal():
                self.say("the terminal is gone")
                self._lifecycle.signalled(signal.SIGTERM)
            elif signum != signal.SIGCHLD:
                self._lifecycle.signalled(signum)

    def _reap(self) -> None:
        """Take every child that ended: ours, and orphans that came to us."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                if pid == self._guardian.pid:
                    self._replace_guardian()
                else:
                    self._lifecycle.exited(pid, status)

    def _replace_guardian(self) -> None:
        try:
            self._guardian.replace()
        except OSError as error:
            self.say(f"the guardian was killed and cannot be replaced: {error.strerror}")
        else:
            self.say("the guardian was killed; another one has taken its place")

    def _sweep(self) -> None:
        """End what left its session and was orphaned. By now it is a child of ours, and nothing else is."""
        for signum in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + _SWEEP
            told: set[int] = set()
            while (strays := self._strays()) and time.monotonic() < deadline:
                for pid in strays - told:
                    self.signal(pid, signum)
                told |= strays
                self._wait(deadline)

    def _strays(self) -> set[int]:
        return {*children_of(os.getpid())} - {self._guardian.pid}

    # The hands.

    def spawn(self, process: Process) -> int:
        """Start it with its listeners, its output coming to us."""
        stdout, stderr = self._output.attach(process.name, process.noise)
        last = process.role == "broker"
        try:
            pid = spawn(
                process,
                self._environment,
                descriptors=self._listeners.descriptors(process.listeners),
                stdout=stdout,
                stderr=stderr,
                announce=lambda session: self._guardian.announce(session, last=last),
            )
        finally:
            os.close(stdout)
            os.close(stderr)
        self._guardian.remember(pid, last=last)
        return pid

    def signal(self, pid: int, signum: int) -> None:
        """Signal a child of ours; its number is its own until we reap it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)

    def signal_session(self, session: int, signum: int) -> None:
        """Signal every process of a session."""
        signal_session(session, signum)

    def session_alive(self, session: int) -> bool:
        """Tell whether anything of a session still lives."""
        return session_alive(session)

    def session_gone(self, session: int) -> None:
        """Tell the guardian."""
        self._guardian.forget(session)

    def accepts(self, path: str) -> bool:
        """Tell whether a Unix socket accepts connections."""
        return sockets.accepts(path)

    def fault(self, process: Process, pid: int) -> str:
        """Return what its heartbeats say is wrong."""
        return fault_of(Path(process.heartbeats), process.name, pid)

    def close_listeners(self) -> None:
        """Close our own copies of the listening sockets."""
        self._listeners.close()

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._output.say(text)


def _nothing(signum: int, frame: FrameType | None) -> None:
    """Handle a signal by doing nothing: that it came stands in the wakeup descriptor."""


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _colored(environment: Mapping[str, str]) -> frozenset[int]:
    """Return those of stdout and stderr that are terminals, or none where NO_COLOR is set (no-color.org)."""
    return frozenset() if environment.get("NO_COLOR") else frozenset(filter(os.isatty, (1, 2)))


def _open_standard_descriptors() -> None:
    """Open what of 0, 1 and 2 we were started without, lest a socket gets the number, and log lines."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _keep_descriptors_private() -> None:
    """Let our children inherit nothing that whoever started us left open."""
    for entry in tuple(Path("/dev/fd").iterdir()):
        if int(entry.name) > 2:
            # The listing's own descriptor is closed by now.
            with contextlib.suppress(OSError):
                os.set_inheritable(int(entry.name), False)  # noqa: FBT003
