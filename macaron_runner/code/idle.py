"""Functions in `handlers` modules that look like handlers, and answer no operation: most often a name was misspelt.

A warning, and only where nothing in the service's files mentions the function a second time. Not for operations
without handler (handlers).
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from macaron_runner.code.function import Function
from macaron_runner.code.handlers import handler_names
from macaron_runner.code.written import WrittenModule
from macaron_runner.configuration.files import UnreadableError, read_file, shown_name
from macaron_runner.diagnostics import Diagnostic, Location, Severity, did_you_mean, nearest
from macaron_runner.openapi.operation import Operation

_MOST_FILES: Final = 500
_MOST_BYTES: Final = 16 << 20
_SUFFIXES: Final = (
    *(".py", ".pyi", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".json"),
    *(".html", ".jinja", ".j2", ".txt", ".sh"),
)
_NOT_THE_SERVICES: Final = frozenset({"site-packages", "node_modules", "__pycache__", "tests", "test"})
_A_TEST: Final = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
_CALLED_FROM_OUTSIDE: Final = frozenset({"main", "create_app", "make_app", "setup", "teardown", "configure"})
"""Names that something outside the service's files may well call."""
_COMPUTES_NAMES: Final = frozenset({"getattr", "getmembers", "vars", "dir", "__dict__", "attrgetter"})
_WORD: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class _Idle:
    """A function that may be idle."""

    module: WrittenModule
    name: str
    location: Location
    file: str


def find_idle_functions(
    modules: Iterable[WrittenModule],
    answering: Iterable[Function],
    operations: Sequence[Operation],
    unanswered: Sequence[Operation],
    folders: Iterable[Path],
    meant: Collection[str] = (),
) -> tuple[Diagnostic, ...]:
    """Return MAC509 for each public function of the `handlers` modules that answers nothing and is used nowhere.

    `answering` are the functions that answer operations, `operations` those of all APIs, `unanswered` those without
    handler; `meant` are names that other problems offer: these functions wait to be called. What is mentioned in a file
    in `folders` is used; tests do not count. Where there are more files than can be looked at, nothing is said.
    """
    busy = {function.full_name for function in answering}
    wanted = {name for each in operations for name in handler_names(each.operation_id or "")} | {*meant}
    idle = [
        each
        for module in modules
        for each in _public_functions(module)
        if f"{module.name}.{each.name}" not in busy and each.name not in wanted
    ]
    mentions = _mentions(idle, folders) if idle else None
    if mentions is None:
        return ()
    return tuple(_problem(each, unanswered) for each in idle if not mentions.uses(each))


def _public_functions(module: WrittenModule) -> Iterator[_Idle]:
    """Yield the functions of a module that could be handlers, and that it says nothing more about itself."""
    source = module.text.source
    if source is None or module.text.open:
        return
    words = Counter(_WORD.findall(source.text))
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_") or node.name in _CALLED_FROM_OUTSIDE or words[node.name] != 1:
            continue
        function = module.function(node.name)
        if isinstance(function, Function) and _is_plain(function, node):
            yield _Idle(module, node.name, source.locate_name(node), source.file)


def _is_plain(function: Function, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function has no decorators but those that say who may call it."""
    ours = 1 if function.marker is not None else 0
    return function.certain and function.task is None and len(node.decorator_list) == ours


class _Mentions:
    """Which names are mentioned in which files, and which modules are looked through by computed names."""

    def __init__(self, idle: Iterable[_Idle]) -> None:
        self._names = {each.name: set[str]() for each in idle}
        self._modules = {_last(each.module.name): set[str]() for each in idle}

    def add(self, file: str, words: frozenset[str]) -> None:
        """Note the words of one file."""
        for name in words & self._names.keys():
            self._names[name].add(file)
        if words & _COMPUTES_NAMES:
            for module in words & self._modules.keys():
                self._modules[module].add(file)

    def uses(self, each: _Idle) -> bool:
        """Tell whether a function may be used by another file than its own."""
        return bool((self._names[each.name] | self._modules[_last(each.module.name)]) - {each.file})


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _mentions(idle: Sequence[_Idle], folders: Iterable[Path]) -> _Mentions | None:
    """Return what the files in the folders mention; None where there are too many."""
    found = _Mentions(idle)
    octets = 0
    for count, file in enumerate(_files(folders)):
        try:
            data = read_file(file, _MOST_BYTES)
        except UnreadableError:
            continue
        octets += len(data)
        if count >= _MOST_FILES or octets > _MOST_BYTES:
            return None
        found.add(shown_name(file), frozenset(_WORD.findall(data.decode(errors="replace"))))
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the service's text files but tests, and but what is installed."""
    for folder in folders:
        for path, names, files in os.walk(folder):
            names[:] = sorted(name for name in names if not name.startswith(".") and _is_own(path, name))
            for name in sorted(files):
                if name.endswith(_SUFFIXES) and not _A_TEST.fullmatch(name):
                    yield Path(path, name)


def _is_own(path: str, name: str) -> bool:
    return name not in _NOT_THE_SERVICES and not Path(path, name, "pyvenv.cfg").exists()


def _problem(each: _Idle, unanswered: Sequence[Operation]) -> Diagnostic:
    names = {
        handler_names(operation.operation_id)[-1]: operation
        for operation in unanswered
        if operation.operation_id
    }
    near = nearest(each.name, names)
    operation = names[near] if near is not None else None
    place = operation.location if operation is not None else None
    return Diagnostic(
        "MAC509",
        f"{each.name}() is in a handlers module, answers no operation and is used nowhere",
        each.location,
        label="no operationId leads here",
        help=did_you_mean(near)
        or f"name it by an operationId; a helper that is to stay is better called _{each.name}",
        severity=Severity.WARNING,
        related=((place, "this operation has no handler"),) if place is not None else (),
    )
