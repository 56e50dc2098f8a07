"""What the processes print, passed on to our own stdout and stderr in whole lines, each with a name, without secrets.

Nothing waits here and memory is bounded: while the reader of our output is slow, the processes are not read,
so that they wait as they would on a pipe of their own. Not for the format of log lines (logs).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import select
import selectors
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

LONGEST_LINE: Final = 256 * 1024
"""A longer line is passed on in pieces of this size, each as a line; a source never takes more memory."""

_CHUNK: Final = 65536
_PIECE: Final = select.PIPE_BUF
"""What a pipe that is ready for writing takes without waiting (POSIX; pipe(7))."""
_FULL: Final = 1024 * 1024
_HAS_ROOM: Final = _FULL // 4

_OWN: Final = "macaron"
_OWN_COLOR: Final = 1  # bold
_COLORS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)

Callback: TypeAlias = Callable[[], None]
"""What the event loop's selector calls for a descriptor: its `data`."""

RedactBytes: TypeAlias = Callable[[bytes], bytes]
"""Makes of a line the one that may be shown."""

Dress: TypeAlias = Callable[[bytes], bytes]
"""Makes of a line that a process printed the one that we print."""


class Sink:
    """One of our own outputs, written without ever waiting. `drained` is called when it has room again."""

    def __init__(self, descriptor: int, selector: selectors.BaseSelector, drained: Callback) -> None:
        self._descriptor = descriptor
        self._selector = selector
        self._drained = drained
        self._pending = bytearray()
        self._watched = False
        self._broken = False
        self.full = False

    def write(self, data: bytes) -> None:
        """Take the data; it is written when the descriptor is ready."""
        if self._broken:
            return
        self._pending += data
        if not self._watched:
            self._watch()
        self.full = len(self._pending) > _FULL

    def flush(self, deadline: float, clock: Callable[[], float]) -> None:
        """Write what is pending, until the deadline; the rest is dropped."""
        while self._pending and (remaining := deadline - clock()) > 0:
            _, ready, _ = select.select([], [self._descriptor], [], remaining)
            if ready:
                self._write_some()

    def _watch(self) -> None:
        try:
            self._selector.register(self._descriptor, selectors.EVENT_WRITE, self._write_some)
            self._watched = True
        except (PermissionError, ValueError):
            # epoll refuses files (EPERM): they are always ready. ValueError: there is no such descriptor.
            self._write_all()

    def _write_some(self) -> None:
        self._write_piece(_PIECE)
        if not self._pending and self._watched:
            self._selector.unregister(self._descriptor)
            self._watched = False
        if self.full and len(self._pending) < _HAS_ROOM:
            self.full = False
            self._drained()

    def _write_all(self) -> None:
        while self._pending:
            self._write_piece(len(self._pending))

    def _write_piece(self, size: int) -> None:
        try:
            written = os.write(self._descriptor, self._pending[:size])
        except BlockingIOError:
            return
        except OSError as error:
            # The service goes on unheard where our reader or the terminal went away; a full disk may get room again.
            self._broken = error.errno in (errno.EPIPE, errno.EIO, errno.EBADF)
            self._pending.clear()
            return
        del self._pending[:written]


class Source:
    """One output of one process, read as it comes and passed on in whole lines, those with `noise` left out."""

    def __init__(
        self,
        descriptor: int,
        dress: Dress,
        noise: Sequence[bytes],
        sink: Sink,
        selector: selectors.BaseSelector,
    ) -> None:
        self._descriptor = descriptor
        self._dress = dress
        self._noise = noise
        self._selector = selector
        self._line = b""
        self._watched = False
        self.sink = sink
        self.open = True

    def watch(self) -> None:
        """Read what comes from now on."""
        if self.open and not self._watched:
            self._selector.register(self._descriptor, selectors.EVENT_READ, self.read)
            self._watched = True

    def pause(self) -> None:
        """Read nothing for a while."""
        if self._watched:
            self._selector.unregister(self._descriptor)
            self._watched = False

    def read(self) -> bool:
        """Pass on what there is; return whether there was something. At the end the descriptor is closed."""
        try:
            chunk = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            chunk = b""
        if chunk:
            self._pass_on(chunk)
        else:
            self.close()
        return bool(chunk)

    def close(self) -> None:
        """Pass on an unfinished last line and close the descriptor."""
        self.pause()
        if self.open:
            self.open = False
            os.close(self._descriptor)
        if self._line:
            self._emit([self._line])
            self._line = b""

    def _pass_on(self, chunk: bytes) -> None:
        *lines, self._line = (self._line + chunk).split(b"\n")
        pieces = [piece for line in lines for piece in _cut(line)]
        if len(self._line) > LONGEST_LINE:
            *more, self._line = _cut(self._line)
            pieces += more
        if pieces:
            self._emit(pieces)
        if self.sink.full:
            self.pause()

    def _emit(self, lines: Iterable[bytes]) -> None:
        self.sink.write(b"".join(self._dress(line) + b"\n" for line in lines if not self._is_noise(line)))

    def _is_noise(self, line: bytes) -> bool:
        return any(text in line for text in self._noise)


