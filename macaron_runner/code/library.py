"""The modules that were read, each once; nothing of them is imported or run.

Not for what their names mean (meaning).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from macaron_runner.code.bindings import read_namespace
from macaron_runner.code.namespace import Namespace
from macaron_runner.code.parsing import BrokenSourceError, Source, TooLargeError, parse_file
from macaron_runner.code.search import Search, is_own_file

MOST_MODULES: Final = 400
"""How many modules are read at most; of further ones nothing is known, and nothing is said."""


@dataclass(frozen=True)
class ModuleText:
    """One module; `source` and `namespace` are None where it cannot be read (compiled, too large)."""

    name: str
    source: Source | None = None
    namespace: Namespace | None = None
    is_package: bool = False

    @property
    def open(self) -> bool:
        """Whether it may have names that its text does not show."""
        return self.namespace is None or self.namespace.dynamic


class Library:
    """Reads modules where `search` finds them; those in `folders` are the service's own."""

    def __init__(self, search: Search, folders: tuple[Path, ...]) -> None:
        self.search = search
        self._folders = folders
        self._own: dict[str, bool] = {}
        self._known: dict[str, ModuleText | BrokenSourceError | None] = {}

    def read(self, name: str) -> ModuleText | BrokenSourceError | None:
        """Return a module; None where there is none, the error where importing it would fail."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def text(self, name: str) -> ModuleText:
        """Return a module; one of which nothing is known where it is not there or broken."""
        found = self.read(name)
        return found if isinstance(found, ModuleText) else ModuleText(name)

    def is_own(self, name: str) -> bool:
        """Tell whether a module is the service's own: in its folders, and not installed into them."""
        if name not in self._own:
            place = self.search.find(name) if name else None
            file = place.file if place is not None else None
            self._own[name] = file is not None and self._is_own(file)
        return self._own[name]

    def _is_own(self, file: Path) -> bool:
        if "site-packages" in file.parts:
            return False
        return is_own_file(file, self._folders) or is_own_file(file.resolve(), self._folders)

    def _read(self, name: str) -> ModuleText | BrokenSourceError | None:
        place = self.search.find(name) if name else None
        if place is None:
            return None
        is_package = place.folders is not None
        if place.is_bare_folder:
            return ModuleText(name, None, Namespace(), is_package=True)
        if place.file is None or len(self._known) >= MOST_MODULES:
            return ModuleText(name, is_package=is_package)
        try:
            source = parse_file(place.file)
            namespace = read_namespace(source.tree, source.text, name, is_package=is_package)
        except BrokenSourceError as error:
            return error
        except (TooLargeError, RecursionError):
            return ModuleText(name, is_package=is_package)
        return ModuleText(name, source, namespace, is_package)
