"""The state directory: what a service keeps on one machine between starts, and what its processes share.

The embedded broker's data and socket, secrets made for development, and the lock that keeps two brokers
apart. Not for anything that must survive the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from macaron_runner.errors import DependencyMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENVIRONMENT_KEY: Final = "MACARON_STATE_DIR"

_LONGEST_SOCKET: Final = 100  # unix(7) allows 107 bytes, other systems 103
_SHORTEST_SECRET: Final = 32
_SUCCESSION: Final = 12.0
_FIRST_LOOK, _LAST_LOOK = 0.01, 0.2


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """A service's state at `path` (absolute); nothing is touched before `open`, `secret` or `lock`."""

    path: Path

    @classmethod
    def find(cls, directory: Path, environment: Mapping[str, str]) -> StateDirectory:
        """Return that of a service whose file is in `directory`: $MACARON_STATE_DIR, else .macaron."""
        return cls((directory / (environment.get(ENVIRONMENT_KEY) or ".macaron")).absolute())

    @property
    def broker_directory(self) -> Path:
        """Where the embedded broker keeps its data."""
        return self.path / "broker"

    @property
    def documents_directory(self) -> Path:
        """Where parsed documents are kept (openapi.cache)."""
        return self.path / "documents"

    @property
    def health_directory(self) -> Path:
        """Where processes write their heartbeats (processes.heartbeat)."""
        return self.path / "health"

    @property
    def outbox(self) -> Path:
        """Where calls of tasks are kept while the broker is away (tasks.sending.outbox)."""
        return self.path / "outbox.db"

    @property
    def broker_socket(self) -> Path:
        """The embedded broker's Unix socket; under the temporary directory where our path is too long."""
        socket = self.path / "broker.sock"
        if len(os.fsencode(socket)) <= _LONGEST_SOCKET:
            return socket
        return self._short_directory / "broker.sock"

    def make(self) -> None:
        """Make the directory, for our eyes only and ignored by git, where there is none. Raises OSError."""
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / ".gitignore").write_text("*\n")

    def open(self) -> StateDirectory:
        """Make the directory, for our eyes only and ignored by git; return self.

        One that is there already is taken as it is. Raises DependencyMissing where it cannot be made or
        written, or where the place of the socket belongs to somebody else.
        """
        try:
            self.make()
            self.broker_directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DependencyMissing(_unusable(self.path, error)) from error
        if self.broker_socket.parent != self.path:
            _make_private(self.broker_socket.parent)
        return self

    def secret(self, name: str) -> str:
        """Return the secret kept under this name, made at the first call. Raises DependencyMissing."""
        folder = self.open().path / "secrets"
        place = folder / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if not place.exists():
                _write_once(place, secrets.token_urlsafe(32))
            kept = place.read_text("ascii")
        except OSError as error:
            raise DependencyMissing(_unusable(place, error)) from error
        except UnicodeDecodeError as error:
            raise DependencyMissing(_damaged(place, name)) from error
        if len(kept) < _SHORTEST_SECRET or not kept.isprintable():
            raise DependencyMissing(_damaged(place, name))
        return kept

    def lock(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> int:
        """Return a descriptor that holds this directory for us; it is released when the last copy is closed.

        The guardian of a run that was killed holds it until what was left has ended: that is waited for.
        Raises DependencyMissing at once where another run is alive.
        """
        descriptor = os.open(self.open().path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = clock() + _SUCCESSION
        pause = _FIRST_LOOK
        while not _try_lock(descriptor):
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            if _alive(owner) or clock() >= deadline:
                os.close(descriptor)
                raise DependencyMissing(
                    f"{self.path} is in use by another macaron run (pid {owner}); "
                    f"stop it, or give this one a directory of its own with {ENVIRONMENT_KEY}"
                )
            sleep(pause)
            pause = min(pause * 1.5, _LAST_LOOK)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    @property
    def _short_directory(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"macaron-{os.getuid()}-{digest}"


def _make_private(folder: Path) -> None:
    """Make a folder of mode 700 where anybody may make folders, or take ours that is there already."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise DependencyMissing(_unusable(folder, error)) from error
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) & 0o077 == 0
    if not private or found.st_uid != os.geteuid():
        raise DependencyMissing(
            f"{folder} is not ours alone; choose a shorter directory with {ENVIRONMENT_KEY}"
        )


def _write_once(place: Path, text: str) -> None:
    """Write a file that is never seen half written; where another process was faster, its text stays."""
    descriptor, fresh = tempfile.mkstemp(dir=place.parent, prefix=".")  # mode 600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        with suppress(FileExistsError):
            os.link(fresh, place)
    finally:
        Path(fresh).unlink()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: str) -> bool:
    """Tell whether the process is there; one that has not written its pid yet surely is."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    return True


def _damaged(place: Path, name: str) -> str:
    return f'{place} is damaged: it should hold the secret "{name}"; remove it to have a new one made'


def _unusable(place: Path, error: OSError) -> str:
    return f"{place} cannot be used: {error.strerror}; choose another directory with {ENVIRONMENT_KEY}"
