"""The diagnostics about modules, in the same words whether they were imported or only read.

Not for finding the modules (imported, written).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from macaron_runner.configuration.files import shown_name
from macaron_runner.diagnostics import Diagnostic, Location, near_word


def absent_module(
    name: str, missing: str, asked: Location | None, folders: Sequence[Path], package: Sequence[str] | None
) -> Diagnostic:
    """Return MAC501: of the module `name`, the part up to `missing` is not there.

    `folders` are service.python_path, `package` the folders of the package in which it is missing, None at the top.
    """
    around = _modules_in(map(str, folders) if package is None else package)
    prefix, dot, _ = missing.rpartition(".")
    offered = (f"{prefix}{dot}{module}{name[len(missing) :]}" for module in around)
    near = near_word(name, (other for other in offered if other != name))
    searched = ", ".join(shown_name(folder) for folder in folders)
    return Diagnostic(
        "MAC501",
        f'there is no module "{name}"',
        asked,
        label="cannot be imported",
        help=near or f"looked first in {searched} (service.python_path)",
    )


def broken_module(
    name: str, asked: Location | None, error: BaseException, place: Location | None
) -> Diagnostic:
    """Return MAC502: importing a module raises `error`, at `place` in the service's own code where that is known."""
    return Diagnostic(
        "MAC502",
        f'importing "{name}" fails',
        place or asked,
        label=f"{type(error).__name__}: {_said(error)}".rstrip(": "),
        related=((asked, "the module is named here"),) if asked else (),
    )


def _said(error: BaseException) -> str:
    """Return an error's own words; a SyntaxError's end with file and line, which the place says."""
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _modules_in(folders: Iterable[str]) -> Iterator[str]:
    """Yield the names of the modules and packages in folders."""
    for folder in folders:
        for entry in _listed(folder):
            stem, suffix = os.path.splitext(entry)  # noqa: PTH122 - a bare name, no path
            if suffix in ("", ".py") and stem.isidentifier() and not stem.startswith("__"):
                yield stem


def _listed(folder: str) -> Sequence[str]:
    try:
        return sorted(os.listdir(folder or "."))  # noqa: PTH208 - names, no paths
    except (OSError, ValueError):
        return ()