class Output:
    """All that is printed: the processes' lines and our own.

    `names` are the processes' (for the width and the colours of their labels), `colored` the descriptors that
    take ANSI colours, `labels` whether lines are labelled at all (not where they are JSON objects for a
    collector: then our own are such objects as well, and each line becomes one that is none). `redact` is asked about
    every line as it was printed, before anything is put before it.
    """

    def __init__(
        self,
        names: Sequence[str],
        selector: selectors.BaseSelector,
        *,
        stdout: int = 1,
        stderr: int = 2,
        colored: Container[int] = (),
        labels: bool = True,
        redact: RedactBytes = bytes,
    ) -> None:
        self._selector = selector
        self._redact = redact
        self._sources: list[Source] = []
        self._err = Sink(stderr, selector, self._resume)
        # Two sinks on one pipe would each believe that the room in it is theirs.
        self._out = self._err if _same_file(stdout, stderr) else Sink(stdout, selector, self._resume)
        self._labels = {
            sink: _labels(names, color=descriptor in colored) if labels else {}
            for sink, descriptor in ((self._out, stdout), (self._err, stderr))
        }

    def attach(self, name: str, noise: Iterable[str] = ()) -> tuple[int, int]:
        """Return what the process is to have as stdout and stderr; to be closed once it has them.

        Its lines that hold one of the texts of `noise` are not passed on.
        """
        texts = tuple(text.encode() for text in noise)
        return self._attach(name, texts, self._out), self._attach(name, texts, self._err)

    def say(self, text: str) -> None:
        """Print a line of our own on stderr."""
        dress = self._dress(_OWN, self._err)
        self._err.write(dress(text.encode("utf-8", "replace")) + b"\n")

    def finish(self, deadline: float, clock: Callable[[], float]) -> None:
        """Pass on what the processes have left in their pipes, and write it, until the deadline."""
        for source in self._sources:
            while source.open and not source.sink.full and clock() < deadline and source.read():
                source.sink.flush(deadline, clock)
            source.close()
        for sink in (self._out, self._err):
            sink.flush(deadline, clock)

    def _attach(self, name: str, noise: Sequence[bytes], sink: Sink) -> int:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        source = Source(reading, self._dress(name, sink), noise, sink, self._selector)
        self._sources = [other for other in self._sources if other.open] + [source]
        if not sink.full:
            source.watch()
        return writing

    def _dress(self, name: str, sink: Sink) -> Dress:
        label = self._labels[sink].get(name)
        dress = functools.partial(_json_line, name) if label is None else label.__add__
        return lambda line: dress(self._redact(line))

    def _resume(self) -> None:
        for source in self._sources:
            if not source.sink.full:
                source.watch()


def _cut(line: bytes) -> list[bytes]:
    """Return the line in pieces of bounded size; at least one."""
    return [line[at : at + LONGEST_LINE] for at in range(0, len(line) or 1, LONGEST_LINE)]


def _json_line(name: str, line: bytes) -> bytes:
    """Return a line that is a JSON object as it is; of any other (a traceback, the broker's) make one."""
    if line.startswith(b"{"):
        return line
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = line.decode("utf-8", "replace")
    return json.dumps({"time": now, "level": "info", "logger": name, "message": text}).encode()


def _same_file(first: int, second: int) -> bool:
    with contextlib.suppress(OSError):
        return os.path.sameopenfile(first, second)
    return False


def _labels(names: Sequence[str], *, color: bool) -> dict[str, bytes]:
    """Return what stands before each line: "web     | "."""
    width = max(len(name) for name in (*names, _OWN))
    colors = {_OWN: _OWN_COLOR, **{name: _COLORS[at % len(_COLORS)] for at, name in enumerate(names)}}
    return {name: _label(name.ljust(width), colors[name] if color else 0) for name in colors}


def _label(text: str, color: int) -> bytes:
    return (f"\x1b[{color}m{text} |\x1b[0m " if color else f"{text} | ").encode()
