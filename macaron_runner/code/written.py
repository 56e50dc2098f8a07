"""The service's modules, only read: nothing is imported or run, and what only that could tell is not told.

Not for importing them (imported).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from macaron_runner.code.function import UNKNOWABLE, Function, Unknowable
from macaron_runner.code.imports import ImportTrial, packages_of
from macaron_runner.code.known import OUR_PACKAGE
from macaron_runner.code.library import Library, ModuleText
from macaron_runner.code.meaning import Meanings, exported_names
from macaron_runner.code.namespace import Defined, listed_names
from macaron_runner.code.parsing import BrokenSourceError
from macaron_runner.code.problems import absent_module, broken_module
from macaron_runner.code.search import Search, python_folders
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location


class WrittenModule:
    """One module of the service, read as far as it can be; `text` has its source."""

    def __init__(self, text: ModuleText, meanings: Meanings) -> None:
        self.text = text
        self._meanings = meanings

    @property
    def name(self) -> str:
        """Its full name."""
        return self.text.name

    def function(self, name: str) -> Function | Unknowable | None:
        """Return what is called `name` in it; None where there surely is nothing that can be called."""
        meaning = self._meanings.of(self.text, name)
        return meaning if isinstance(meaning, Function | Unknowable) else None

    def functions(self) -> Iterator[str]:
        """Yield the names of the functions that it defines itself."""
        namespace = self.text.namespace
        if namespace is None:
            return
        if self.name == OUR_PACKAGE:
            yield from sorted(listed_names(namespace) or ())
        for name in namespace.names:
            if any(isinstance(what, Defined) for what in namespace.bindings(name)):
                yield name

    def members(self) -> Iterator[tuple[str, Function]]:
        """Yield the functions that are known in it, by the names they have there.

        They are its own, and those it imports from other modules of the service; what is installed is not read for it.
        """
        for name in self._names():
            if not self._meanings.is_near(self.text, name):
                continue
            meaning = self._meanings.of(self.text, name)
            if isinstance(meaning, Function):
                yield name, meaning

    def may_hold(self, full_name: str) -> bool:
        """Tell whether it may hold the function of that full name although `members` does not yield it."""
        source = self.text.source
        if source is None or self.text.open or any(self._exported(star) is None for star in self._stars()):
            return True
        module, _, name = full_name.rpartition(".")
        if module != self.name:
            return source.mentions(name)
        found = self.function(name)
        if isinstance(found, Function):
            return not found.certain or _is_used(source.tree, name)
        return found is UNKNOWABLE

    def _names(self) -> Iterator[str]:
        namespace = self.text.namespace
        names = dict.fromkeys(namespace.names if namespace is not None else ())
        for star in filter(self._meanings.is_own, self._stars()):
            names.update(dict.fromkeys(sorted(self._exported(star) or ())))
        return iter(names)

    def _stars(self) -> tuple[str, ...]:
        return self.text.namespace.stars if self.text.namespace is not None else ()

    def _exported(self, module: str) -> frozenset[str] | None:
        return exported_names(self._meanings.text(module))


def read_code(
    configuration: Configuration, search_path: Sequence[str], finders: Sequence[Any] = ()
) -> WrittenCode:
    """Return the code of a service, of which nothing has been read yet; the arguments are as for WrittenCode."""
    return WrittenCode(python_folders(configuration), search_path, finders)


class WrittenCode:
    """The modules asked for; `problems` holds one diagnostic for each that is not there or that Python would refuse.

    Modules are looked for in `folders` (service.python_path), then in `search_path` (as sys.path), then by `finders`
    (as sys.meta_path).
    """

    def __init__(
        self, folders: Sequence[Path], search_path: Sequence[str], finders: Sequence[Any] = ()
    ) -> None:
        self._folders = tuple(folders)
        first = [str(folder) for folder in folders if str(folder) not in search_path]
        self.library = Library(Search((*first, *search_path), finders), self._folders)
        self._meanings = Meanings(self.library)
        self._trial = ImportTrial(self.library, self._meanings)
        self._known: dict[str, WrittenModule | None] = {}
        self.problems: list[Diagnostic] = []

    def has(self, name: str) -> bool:
        """Tell whether there is a module of that name, broken or not."""
        return all(self.library.read(package) is not None for package in packages_of(name))

    def module(self, name: str, asked: Location | None) -> WrittenModule | None:
        """Return the module, or None (with one more problem, the first time) where importing it would surely fail.

        `asked` is the place in a file that names it.
        """
        if name not in self._known:
            self._known[name] = self._read(name, asked)
        return self._known[name]

    def _read(self, name: str, asked: Location | None) -> WrittenModule | None:
        for package in packages_of(name):
            found = self.library.read(package)
            if found is None:
                self.problems.append(self._absent(name, package, asked))
                return None
            if isinstance(found, BrokenSourceError):
                self.problems.append(broken_module(name, asked, found.error, found.place))
                return None
        failure = self._trial.failure(name)
        if failure is not None:  # what the text itself says is still worth knowing
            self.problems.append(broken_module(name, asked, failure.error, failure.place))
        return WrittenModule(self.library.text(name), self._meanings)

    def _absent(self, name: str, missing: str, asked: Location | None) -> Diagnostic:
        parent = missing.rpartition(".")[0]
        package = self.library.search.find(parent) if parent else None
        inside = (package.folders if package is not None else None) or ()
        return absent_module(name, missing, asked, self._folders, inside if parent else None)


def _is_used(tree: ast.Module, name: str) -> bool:
    """Tell whether a name is read anywhere in a module."""
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)
        for each in ast.walk(tree)
    )
