"""Whether importing a module would surely fail for what it imports itself, found without importing anything.

Followed are the statements that run whatever happens, through the service's own modules: a module that is not there,
that Python refuses, or that does not have the name asked of it. Not for what else importing may run into.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final

from macaron_runner.code.bindings import absolute_module, outcome_of
from macaron_runner.code.library import Library, ModuleText
from macaron_runner.code.meaning import Meanings, Nothing
from macaron_runner.code.parsing import BrokenSourceError
from macaron_runner.diagnostics import Location

_CHANGES_IMPORTING: Final = re.compile(
    r"sys\.(path|modules|meta_path|path_hooks)|__import__|__path__|addsitedir|extend_path"
)
"""What may make modules importable, or replace them, that are not found by looking."""


class ImportTrial:
    """Tries modules one after the other, in the order in which they would be imported; each is gone through once."""

    def __init__(self, library: Library, meanings: Meanings) -> None:
        self._library = library
        self._meanings = meanings
        self._outcomes: dict[str, BrokenSourceError | None] = {}
        self._knows = True

    def failure(self, name: str) -> BrokenSourceError | None:
        """Return with what importing a module surely fails, None where it may well succeed.

        From the first module on that changes how modules are found, nothing is certain any more.
        """
        try:
            found = self._import(name, lambda: None)
        except RecursionError:
            return None
        return found if self._knows else None

    def _import(self, name: str, place: Callable[[], Location | None]) -> BrokenSourceError | None:
        """Return the first failure of a module and its packages; `place` gives where it is imported."""
        for package in packages_of(name):
            if self._library.search.find(package) is None:
                return BrokenSourceError(_absent(package, self._library), place())
            failure = self._inside(package) if self._library.is_own(package) else None
            if failure is not None:
                return failure
        return None

    def _inside(self, name: str) -> BrokenSourceError | None:
        """Return what is wrong with a module of the service, or the first failure of the imports that it makes."""
        if name not in self._outcomes:
            self._outcomes[name] = None  # a circle of imports is none
            self._outcomes[name] = self._outcome(name)
        return self._outcomes[name]

    def _outcome(self, name: str) -> BrokenSourceError | None:
        module = self._library.read(name)
        if isinstance(module, BrokenSourceError):
            return module
        if module is None or module.source is None:
            return None
        self._knows = self._knows and not _CHANGES_IMPORTING.search(module.source.text)
        failures = (self._statement(module, each) for each in _running(module.source.tree.body))
        return next(filter(None, failures), None)

    def _statement(self, module: ModuleText, statement: ast.stmt) -> BrokenSourceError | None:
        source = module.source
        assert source is not None
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    failure = self._import(alias.name, lambda: source.locate(statement))
                    if failure is not None:
                        return failure
            case ast.ImportFrom():
                package = module.name if module.is_package else module.name.rpartition(".")[0]
                imported = absolute_module(statement, package)
                if not imported:
                    return BrokenSourceError(_above_all(package), source.locate(statement))
                failure = self._import(imported, lambda: source.locate(statement))
                return failure or self._names(imported, statement, lambda: source.locate(statement))
        return None

    def _names(
        self, imported: str, statement: ast.ImportFrom, place: Callable[[], Location]
    ) -> BrokenSourceError | None:
        """Return the failure where a module of the service does not have a name that is imported from it."""
        if not self._library.is_own(imported):
            return None
        text = self._library.text(imported)
        for alias in statement.names:
            full = f"{imported}.{alias.name}"
            submodule = self._library.read(full) if text.is_package else None
            if isinstance(submodule, BrokenSourceError):
                return submodule if self._meanings.of(text, alias.name) is Nothing.ABSENT else None
            if alias.name == "*" or submodule is not None:
                continue
            if self._meanings.of(text, alias.name) is Nothing.ABSENT:
                where = f" ({text.source.file})" if text.source is not None else ""
                error = ImportError(f"cannot import name {alias.name!r} from {imported!r}{where}")
                return BrokenSourceError(error, place())
        return None


def packages_of(name: str) -> Iterator[str]:
    """Yield the names of what importing imports, in its order: "a.b.c" -> "a", "a.b", "a.b.c"."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


def _running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever a module is imported, and whose exceptions nothing catches."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            outcome = outcome_of(statement.test)
            if outcome is not None:
                yield from _running(statement.body if outcome else statement.orelse)


def _above_all(package: str) -> ImportError:
    if not package:
        return ImportError("attempted relative import with no known parent package")
    return ImportError("attempted relative import beyond top-level package")


def _absent(name: str, library: Library) -> ModuleNotFoundError:
    parent, _, _ = name.rpartition(".")
    above = library.search.find(parent) if parent else None
    no_package = f"; {parent!r} is not a package" if above is not None and above.folders is None else ""
    return ModuleNotFoundError(f"No module named {name!r}{no_package}")
