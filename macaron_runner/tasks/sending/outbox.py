"""The outbox: calls kept on the disk of this machine until the broker can be had again, shared by all processes.

What `keep` returned from is on the disk and survives kill -9 and a power failure; what was sent may be sent once more
after a crash, never less. One SQLite file (https://sqlite.org/wal.html): it is made for several processes that write,
for a disk that is full, and for files cut short.

Not for what a kept call looks like (kept_call), nor for sending it (keeper).
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from macaron_runner.tasks.forks import undivided

_log: Final = logging.getLogger("macaron.tasks")

LARGEST: Final = 256 * 1024 * 1024
"""Bytes that may be kept; more is refused as if the disk were full."""

_PAGE: Final = 4096
_PATIENCE: Final = 2.0
"""Seconds one process waits while another one writes."""

_A_LOOK: Final = 0.01
"""Seconds that SQLite waits by itself: later it looks ten times a second only, and may never meet a pause of others."""

_TABLE: Final = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, call TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, refused TEXT
)
"""

_FIRST: Final = "SELECT id, call FROM calls WHERE refused IS NULL ORDER BY id LIMIT ?"


class Outbox:
    """The calls kept in `file`, which is made when the first one comes. Each use opens it anew: forks may share it."""

    def __init__(self, file: Path, largest: int = LARGEST) -> None:
        self._file = file
        self._pages = max(largest // _PAGE, 8)

    def keep(self, call: str) -> None:
        """Put a call on the disk. Raises OSError where that cannot be done: a full or read-only disk, a full outbox.

        Calls that were set aside leave a full outbox: no broker will ever take them.
        """
        try:
            self._insert(call)
        except OSError as error:
            if not _is_full(error.__cause__):
                raise
            with self._write() as database:
                dropped = database.execute("DELETE FROM calls WHERE refused IS NOT NULL").rowcount
            if not dropped:
                raise
            _log.error("the outbox was full: %d calls that cannot be sent have left it", dropped)
            self._insert(call)

    def _insert(self, call: str) -> None:
        with self._write() as database:
            database.execute(
                f"PRAGMA max_page_count = {self._pages}"
            )  # of this connection, which only puts in
            database.execute("INSERT INTO calls (call) VALUES (?)", (call,))

    def is_empty(self) -> bool:
        """Tell whether there is nothing to be sent. Raises OSError."""
        if not self._file.exists():
            return True
        with self._open(_PATIENCE) as database:
            return database.execute(_FIRST, (1,)).fetchone() is None

    def take(self, count: int) -> list[tuple[int, str]]:
        """Return the first calls to be sent, each with its number. Raises OSError.

        That is written down, so that nothing is sent, and sent again, from a disk on which nothing can be taken out.
        """
        with self._write() as database:
            calls = database.execute(_FIRST, (count,)).fetchall()
            tried = [(number,) for number, _ in calls]
            database.executemany("UPDATE calls SET attempts = attempts + 1 WHERE id = ?", tried)
        return calls

    def forget(self, numbers: Iterable[int]) -> None:
        """Take out calls that were sent. Raises OSError."""
        with self._write() as database:
            database.executemany("DELETE FROM calls WHERE id = ?", [(number,) for number in numbers])

    def set_aside(self, number: int, reason: str) -> None:
        """Leave a call where it is and send it no more: no broker takes it. Raises OSError."""
        with self._write() as database:
            database.execute("UPDATE calls SET refused = ? WHERE id = ?", (reason, number))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Tell whether this process may send what is kept: for one at a time this is so. Raises OSError."""
        lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                try:
                    yield True
                finally:  # a child that was forked meanwhile has a copy, and would hold it
                    fcntl.flock(lock, fcntl.LOCK_UN)
        finally:
            os.close(lock)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Give the database in one transaction that no other process comes between, on the disk when that ends."""
        with self._open(_A_LOOK) as database:
            _begin(database)
            yield database

    @contextmanager
    def _open(self, patience: float) -> Iterator[sqlite3.Connection]:
        """Give the database in one transaction; what it does waits for others, for `patience` seconds."""
        with undivided:  # SQLite has locks of its own
            try:
                if not self._file.exists():
                    self._make()
                database = sqlite3.connect(self._file, patience)
                try:
                    database.execute(
                        "PRAGMA synchronous = FULL"
                    )  # in WAL mode, each commit is written through
                    with database:
                        yield database
                finally:
                    database.close()
            except sqlite3.Error as error:
                raise OSError(f"{self._file}: {error}") from error

    def _make(self) -> None:
        """Make the file, for our eyes only; another process may be at it, and find it there whole or not at all."""
        new = self._file.with_suffix(f".{os.getpid()}")
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        try:
            with closing(sqlite3.connect(new)) as database, database:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute(_TABLE)
            with suppress(FileExistsError):
                os.link(new, self._file)
        finally:
            new.unlink()
        _write_through(self._file.parent)


def _begin(database: sqlite3.Connection) -> None:
    """Begin to write as soon as nobody else does. Raises sqlite3.OperationalError where that lasts too long."""
    latest = time.monotonic() + _PATIENCE
    while True:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
        else:
            return


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_FULL


def _write_through(folder: Path) -> None:
    """See to it that a folder knows its files after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
