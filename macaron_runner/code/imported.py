"""The service's modules, imported: each once, and what goes wrong in them as a diagnostic that points into them.

Not for choosing what is imported (handlers, tasks), nor for looking without importing (written).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

from macaron_runner.code.function import Function, Marker, TaskDeclaration
from macaron_runner.code.layers import attribute_of, innermost_of, layers, place_of_function, signature_of
from macaron_runner.code.parsing import place_of_syntax_error
from macaron_runner.code.problems import absent_module, broken_module
from macaron_runner.code.search import is_own_file
from macaron_runner.configuration.files import shown_name
from macaron_runner.diagnostics import Diagnostic, Location

GUARD_MARK: Final = "__macaron_guard__"
"""What the decorators of auth.users leave on a function: a Marker."""


class ImportedModule:
    """One module of the service, imported; `module` is the module itself."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.module = module
        self.name = name

    def function(self, name: str) -> Function | None:
        """Return what is called `name` in it, None where that cannot be called."""
        value = getattr(self.module, name, None)
        return as_function(value, self.name, name) if callable(value) else None

    def functions(self) -> Iterator[str]:
        """Yield the names of the functions that it defines itself."""
        for name, value in vars(self.module).items():
            if callable(value) and getattr(value, "__module__", None) == self.name:
                yield name

    def members(self) -> Iterator[tuple[str, Function]]:
        """Yield the functions and tasks in it, its own and those it imports, by the names they have there."""
        for name, value in tuple(vars(self.module).items()):
            if isinstance(value, FunctionType) or _is_task(value):
                yield name, as_function(value, self.name, name)

    def may_hold(self, full_name: str) -> bool:  # noqa: ARG002 - reading knows less (written)
        """Tell that nothing in it is hidden: it was imported."""
        return False


class ImportedCode:
    """The modules asked for so far; `problems` holds one diagnostic for each that could not be imported."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._known: dict[str, ImportedModule | None] = {}
        self.problems: list[Diagnostic] = []

    @property
    def loaded(self) -> tuple[ModuleType, ...]:
        """Those that could be imported."""
        return tuple(known.module for known in self._known.values() if known is not None)

    def has(self, name: str) -> bool:
        """Tell whether there is a module of that name, broken or not; the packages around it are imported."""
        try:
            return name in sys.modules or importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            return False
        except (Exception, SystemExit):  # a package around it is broken: importing it will tell
            return True

    def module(self, name: str, asked: Location | None) -> ImportedModule | None:
        """Return the module, or None (with one more problem, the first time) where it cannot be imported.

        `asked` is the place in a file that names it.
        """
        if name not in self._known:
            self._known[name] = self._import(name, asked)
        return self._known[name]

    def _import(self, name: str, asked: Location | None) -> ImportedModule | None:
        try:
            return ImportedModule(importlib.import_module(name), name)
        except ModuleNotFoundError as error:
            absent = error.name is not None and (name == error.name or name.startswith(f"{error.name}."))
            found = self._absent(name, error, asked) if absent else self._broken(name, asked, error)
        except (Exception, SystemExit) as error:  # the service's code may fail in any way at all
            found = self._broken(name, asked, error)
        self.problems.append(found)
        return None

    def _absent(self, name: str, error: ModuleNotFoundError, asked: Location | None) -> Diagnostic:
        missing = error.name or name
        parent = missing.rpartition(".")[0]
        package = attribute_of(sys.modules.get(parent), "__path__") if parent else None
        return absent_module(name, missing, asked, self._folders, tuple(package or ()) if parent else None)

    def _broken(self, name: str, asked: Location | None, error: BaseException) -> Diagnostic:
        return broken_module(name, asked, error, self._place_of(error))

    def _place_of(self, error: BaseException) -> Location | None:
        """Return where in the service's own code an error was raised: its innermost frame there."""
        if isinstance(error, SyntaxError) and error.filename:
            return place_of_syntax_error(error, shown_name(Path(error.filename)))
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if is_own_file(Path(frame.filename), self._folders)
        ]
        return _place(frames[-1]) if frames else None


def _place(frame: traceback.FrameSummary) -> Location:
    column = frame.colno or 0
    one_line = frame.end_lineno == frame.lineno and frame.end_colno is not None
    length = (frame.end_colno or 0) - column if one_line else 1
    return Location(shown_name(Path(frame.filename)), frame.lineno or 0, column + 1, length)


def as_function(value: Any, module: str, name: str) -> Function:
    """Return what is known of something that can be called, which `name` means in `module`."""
    task = _task_of(value)
    innermost = innermost_of(value) if task is None else value  # a task has a name of its own
    qualified = attribute_of(innermost, "__qualname__") or name
    return Function(
        module=attribute_of(innermost, "__module__") or module,
        name=name if "<" in qualified else qualified,  # <lambda>, or local to a function
        signature=signature_of(value),
        location=place_of_function(value),
        marker=marker_of(value),
        task=task,
        value=value,
    )


def marker_of(function: object) -> Marker | None:
    """Return the strongest mark that a decorator of auth.users left on any of a function's layers."""
    marks = {attribute_of(layer, GUARD_MARK) for layer in layers(function)}
    if "required" in marks:
        return "required"
    return "optional" if "optional" in marks else None


def _task_of(value: object) -> TaskDeclaration | None:
    """Return what a task says of itself. The class says that its objects are tasks: a wrapper copies only the rest."""
    if not _is_task(value):
        return None
    options: Any = getattr(value, "options", None)
    said = ((each.name, getattr(options, each.name)) for each in fields(options))
    return TaskDeclaration({name: option for name, option in said if option is not None})


def _is_task(value: object) -> bool:
    return getattr(type(value), "__macaron_task__", False) is True
