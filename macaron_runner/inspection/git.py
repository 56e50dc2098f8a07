"""What git would commit: the one question that `macaron audit` has for it. Not for versions (configuration.loaded)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_DEADLINE: Final = 5.0
_NONE_IGNORED: Final = 1


def committed_by_git(folder: Path, files: Sequence[Path]) -> frozenset[Path]:
    """Return those files that git keeps, or would keep at the next `git add`: no ignore rule keeps them out.

    None of them where `folder` is in no repository, or git is missing or silent; files outside the repository are never
    among them.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None or top.returncode:
        return frozenset()
    root = Path(top.stdout.rstrip("\n"))
    inside = [file for file in files if file.resolve().is_relative_to(root)]
    return frozenset(file for file in inside if _is_kept(folder, file))


def _is_kept(folder: Path, file: Path) -> bool:
    ignored = _git(folder, "check-ignore", "--quiet", "--", str(file))
    return ignored is not None and ignored.returncode == _NONE_IGNORED


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    command = ("git", "-C", str(folder), *words)
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
