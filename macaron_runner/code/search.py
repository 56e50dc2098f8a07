"""Where a module's file is, found as importing would find it, but step by step and without importing its parents.

Not for reading it (parsing).
"""

from __future__ import annotations

import os
import sys
import zipimport
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from typing import Any, Final

from macaron_runner.configuration.loaded import Configuration

_LOADERS: Final[Any] = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)
_ORDINARY: Final = (BuiltinImporter, FrozenImporter, PathFinder)
_LARGEST_INIT: Final = 1 << 20
_MENDS_IMPORTING: Final = (b"__path__", b"sys.modules", b"sys.path", b"meta_path", b"path_hooks")
"""What a package says in its text that may make modules importable that are not in its folders."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a module is: `file` has its source, None where that cannot be read (compiled, built in, a bare folder).

    `folders` are where its submodules are, None where it is no package. `known` is False where a module may be
    there, and only importing could tell.
    """

    file: Path | None
    folders: tuple[str, ...] | None = None
    known: bool = True

    @property
    def is_bare_folder(self) -> bool:
        """Whether it is a namespace package: folders without any code."""
        return self.known and self.file is None and self.folders is not None


HIDDEN: Final = Place(None, None, known=False)
_COMPILED: Final = Place(None)


def python_folders(configuration: Configuration) -> tuple[Path, ...]:
    """Return the folders of `service.python_path`, absolute, links followed."""
    folders = configuration.config.service.python_path
    return tuple(configuration.resolve(folder).resolve() for folder in folders)


def is_own_file(file: Path, folders: Iterable[Path]) -> bool:
    """Tell whether a file is the service's own: below one of its folders, and not installed there."""
    return "site-packages" not in file.parts and any(file.is_relative_to(folder) for folder in folders)


class Search:
    """Finds modules in `path`, as sys.path, and by further `finders`, as those an editable install leaves behind."""

    def __init__(self, path: Sequence[str], finders: Sequence[Any] = ()) -> None:
        self._path = tuple(path)
        self._finders = tuple(finder for finder in finders if finder not in _ORDINARY)
        self._in_folder: dict[str, FileFinder | zipimport.zipimporter | None] = {}
        self._places: dict[str, Place | None] = {}

    def find(self, name: str) -> Place | None:
        """Return where a module is, None where there surely is none."""
        if name not in self._places:
            parent, _, last = name.rpartition(".")
            self._places[name] = self._below(parent, name) if parent else self._at_top(last)
        return self._places[name]

    def _at_top(self, name: str) -> Place | None:
        if name in sys.builtin_module_names:
            return _COMPILED
        found = self._in(self._path, name) or self._by_finders(name)
        if found is None and FrozenImporter.find_spec(name) is not None:
            return _COMPILED
        return found

    def _below(self, parent: str, name: str) -> Place | None:
        package = self.find(parent)
        if package is None or not package.known:
            return package
        found = self._in(package.folders, name) if package.folders is not None else None
        if found is None and (package == _COMPILED or _mends_importing(package.file)):
            return HIDDEN
        return found

    def _in(self, folders: Sequence[str], name: str) -> Place | None:
        """Return the first place in the folders; namespace packages gather theirs from all of them."""
        bare: list[str] = []
        for folder in folders:
            finder = self._finder(folder)
            spec = finder.find_spec(name) if finder is not None else None
            if spec is None:
                continue
            if spec.loader is not None:
                return _place_of(spec)
            bare += spec.submodule_search_locations or ()
        return Place(None, tuple(bare)) if bare else None

    def _finder(self, folder: str) -> FileFinder | zipimport.zipimporter | None:
        if folder not in self._in_folder:
            self._in_folder[folder] = _finder_of(folder)
        return self._in_folder[folder]

    def _by_finders(self, name: str) -> Place | None:
        for finder in self._finders:
            try:
                spec = finder.find_spec(name, None)
            except Exception:  # noqa: S112 - a foreign finder may fail in any way; then it has found nothing
                continue
            if spec is not None:
                return _place_of(spec)
        return None


def _finder_of(folder: str) -> FileFinder | zipimport.zipimporter | None:
    if os.path.isfile(folder):  # noqa: PTH113 - Path.is_file raises at odd names
        try:
            return zipimport.zipimporter(folder)
        except zipimport.ZipImportError:
            return None
    return FileFinder(folder, *_LOADERS)


def _place_of(spec: ModuleSpec) -> Place:
    folders = spec.submodule_search_locations
    inside = tuple(folders) if folders is not None else None
    if isinstance(spec.loader, SourceFileLoader) and spec.origin is not None:
        return Place(Path(spec.origin), inside)
    return Place(None, inside) if spec.loader is None else _COMPILED


def _mends_importing(file: Path | None) -> bool:
    """Tell whether a package's own code may make more importable than its folders have."""
    if file is None:
        return False
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST_INIT)
    except OSError:
        return True
    return any(word in text for word in _MENDS_IMPORTING)
