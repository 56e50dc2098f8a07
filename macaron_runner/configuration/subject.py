"""What the checks of a configuration look at, and how they say what they find. Not for the checks (checks)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, Final

from macaron_runner.configuration.merge import Merged
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Diagnostic, Severity

_MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: the model, the tree that it came from (for the places), the folder of the file."""

    config: MacaronConfig
    merged: Merged
    directory: FilePath

    def problem(
        self, code: str, path: Path, message: str, label: str = "", hint: str = "", *, key: bool = False
    ) -> Diagnostic:
        """Return an error at a path."""
        return Diagnostic(code, message, self.merged.locate(path, key=key), label, hint)

    def warning(self, code: str, path: Path, message: str, hint: str = "") -> Diagnostic:
        """Return a warning at a path."""
        return Diagnostic(code, message, self.merged.locate(path), help=hint, severity=Severity.WARNING)

    def names(self, *path: str) -> list[str]:
        """Return the keys that the file has at a path, whether their values are good or not."""
        value: Any = self.merged.value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return list(value) if isinstance(value, dict) else []


def not_one_of(known: Collection[str]) -> str:
    """Return the label of a name that is none of the known ones."""
    if not known:
        return "there are none"
    return f"not one of: {', '.join(islice(known, _MOST_NAMES))}{', …' if len(known) > _MOST_NAMES else ''}"
