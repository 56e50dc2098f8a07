"""The folder that an engine builds an image from.

    Dockerfile       as dockerfile writes it; a service's own stands with its files
    .dockerignore    the service's own
    requirements/    what is installed, each file as it stands in the service's folder
    app/             the service's files (sources), as they stand below the layout's root

The same files always give the same folder, its times included: so an engine finds again what it built before. Not for
what is in the files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from macaron_runner.deploy.files import File, Files, in_order
from macaron_runner.deploy.image.layout import Layout

LONG_AGO: Final = 315532800
"""The time of what depends on no version: the first of 1980, before which archives know none."""


def stage(folder: Path, layout: Layout, sources: Iterable[Path], files: Files, *, epoch: int) -> None:
    """Write everything into an empty folder; the service's files get the time `epoch`. Raises OSError."""
    for source in sources:
        _copy(source, folder / "app" / layout.relative(source), epoch)
    for file in files:
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(file.mode)
        os.utime(place, (LONG_AGO, LONG_AGO))
    for place in sorted(
        (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True
    ):
        place.chmod(0o755)
        os.utime(place, (LONG_AGO, LONG_AGO))


def own_ignore_file(layout: Layout) -> Files:
    """Return the .dockerignore of the service's folder, its patterns as they are from the context's root."""
    folder = layout.file.parent
    file = folder / ".dockerignore"
    if not file.is_file():
        return ()
    below = "/".join(part for part in ("app", layout.relative(folder)) if part not in ("", "."))
    lines = [_moved(line.strip(), below) for line in file.read_text("utf-8", "replace").splitlines()]
    return in_order([File(".dockerignore", "".join(f"{line}\n" for line in lines if line).encode())])


def _moved(pattern: str, below: str) -> str:
    """Return a pattern of .dockerignore, which is always one from its root, below a folder."""
    if not pattern or pattern.startswith("#"):
        return ""
    kept, pattern = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    return f"{kept}{below}/{pattern.lstrip('/')}"


def _copy(source: Path, place: Path, epoch: int) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target = source.readlink()
        place.symlink_to(os.path.relpath(target, source.parent) if target.is_absolute() else target)
        os.utime(place, (epoch, epoch), follow_symlinks=False)
        return
    shutil.copyfile(source, place)
    place.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    os.utime(place, (epoch, epoch))
