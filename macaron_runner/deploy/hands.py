"""The one place that runs commands and calls for a deployment. Each is printed before it runs.

In a dry run, what acts is printed and not done. What only reads is done always, and printed once however often it is
repeated. Not for composing commands (commands).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, overload

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.failures import Failure, OutOfTime
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.programs import Outcome, Programs, StartPrograms

Result = TypeVar("Result")
Transient: TypeAlias = Callable[[Exception], bool]
"""Tells of an error whether the same command, or call, may well succeed a moment later."""

Guard: TypeAlias = Callable[[float], None]
"""What is asked before anything that may take so many seconds."""

_TRIES = 4
_FIRST_PAUSE = 0.5
_LAST_LINES = 12


def unguarded(_: float) -> None:
    """Guard nothing."""


def never(_: Exception) -> bool:
    """Tell that nothing is transient."""
    return False


class Hands:
    """Runs what it is given. `tell` prints a line for people; nothing else here prints.

    `environ` is what programs get; `programs` starts them; `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        environ: Mapping[str, str],
        *,
        dry_run: bool = False,
        programs: Programs | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.tell = tell
        self.environ = environ
        self.dry_run = dry_run
        self.clock = clock
        self.sleep = sleep
        self._now = now
        self._programs = programs or StartPrograms(environ)
        self._guard: Guard = unguarded
        self._shown: set[str] = set()

    @contextmanager
    def guarded(self, guard: Guard) -> Iterator[None]:
        """Call `guard(seconds)` before whatever may take so many seconds, as long as the context lasts.

        What it raises, it raises in place of the command.
        """
        self._guard = guard
        try:
            yield
        finally:
            self._guard = unguarded

    def now(self) -> str:
        """Return the time of day, as RFC 3339 writes it in UTC: "2026-11-28T22:45:00Z"."""
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def run(self, command: Command, *, again: Transient = never) -> bytes:
        """Run a command; return what it wrote on stdout, nothing where it acts and this is a dry run.

        Raises Failure where it does not end with 0 in its time, DependencyMissing where there is no such program.
        """
        if not self._may(command.shown, acts=command.acts, seconds=command.deadline):
            return b""
        return self._tried(lambda: _output(command, self._programs.run(command)), again, command.deadline)

    def succeeds(self, command: Command) -> bool:
        """Run a command that only reads; tell whether it ended with 0."""
        self._may(command.shown, acts=False, seconds=command.deadline)
        return self._programs.run(command).code == 0

    def show(self, command: Command) -> None:
        """Run a command, telling what it prints as it comes. Raises as `run`."""
        if not self._may(command.shown, acts=command.acts, seconds=command.deadline):
            return
        kept: list[str] = []
        # Closed here, and not by whoever drops it: what was interrupted must not run on while it is undone.
        with closing(self._programs.lines(command, patience=command.deadline)) as lines:
            for line in lines:
                if isinstance(line, Outcome):
                    if line.code != 0:
                        raise Failure(command.shown, line.code, [*kept[-_LAST_LINES:], *_why(line)])
                    return
                self.tell(f"  {line}")
                kept = [*kept[-_LAST_LINES:], line]

    def follow(self, command: Command) -> Iterator[str]:
        """Yield the lines of a command that only reads, as they come; it ends with the iterator. Raises as `run`."""
        self._may(command.shown, acts=False)
        kept: list[str] = []
        for line in self._programs.lines(command):
            if isinstance(line, Outcome):
                if line.code != 0:
                    raise Failure(command.shown, line.code, kept)
                return
            kept = [*kept[-_LAST_LINES:], line]
            yield line

    def beside(self, command: Command, ready: Callable[[str], str]) -> AbstractContextManager[str]:
        """Return a context in which a command runs: it is entered once `ready(line)` makes a text of one of its lines.

        That text is what the context gives. Raises Failure where it ends before, or takes longer than its deadline.
        """
        self._may(command.shown, acts=False)
        return self._beside(command, ready)

    @contextmanager
    def _beside(self, command: Command, ready: Callable[[str], str]) -> Iterator[str]:
        lines = self._programs.lines(command, patience=command.deadline)
        try:
            yield _first(command, lines, ready)
        finally:
            lines.close()

    @overload
    def call(
        self,
        shown: str,
        function: Callable[[], Result],
        *,
        acts: Literal[False],
        seconds: float = ...,
        again: Transient = ...,
    ) -> Result: ...
    @overload
    def call(
        self,
        shown: str,
        function: Callable[[], Result],
        *,
        acts: Literal[True] = ...,
        seconds: float = ...,
        again: Transient = ...,
    ) -> Result | None: ...
    def call(
        self,
        shown: str,
        function: Callable[[], Result],
        *,
        acts: bool = True,
        seconds: float = 60.0,
        again: Transient = never,
    ) -> Result | None:
        """Call a function of a library, printed as the command `shown` that does the same; return what it returns.

        It may take about so many `seconds`; who calls sees to it that it does not take longer, for nobody ends it.
        None where it acts and this is a dry run. Who knows the library makes a Failure of what it raises.
        """
        if not self._may(shown, acts=acts, seconds=seconds):
            return None
        return self._tried(function, again, seconds)

    def write(self, files: Files, directory: Path) -> None:
        """Write files below a directory of this machine. Raises Failure."""
        if not self._may(f"write {len(files)} files to {directory}", acts=True):
            return
        for file in files:
            place = directory / file.path.lstrip("/")
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(file.content)
                place.chmod(file.mode)
            except OSError as error:
                raise Failure(f"write {place}", None, [error.strerror or str(error)]) from error

    def wait(self, look: Callable[[], str], deadline: float, *, every: float = 1.0) -> None:
        """Look again and again until there is nothing to wait for: `look` returns what that is, "" for nothing.

        It is told whenever it changes. Raises what `look` raises, and OutOfTime at the deadline.
        """
        told = ""
        while awaited := look():
            if awaited != told:
                self.tell(f"  waiting: {awaited}")
                told = awaited
            left = deadline - self.clock()
            if left <= 0:
                raise OutOfTime(awaited)
            self._guarded(every)
            self.sleep(min(every, left))

    def _may(self, shown: str, *, acts: bool, seconds: float = 60.0) -> bool:
        """Print a command; tell whether it may run."""
        self._guarded(seconds)
        if acts or shown not in self._shown:
            self.tell(f"$ {shown}" + ("   (dry run: not done)" if acts and self.dry_run else ""))
        if not acts:
            self._shown.add(shown)
        return not (acts and self.dry_run)

    def _guarded(self, seconds: float) -> None:
        """Ask the guard, which may itself run commands."""
        guard, self._guard = self._guard, unguarded
        try:
            guard(seconds)
        finally:
            self._guard = guard

    def _tried(self, function: Callable[[], Result], again: Transient, seconds: float) -> Result:
        """Return what a function returns, called again where that may help; the guard is asked before each call."""
        pause = _FIRST_PAUSE
        for _ in range(_TRIES - 1):
            try:
                return function()
            except Exception as error:
                if not again(error):
                    raise
                self.tell(f"  once more in {pause:g} s: {_last_line(error)}")
            self.sleep(pause)
            self._guarded(seconds)
            pause *= 2
        return function()


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()


def _output(command: Command, outcome: Outcome) -> bytes:
    if outcome.code != 0:
        lines = (outcome.errors or outcome.output).decode("utf-8", "replace").splitlines()
        raise Failure(command.shown, outcome.code, [*lines[-_LAST_LINES:], *_why(outcome)])
    return outcome.output


def _why(outcome: Outcome) -> list[str]:
    return [outcome.why] if outcome.why else []


def _first(command: Command, lines: Iterator[str | Outcome], ready: Callable[[str], str]) -> str:
    kept: list[str] = []
    for line in lines:
        if isinstance(line, Outcome):
            raise Failure(command.shown, line.code, [*kept, *_why(line)])
        if text := ready(line):
            return text
        kept = [*kept[-_LAST_LINES:], line]
    raise Failure(command.shown, None, kept)
