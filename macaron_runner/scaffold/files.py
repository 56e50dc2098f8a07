"""Files that are to be written, as values; and the one place that writes them, all or none.

Not for what is in them (template, adopt).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from macaron_runner.errors import DependencyMissing


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file: its path below the service's folder, with slashes, and its bytes."""

    path: str
    content: bytes

    @classmethod
    def of(cls, path: str, text: str) -> NewFile:
        """Return a file with a text, in UTF-8."""
        return cls(path, text.encode())


def clashes(directory: Path, files: Iterable[NewFile]) -> tuple[str, ...]:
    """Return, for every file that cannot be written because of what is there already, what that is; nothing changes.

    Something at its own path, or something that is no folder where a folder is needed.
    """
    return tuple(dict.fromkeys(found for file in files if (found := _in_the_way(directory, file.path))))


def _in_the_way(directory: Path, path: str) -> str:
    *folders, name = path.split("/")
    here = directory
    for step, folder in enumerate(folders, 1):
        here /= folder
        if os.path.lexists(here) and not here.is_dir():
            return f"{'/'.join(folders[:step])} (not a folder)"
    return path if os.path.lexists(here / name) else ""


def write(directory: Path, files: Sequence[NewFile]) -> None:
    """Write all files below `directory`, which is made where it is not there; nothing that exists is ever opened.

    Where one cannot be written, those written before it and the folders made for them are removed again. Raises
    DependencyMissing, which names the file and what could not be removed.
    """
    made: list[Path] = []
    for file in files:
        place = directory / file.path
        try:
            _make_folders(place.parent, made)
            with place.open("xb") as stream:  # "x": what came there in the meantime is not ours either
                made.append(place)
                stream.write(file.content)
        except OSError as error:
            left = _undo(made)
            rest = f"; this is left of it: {', '.join(map(str, left))}" if left else "; nothing was written"
            raise DependencyMissing(f"{place} cannot be written: {error.strerror}{rest}") from error


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


def _undo(made: list[Path]) -> list[Path]:
    """Remove what was made, the last first; return what could not be."""
    left = []
    for place in reversed(made):
        with contextlib.suppress(OSError):
            if place.is_dir() and not place.is_symlink():
                place.rmdir()
            else:
                place.unlink()
            continue
        left.append(place)
    return left
