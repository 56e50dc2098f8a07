"""A host in a temporary folder, reached by a fake ssh: its shell and files are real, its docker and systemd are not.

What stands on PATH there for docker, systemctl, journalctl and date are scripts that hand their words to this process,
so that a test sees all of the state, and time passes when the test says so. Nothing outside the folder is touched: what
a line says of /etc/systemd/system is read as below the folder.
"""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from macaron_runner.deploy.commands import Command
from macaron_runner.deploy.programs import Lines, Outcome

UNITS = "/etc/systemd/system"

_CLIENT = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port}
{{ printf '%s\\0' "${{0##*/}}" "$PWD" "$@"; printf '\\0\\0'; }} >&3
IFS= read -r code <&3
cat <&3
exit "$code"
"""

Answer = tuple[int, str]
Program = Callable[[Sequence[str], str], Answer]
"""Gets the words after its name, and where it runs; returns its exit code and what it prints."""


@dataclass
class Host:
    """A host below `folder`; `programs` are its fake ones by name. Starts to listen at once: `close` it."""

    folder: Path
    programs: dict[str, Program]
    lost: int = 0
    """How many of the next connections ssh loses."""
    version_at: Callable[[int], str] = field(default=lambda port: "")
    """The version of the web that listens on a port of loopback there, "" where nothing does."""

    def __post_init__(self) -> None:
        self.path = self.folder / "bin"
        self.units = self.folder / UNITS.lstrip("/")
        for each in (self.path, self.units):
            each.mkdir(parents=True, exist_ok=True)
        self._server = _Server(self.programs)
        for name in self.programs:
            self.put_program(name, _CLIENT.format(port=self._server.server_address[1]))
        self.put_program("sync", "#!/bin/sh\n")

    def put_program(self, name: str, text: str) -> None:
        place = self.path / name
        place.write_text(text)
        place.chmod(0o755)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # Programs (macaron_runner.deploy.programs): what a deployment starts here.

    def run(self, command: Command) -> Outcome:
        if self.lost:
            self.lost -= 1
            return Outcome(255, b"", b"Connection closed by remote host")
        line = self._line(command.words)
        environ = {"PATH": f"{self.path}:/usr/bin:/bin", "LC_ALL": "C", "ROOT": str(self.folder)}
        done = subprocess.run(
            ("sh", "-c", line.replace(UNITS, str(self.units))),
            input=command.stdin or b"",
            capture_output=True,
            env=environ,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def lines(self, command: Command, *, patience: float | None = None) -> Lines:
        way = [word for word in command.words if word.startswith("127.0.0.1:")]
        if way:
            _, here, _, there = way[0].split(":")
            with answering(int(here), self.version_at(int(there))):
                yield "open"
                yield Outcome(0)
            return
        outcome = self.run(command)
        yield from (outcome.output + outcome.errors).decode().splitlines()
        yield outcome

    def _line(self, words: Sequence[str]) -> str:
        if words[:2] == ("sh", "-c"):
            return words[2]
        assert words[0] == "ssh", words
        assert words[-2] == "box.example.com", words
        return words[-1]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, programs: dict[str, Program]) -> None:
        self.programs, self.lock = programs, threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        told = b""
        while not told.endswith(b"\0\0\0"):
            told += self.rfile.read1(65536)
        name, folder, *words = told.removesuffix(b"\0\0\0").decode().split("\0")
        with self.server.lock:
            try:
                code, text = self.server.programs[name](words, folder)
            except Exception as error:  # else the client would wait for ever
                code, text = 99, f"{name} {words}: {error!r}\n"
        self.wfile.write(f"{code}\n{text}".encode())


@contextmanager
def answering(port: int, version: str) -> Iterator[None]:
    """Answer on a port of loopback as the web of a version does; with an empty one as a proxy without upstream."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'{{"version": "{version}"}}'.encode()
            self.send_response(200 if version else 502)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def tree(folder: Path) -> dict[str, object]:
    """Return all that is below a folder: files with their content, links with what they point to."""
    found: dict[str, object] = {}
    for place in sorted(folder.rglob("*")):
        name = str(place.relative_to(folder))
        if place.is_symlink():
            found[name] = os.readlink(place)  # noqa: PTH115 - as it is written
        elif place.is_file():
            found[name] = place.read_bytes()
    return found
