"""A terminal that shows what a program draws on it: a pseudo-terminal, read by an emulator of one (pyte)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping

import pytest

from tests.support.guarded import Guarded

_ADOPT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes stdin the terminal that controls the session, so that Ctrl-C there is a signal, and becomes the program."""


class Terminal:
    """A terminal of this size, on which a program runs in a session of its own."""

    def __init__(self, argv: tuple[str, ...], environ: Mapping[str, str], columns: int, lines: int) -> None:
        pyte = pytest.importorskip("pyte", reason="pyte is not installed")
        self.screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process: subprocess.Popen[bytes] = Guarded(
            [sys.executable, "-c", _ADOPT, *argv],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environ,
        )
        os.close(terminal)
        self.sent = b""
        """Everything that the program wrote, as it wrote it."""

    def type(self, keys: bytes) -> None:
        """Type on its keyboard; b"\\x03" is Ctrl-C."""
        os.write(self._master, keys)

    def lines(self) -> list[str]:
        """Return what its lines show, without those that show nothing."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def wait_until(self, shows: Callable[[list[str]], object], seconds: float = 60.0) -> list[str]:
        """Return the lines as soon as they are as wanted. Fails at the deadline, with what they are."""
        deadline = time.monotonic() + seconds
        while not shows(self.lines()):
            if time.monotonic() > deadline:
                pytest.fail("the terminal shows\n" + "\n".join(self.screen.display))
            self._read(0.1)
        return self.lines()

    def end(self, seconds: float = 30.0) -> int:
        """Return the exit code of the program, once all that it wrote has been shown."""
        code = self.process.wait(seconds)
        while self._read(0.0):
            pass
        return code

    def close(self) -> None:
        """Kill the program, if it still runs."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, patience: float) -> bool:
        """Show what was written; return whether anything was."""
        if not select.select([self._master], [], [], patience)[0]:
            return False
        with contextlib.suppress(OSError):  # nobody has it open any more
            written = os.read(self._master, 65536)
            self.sent += written
            self._stream.feed(written)
            return bool(written)
        return False
