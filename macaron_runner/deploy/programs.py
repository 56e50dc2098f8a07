"""Programs, started and ended: a group of their own each, so that Ctrl-C is ours to answer, with a deadline each.

Not for printing them, nor for dry runs (hands).
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final, Protocol, TypeAlias

from macaron_runner.deploy.commands import Command
from macaron_runner.errors import DependencyMissing

_GRACE: Final = 5.0
"""Seconds that a program has to end after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: its exit code (-N: killed by signal N), what it wrote, and `why` where we ended it."""

    code: int
    output: bytes = b""
    errors: bytes = b""
    why: str = ""


Lines: TypeAlias = Generator[str | Outcome]
"""The lines that a program writes, on stdout and stderr, then its Outcome. Closing it ends the program."""


class Programs(Protocol):
    """What can start programs."""

    def run(self, command: Command) -> Outcome:
        """Run a command to its end, or its deadline. Raises DependencyMissing where there is no such program."""
        ...

    def lines(self, command: Command, *, patience: float | None = None) -> Lines:
        """Start a command, and give its lines as they come; `patience` is how many seconds that may last."""
        ...


class StartPrograms:
    """The programs of this machine, with an environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def run(self, command: Command) -> Outcome:
        """Run a command; see Programs."""
        process = self._start(command, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate(command.stdin, command.deadline)
        except subprocess.TimeoutExpired:
            _end(process)
            output, errors = _left(process)
            return Outcome(process.returncode or -signal.SIGKILL, output, errors, _too_long(command.deadline))
        finally:
            _end(process)
        return Outcome(process.returncode, output, errors)

    def lines(self, command: Command, *, patience: float | None = None) -> Lines:
        """Give a command's lines; see Programs."""
        process = self._start(command, stderr=subprocess.STDOUT)
        arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        assert process.stdout is not None
        threading.Thread(target=_read, args=(process.stdout, arrived), daemon=True).start()
        try:
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.write(command.stdin or b"")
                process.stdin.close()
            deadline = None if patience is None else time.monotonic() + patience
            while True:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                try:
                    line = arrived.get(timeout=left)
                except queue.Empty:
                    _end(process)
                    yield Outcome(-signal.SIGTERM, why=_too_long(patience or 0.0))
                    return
                if line is None:
                    yield _ended(process, left, patience)
                    return
                yield line.decode("utf-8", "replace").rstrip("\r\n")
        finally:
            _end(process)

    def _start(self, command: Command, *, stderr: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command.words,
                stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**self._environ, **command.environment, **command.hidden},
                cwd=command.directory or None,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            where = f" in {command.directory}" if error.filename == command.directory else ""
            raise DependencyMissing(f"{command.words[0]} cannot be run{where}: it is not there") from None
        except OSError as error:
            raise DependencyMissing(f"{command.words[0]} cannot be run: {error.strerror}") from None


def _read(stream: IO[bytes], arrived: queue.SimpleQueue[bytes | None]) -> None:
    with stream:
        for line in stream:
            arrived.put(line)
    arrived.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it started; nothing where it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


def _ended(process: subprocess.Popen[bytes], left: float | None, patience: float | None) -> Outcome:
    """Return how a program ended that has closed its output; it is ended where it goes on without for too long."""
    try:
        return Outcome(process.wait(left))
    except subprocess.TimeoutExpired:
        _end(process)
        return Outcome(-signal.SIGTERM, why=_too_long(patience or 0.0))


def _left(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return what a program that has ended wrote; nothing where one that it left behind keeps its output open."""
    try:
        return process.communicate(timeout=_GRACE)
    except subprocess.TimeoutExpired as error:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        return error.output or b"", error.stderr or b""


def _too_long(seconds: float) -> str:
    return f"it took longer than {seconds:g} s, and was ended"
