"""The door to git: a folder's revision, the files it has there, and which of them git keeps.

What git cannot tell - it is missing or silent, there is no repository - is None, or nothing. Not for what follows from
it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

_DEADLINE: Final = 5.0
_NONE_IGNORED: Final = 1
_LEFT_BEHIND: Final = ("__pycache__", "node_modules", "venv", "build", "dist")
"""Folders that programs make: what is in them is nobody's work, though no ignore rule says so."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Where a folder's repository stands: its `commit`, when it was made (`at`), how many led to it, itself among them.

    `dirty`: the folder has changes that are not in it. `shallow`: the repository does not have all that led to it, so
    `count` is too small.
    """

    commit: str
    at: datetime
    count: int
    dirty: bool = False
    shallow: bool = False

    @property
    def version(self) -> str:
        """The date, the count and the beginning of the commit, as 20261128-421-3f2c9a1; -dirty follows where it is."""
        return f"{self.at:%Y%m%d}-{self.count}-{self.commit[:7]}{'-dirty' * self.dirty}"


def revision_of(folder: Path, *more: Path) -> Revision | None:
    """Return the revision of a folder; changes of files and folders in `more` make it dirty as well."""
    repository = _repository(folder)
    head = _ask(folder, "log", "-1", "--no-show-signature", "--format=%H %ct") if repository else None
    count = _ask(folder, "rev-list", "--count", "HEAD") if head else None
    if repository is None or not head or not count:
        return None
    commit, seconds = head.split()
    return Revision(
        commit,
        datetime.fromtimestamp(int(seconds), UTC),
        int(count),
        dirty=any(_changes(folder, repository.root, (folder, *more))),
        shallow=repository.shallow,
    )


def files_of(folder: Path) -> tuple[Path, ...] | None:
    """Return the files in a folder that git keeps, or would keep: what it does not know yet is among them.

    Sorted; those of submodules too. Files that are gone, though that is not committed, are left out, as is what
    programs leave behind.
    """
    known = _ask(folder, "ls-files", "-z", "--cached")
    fresh = _ask(folder, "ls-files", "-z", "--others", "--exclude-standard")
    if known is None or fresh is None:
        return None
    names = (*_split(known), *(name for name in _split(fresh) if not is_left_behind(name)))
    return tuple(sorted(set(_present(folder, names))))


def committed_by_git(folder: Path, files: Sequence[Path]) -> frozenset[Path]:
    """Return those files that git keeps, or would keep at the next `git add`: no ignore rule keeps them out.

    Files outside the repository are never among them.
    """
    repository = _repository(folder)
    if repository is None:
        return frozenset()
    inside = [file for file in files if file.resolve().is_relative_to(repository.root)]
    return frozenset(file for file in inside if _is_kept(folder, file))


def is_left_behind(name: str) -> bool:
    """Tell whether a path, relative to its folder, is hidden or in what programs leave there."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part in _LEFT_BEHIND or part.endswith(".egg-info") for part in parts)


def _changes(folder: Path, root: Path, places: Iterable[Path]) -> Iterator[str]:
    """Yield what of these places differs from the commit; what git does not know counts where it is somebody's work.

    Places outside the repository are nothing that a commit could have.
    """
    inside = [str(place) for place in places if place.resolve().is_relative_to(root)]
    words = ("status", "-z", "--porcelain", "--no-renames", "--untracked-files=all", "--", *inside)
    for line in _split(_ask(folder, *words) or ""):
        if not line.startswith("?? ") or not is_left_behind(line[3:]):
            yield line[3:]


class _Repository(NamedTuple):
    root: Path
    shallow: bool


def _repository(folder: Path) -> _Repository | None:
    said = _ask(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
    if said is None:
        return None
    root, shallow = said.removesuffix("\n").rsplit("\n", 1)
    return _Repository(Path(root), shallow == "true")


def _present(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = folder / name
        if path.is_dir() and not path.is_symlink():  # a submodule
            yield from files_of(path) or ()
        elif path.is_symlink() or path.is_file():
            yield path


def _is_kept(folder: Path, file: Path) -> bool:
    ignored = _git(folder, "check-ignore", "--quiet", "--", str(file))
    return ignored is not None and ignored.returncode == _NONE_IGNORED


def _split(text: str) -> Iterator[str]:
    return filter(None, text.split("\0"))


def _ask(folder: Path, *words: str) -> str | None:
    """Return what git answers, None where it does not."""
    done = _git(folder, *words)
    return done.stdout if done is not None and not done.returncode else None


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    command = ("git", "-C", str(folder), *words)
    try:
        return subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_DEADLINE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
