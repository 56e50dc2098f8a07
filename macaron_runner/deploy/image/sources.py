"""The files of a service that go into its image: what git keeps or would keep, else all but what programs left behind.

Never the files of its secrets. Not for what becomes of them (context).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.image.layout import Layout
from macaron_runner.errors import UsageError
from macaron_runner.git import files_of, is_left_behind


def sources_of(configuration: Configuration, layout: Layout, read: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return the files of a service, sorted; `read` are those that were read of it, which may be outside its folder.

    Raises UsageError where one is a link that leads out of all of them.
    """
    found = {file for folder in folders_of(configuration, layout) for file in _files_in(folder)}
    found |= {layout.root / layout.relative(file) for file in (*configuration.files, *read)}
    found -= {layout.root / name for name in _secret_files(configuration, layout)}
    for file in found:
        _refuse_outside(file, layout)
    return tuple(sorted(found))


def folders_of(configuration: Configuration, layout: Layout) -> tuple[Path, ...]:
    """Return the folders that are a service's: its own, and those of `service.python_path` beside it."""
    named = (configuration.resolve(folder) for folder in (".", *configuration.config.service.python_path))
    folders = sorted({layout.root / layout.relative(folder) for folder in named})
    return tuple(each for each in folders if not any(each.is_relative_to(o) for o in folders if o != each))


def _files_in(folder: Path) -> Iterable[Path]:
    known = files_of(folder)
    return known if known is not None else _walked(folder)


def _walked(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name for name in folders if not is_left_behind(name) and not _is_made(Path(place, name))
        ]
        yield from (Path(place, name) for name in files if not is_left_behind(name))
        yield from (Path(place, name) for name in folders if Path(place, name).is_symlink())


def _is_made(folder: Path) -> bool:
    """Tell whether a folder is a virtual environment, or says by an ignore rule that all of it is of no concern."""
    if (folder / "pyvenv.cfg").exists():
        return True
    try:
        return (folder / ".gitignore").read_text("utf-8", "replace").strip() == "*"
    except OSError:
        return False


def _secret_files(configuration: Configuration, layout: Layout) -> Iterator[str]:
    for secret in configuration.config.secrets.values():
        path = configuration.resolve(secret.file) if secret.file is not None else None
        if path is not None and Path(os.path.normpath(path)).is_relative_to(layout.root):
            yield layout.relative(path)


def _refuse_outside(file: Path, layout: Layout) -> None:
    if file.is_symlink() and not file.resolve().is_relative_to(layout.root.resolve()):
        raise UsageError(f"{file} is a link to {file.readlink()}, which would not be there in the image")
