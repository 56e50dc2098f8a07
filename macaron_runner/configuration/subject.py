"""What the checks of a configuration look at, and how they say what they find. Not for the checks (checks)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath

from macaron_runner.configuration.merge import ABSENT, Merged, value_at
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.source import Path
from macaron_runner.diagnostics import Diagnostic, Severity


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

    def says(self, *path: str | int) -> bool:
        """Tell whether the file says a key, whether its value is good or not; null says nothing."""
        value = value_at(self.merged.value, path)
        return value is not ABSENT and value is not None

    def names(self, *path: str) -> list[str]:
        """Return the keys that the file has at a path, whether their values are good or not."""
        value = value_at(self.merged.value, path)
        return list(value) if isinstance(value, dict) else []
