"""The loaded configuration: what every room after this one is given. Not for making it (load)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from macaron_runner.configuration.merge import Merged
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.redaction import NOTHING, Redactor

_GIT_DEADLINE: Final = 2.0


@dataclass(frozen=True)
class Configuration:
    """One service's configuration, good and frozen.

    `config` is the model; `directory` the file's folder, absolute; `files` what was read, the file itself
    first; `warnings` what is doubtful; `merged` the tree that the model was made from, `x-*` included, with
    its layers; `redactor` masks every secret of the service in texts.
    """

    config: MacaronConfig
    selection: Selection
    directory: Path
    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...] = ()
    merged: Merged = field(default=Merged((), {}), repr=False)
    version_variable: str = ""
    redactor: Redactor = field(default=NOTHING, repr=False, compare=False)

    @property
    def environment(self) -> str:
        """The environment whose overlay was chosen, or ""."""
        return self.selection.environment

    @cached_property
    def version(self) -> str:
        """The service's version: `service.version`, else MACARON_VERSION, else `git describe`, else "local".

        Worked out when first asked for: it may start git.
        """
        return self.config.service.version or self.version_variable or _git_version(self.directory) or "local"

    def locate(self, *path: str | int, key: bool = False) -> Location:
        """Return the place in the user's files that the value at a path came from (`key`: that of its key).

        Where nothing says it, the place of its nearest parent that something says.
        """
        return self.merged.locate(path, key=key)

    def resolve(self, relative: str) -> Path:
        """Return a path that the file names, absolute; it is relative to the file's folder."""
        return self.directory / relative


def _git_version(directory: Path) -> str:
    """Return `git describe --always --dirty`, or "" where git or a repository is missing, or time is up."""
    import subprocess  # not at the top: few commands ask for a version that git knows

    command = ("git", "describe", "--always", "--dirty")
    try:
        result = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=_GIT_DEADLINE, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
