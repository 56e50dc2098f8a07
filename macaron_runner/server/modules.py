"""Importing the service's own modules: each once, and what goes wrong in them as a diagnostic that points into them.

Not for choosing what is imported (binding).
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from macaron_runner.diagnostics import Diagnostic, Location, near_word
from macaron_runner.server.signature import layers

_DEF: Final = re.compile(r"\s*(?:async\s+)?def\s+(\w+)")


class Modules:
    """The modules asked for so far, by name. `problems` holds one diagnostic for each that could not be imported."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._known: dict[str, ModuleType | None] = {}
        self.problems: list[Diagnostic] = []

    @property
    def loaded(self) -> tuple[ModuleType, ...]:
        """Those that could be imported."""
        return tuple(module for module in self._known.values() if module is not None)

    def load(self, name: str, asked: Location | None) -> ModuleType | None:
        """Return the module, or None (with one more problem, the first time) where it cannot be imported.

        `asked` is the place in a file that names it.
        """
        if name not in self._known:
            self._known[name] = self._import(name, asked)
        return self._known[name]

    def _import(self, name: str, asked: Location | None) -> ModuleType | None:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            absent = error.name is not None and (name == error.name or name.startswith(f"{error.name}."))
            self.problems.append(self._absent(name, asked) if absent else self._broken(name, asked, error))
        except (Exception, SystemExit) as error:  # the service's code may fail in any way at all
            self.problems.append(self._broken(name, asked, error))
        return None

    def _absent(self, name: str, asked: Location | None) -> Diagnostic:
        folders = ", ".join(str(folder) for folder in self._folders)
        return Diagnostic(
            "MAC501",
            f'there is no module "{name}"',
            asked,
            label="cannot be imported",
            help=near_word(name, _neighbours(name)) or f"looked first in {folders} (service.python_path)",
        )

    def _broken(self, name: str, asked: Location | None, error: BaseException) -> Diagnostic:
        return Diagnostic(
            "MAC502",
            f'importing "{name}" fails',
            self._place_of(error) or asked,
            label=f"{type(error).__name__}: {error}".rstrip(": "),
            related=((asked, "the module is named here"),) if asked else (),
        )

    def _place_of(self, error: BaseException) -> Location | None:
        """Return where in the service's own code an error was raised: its innermost frame there."""
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            return Location(error.filename, error.lineno, error.offset or 1)
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if any(Path(frame.filename).is_relative_to(folder) for folder in self._folders)
            and "site-packages" not in frame.filename
        ]
        return _place(frames[-1]) if frames else None


def _place(frame: traceback.FrameSummary) -> Location:
    column = frame.colno or 0
    one_line = frame.end_lineno == frame.lineno and frame.end_colno is not None
    return Location(
        frame.filename, frame.lineno or 0, column + 1, (frame.end_colno or 0) - column if one_line else 1
    )


def _neighbours(name: str) -> Iterator[str]:
    """Yield the full names of the modules that stand where this one would."""
    parent, _, _ = name.rpartition(".")
    package = sys.modules.get(parent)
    paths = getattr(package, "__path__", None) if parent else sys.path
    prefix = f"{parent}." if parent else ""
    for module in pkgutil.iter_modules(paths):
        yield prefix + module.name


def functions_in(modules: Iterable[ModuleType]) -> Iterator[str]:
    """Yield the names of the functions that the modules themselves define."""
    for module in modules:
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", None) == module.__name__:
                yield name


def place_of_function(function: object) -> Location | None:
    """Return where the `def` of the innermost function stands that decorators wrap, or None for no function."""
    *_, innermost = layers(function)
    code = getattr(innermost, "__code__", None)
    if code is None:
        return None
    first = code.co_firstlineno  # that of a decorator, where there is one
    for number, line in enumerate(linecache.getlines(code.co_filename)[first - 1 : first + 20], first):
        found = _DEF.match(line)
        if found is not None:
            return Location(code.co_filename, number, found.start(1) + 1, len(found[1]))
    return Location(code.co_filename, first, 1)
