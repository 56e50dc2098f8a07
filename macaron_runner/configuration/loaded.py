"""The loaded configuration: what every room after this one is given. Not for making it (load)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from macaron_runner.configuration.merge import Merged
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.redaction import NOTHING, Redactor


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
        """The service's version: `service.version`, else MACARON_VERSION, else that of its revision, else "local".

        Worked out when first asked for: it may start git.
        """
        return self.config.service.version or self.version_variable or self._revision_version or "local"

    @property
    def _revision_version(self) -> str:
        from macaron_runner.git import (
            revision_of,  # not at the top: few commands ask for a version that git knows
        )

        revision = revision_of(self.directory)
        return revision.version if revision is not None else ""

    def locate(self, *path: str | int, key: bool = False) -> Location:
        """Return the place in the user's files that the value at a path came from (`key`: that of its key).

        Where nothing says it, the place of its nearest parent that something says.
        """
        return self.merged.locate(path, key=key)

    def resolve(self, relative: str) -> Path:
        """Return a path that the file names, absolute; it is relative to the file's folder."""
        return self.directory / relative
