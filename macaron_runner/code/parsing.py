"""A module's source, parsed without running any of it, and places in it. What Python itself would refuse is refused.

Not for what the source means (namespace).
"""

from __future__ import annotations

import ast
import importlib.util
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from macaron_runner.configuration.files import UnreadableError, read_file, shown_name
from macaron_runner.diagnostics import Location

LARGEST_SOURCE: Final = 2 << 20
"""Bytes of source that are read at most: of a larger module nothing is known, and nothing is said."""

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_DEF: Final = re.compile(r"\s*(?:(?:async\s+)?def|class)\s+(\w+)")


class BrokenSourceError(Exception):
    """Importing the module would raise `error`; `place` is where, as far as that is known."""

    def __init__(self, error: BaseException, place: Location | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.place = place


class TooLargeError(Exception):
    """The source is larger than what is read."""


@dataclass(frozen=True)
class Source:
    """The parsed source of one module; `file` is its name as messages call it."""

    file: str
    data: bytes
    tree: ast.Module

    @cached_property
    def text(self) -> str:
        """The source as text, lines ending with LF."""
        try:
            return importlib.util.decode_source(self.data)
        except (UnicodeDecodeError, SyntaxError):  # in a comment Python bears what is not of the encoding
            return self.data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def locate(self, node: ast.expr | ast.stmt) -> Location:
        """Return the place of an expression or statement, as much of it as is on its first line."""
        line = self._line(node.lineno)
        column = _characters(line, node.col_offset)
        one_line = node.end_lineno == node.lineno and node.end_col_offset is not None
        end = _characters(line, node.end_col_offset or 0) if one_line else len(line)
        return Location(self.file, node.lineno, column + 1, max(1, end - column))

    def locate_name(self, node: Definition) -> Location:
        """Return the place of the name in a `def` or `class`."""
        found = _DEF.match(self._line(node.lineno))
        if found is None or found[1] != node.name:
            return self.locate(node)
        return Location(self.file, node.lineno, found.start(1) + 1, len(found[1]))

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands anywhere in it."""
        return re.search(rf"\b{re.escape(word)}\b", self.text) is not None

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


def parse_file(path: Path) -> Source:
    """Return a module's source. Raises BrokenSourceError as importing would fail, TooLargeError where it is large."""
    file = shown_name(path)
    try:
        data = read_file(path, LARGEST_SOURCE)
    except UnreadableError as error:
        raise BrokenSourceError(error.__cause__ or error, Location(file)) from error
    if len(data) > LARGEST_SOURCE:
        raise TooLargeError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the service's code, and not ours to say
            tree = ast.parse(data, str(path))
            compile(tree, str(path), "exec", dont_inherit=True)  # sees a `return` outside a function
            return Source(file, data, tree)
    except SyntaxError as error:
        place = place_of_syntax_error(error, file) if error.lineno else _place_without_number(data, file)
        raise BrokenSourceError(error, place) from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise BrokenSourceError(error, _place_without_number(data, file)) from error


def _place_without_number(data: bytes, file: str) -> Location:
    """Return where a source is broken when Python names no line: its first zero byte, else its beginning."""
    before = data.partition(b"\0")[0] if b"\0" in data else b""
    lines = before.split(b"\n")
    return Location(file, len(lines), len(lines[-1].decode(errors="replace")) + 1)


def place_of_syntax_error(error: SyntaxError, file: str) -> Location:
    """Return where a syntax error is in a file; its beginning where Python names no line."""
    if not error.lineno:
        return Location(file, 1, 1)
    column = max(error.offset or 1, 1)
    one_line = error.end_lineno == error.lineno and error.end_offset is not None
    length = (error.end_offset or 0) - column if one_line else 1
    return Location(file, error.lineno, column, max(length, 1))


def _characters(line: str, octets: int) -> int:
    """Return how many characters the first bytes of a line are: Python's syntax trees count in UTF-8."""
    return octets if line.isascii() else len(line.encode()[:octets].decode(errors="replace"))
