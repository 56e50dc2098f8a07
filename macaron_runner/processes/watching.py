"""Which files changed, by looking at them again and again: works on every disk, also on those shared with a container.

Not for what a change means (cli.reloading).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

POLL: Final = 0.5
"""Seconds between two looks, at least; what changed must have been left alone for as long."""
SHARE: Final = 0.05
"""The part of its time that looking may take: where there is much to see, looks become rarer."""

_FOREIGN: Final = frozenset(("__pycache__", "node_modules", "site-packages"))

_Stamps: TypeAlias = Mapping[Path, tuple[int, int, int]]


class Watch:
    """Watches files, and whatever Python there is in folders, but for what is hidden or not the service's own."""

    def __init__(self, files: Iterable[Path], folders: Iterable[Path]) -> None:
        self._files = frozenset(files)
        self._folders = tuple(folders)
        self.pause = POLL
        """Seconds until the next look should be taken."""
        self._known = self._last = self._look()

    def changed(self) -> frozenset[Path]:
        """Return what changed since something was returned before; nothing while it still changes."""
        now = self._look()
        quiet, self._last = now == self._last, now
        if not quiet or now == self._known:
            return frozenset()
        before, self._known = self._known, now
        return frozenset(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))

    def add(self, files: Iterable[Path]) -> None:
        """Watch these as well, from now on."""
        fresh = frozenset(files) - self._files
        self._files |= fresh
        stamps = dict(_stamps(fresh))
        self._known, self._last = {**self._known, **stamps}, {**self._last, **stamps}

    def _look(self) -> _Stamps:
        begun = time.monotonic()
        python = (path for folder in self._folders for path in _python_in(folder))
        seen = dict(_stamps({*self._files, *python}))
        self.pause = max(POLL, (time.monotonic() - begun) / SHARE)
        return seen


def _stamps(paths: Iterable[Path]) -> Iterator[tuple[Path, tuple[int, int, int]]]:
    for path in paths:
        try:
            found = path.stat()
        except OSError:  # it is not there, or was removed just now
            continue
        yield path, (found.st_mtime_ns, found.st_size, found.st_ino)


def _python_in(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_foreign(Path(place, name))]
        yield from (Path(place, name) for name in files if name.endswith(".py") and not name.startswith("."))


def _is_foreign(folder: Path) -> bool:
    return folder.name in _FOREIGN or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()
