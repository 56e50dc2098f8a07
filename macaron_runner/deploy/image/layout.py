"""Where the files of a service stand in its image: below /app as they stand here below one folder. Pure.

That is the service's own folder, and macaron.yaml is /app/macaron.yaml. Where the service reaches out of it (`extends:
../base.yaml`, a document or Python elsewhere), it is the least folder that has all of that, so that every relative path
means there what it means here. Not for which files there are (sources).
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.workloads import Places
from macaron_runner.errors import UsageError

APP: Final = "/app"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder here, `root`, that is /app there, and the service's macaron.yaml here."""

    root: Path
    file: Path

    @classmethod
    def of(cls, configuration: Configuration, read: Iterable[Path] = ()) -> Layout:
        """Return the layout of a service; `read` are the files that were read of it. Raises UsageError."""
        directory = _tidied(configuration.directory)
        python = configuration.config.service.python_path
        folders = [directory, *(_tidied(configuration.resolve(folder)) for folder in python)]
        files = [_tidied(file) for file in (*configuration.files, *read)]
        root = Path(os.path.commonpath([*folders, *(file.parent for file in files)]))
        if root == Path(root.anchor):
            outside = next(each for each in (*folders, *files) if not each.is_relative_to(directory))
            raise UsageError(
                f"{outside} and {directory} have no folder in common that could be the image's {APP}"
            )
        return cls(root, _tidied(configuration.files[0]))

    def relative(self, path: Path) -> str:
        """Return the path of a file below the root, with slashes."""
        return _tidied(path).relative_to(self.root).as_posix()

    def place(self, path: Path) -> str:
        """Return where a file of the service stands in the image."""
        return f"{APP}/{self.relative(path)}"

    @property
    def places(self) -> Places:
        """Where things are in the image."""
        return Places(self.place(self.file))


def _tidied(path: Path) -> Path:
    """Return a path without `..`, of which links are not followed: as it is written is how it is found there."""
    return Path(os.path.normpath(path.absolute()))
