"""Where things stand in JSON text: line and column of any value or key, found only when somebody asks.

Not for parsing (orjson has done that, and refuses what is broken): the text given here is known to be JSON.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from macaron_runner.diagnostics import Location

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BRACKET = re.compile(r'(?:[^{}\[\]"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([{}\[\]])')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _Member(NamedTuple):
    """One member of an object or array: where its key (an array's member has none) and its value begin."""

    name: str
    key: int | None
    value: int


class JsonPositions:
    """The places in one JSON text. Each container is scanned once, when a pointer first goes through it."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._scanned: dict[int, dict[str, _Member]] = {}

    def locate(self, pointer: tuple[str | int, ...], *, key: bool = False) -> Location:
        """Return the place of the value (or, with `key`, of its key) that `pointer` names.

        Where there is no such value, that of the nearest one above it. A map or list is shown at its key.
        """
        member = _Member("", None, self._start)
        for step in pointer:
            found = self._members(member.value).get(str(step))
            if found is None:
                key = True
                break
            member = found
        if member.key is not None and (key or self._text[member.value] in "{["):
            return self._location(member.key)
        return self._location(member.value)

    def repeated_keys(self) -> Iterator[tuple[str, Location]]:
        """Yield each key that its object already has, and where it stands again (RFC 8259 section 4)."""
        pending = [self._start]
        while pending:
            seen: set[str] = set()
            for member in self._scan(pending.pop()):
                if member.name in seen and member.key is not None:
                    yield member.name, self._location(member.key)
                seen.add(member.name)
                if self._text[member.value] in "{[":
                    pending.append(member.value)

    def _members(self, start: int) -> dict[str, _Member]:
        if start not in self._scanned:
            self._scanned[start] = {member.name: member for member in self._scan(start)}
        return self._scanned[start]

    def _scan(self, start: int) -> Iterator[_Member]:
        """Yield the members of the container that begins at `start`; a scalar has none."""
        opening = self._text[start]
        if opening not in "{[":
            return
        position, index, key = start + 1, 0, None
        while (token := _TOKEN.search(self._text, position)) is not None and (word := token[0]) not in "]}":
            position = token.end()
            if word in ",:":
                continue
            if opening == "{" and key is None:
                key = token
                continue
            position = self._ends.get(token.start(), position)
            if key is None:
                yield _Member(str(index), None, token.start())
                index += 1
            else:
                yield _Member(_unescape(key[0]), key.start(), token.start())
                key = None

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Where each container ends, by where it begins."""
        ends: dict[int, int] = {}
        open_ones: list[int] = []
        for bracket in _BRACKET.finditer(self._text):
            if bracket[1] in "{[":
                open_ones.append(bracket.start(1))
            else:
                ends[open_ones.pop()] = bracket.end(1)
        return ends

    def _location(self, offset: int) -> Location:
        line = bisect_right(self._line_starts, offset)
        token = _TOKEN.match(self._text, offset)
        length = len(token[0]) if token else 1
        return Location(self._file, line, offset - self._line_starts[line - 1] + 1, length)

    @cached_property
    def _start(self) -> int:
        match = _TOKEN.search(self._text)
        return match.start() if match else 0

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]


def repeats_a_key(text: str) -> bool:
    """Tell whether an object has a key twice, in text that is known to be JSON (RFC 8259 section 4)."""
    try:
        json.loads(
            text, object_pairs_hook=_unique, parse_int=str, parse_float=str
        )  # what numbers say does not matter
    except _RepeatedKey:
        return True
    return False


class _RepeatedKey(Exception):
    """A signal from one function here to another, no error that anybody sees."""


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _RepeatedKey


def first_deeper_than(text: str, levels: int) -> int | None:
    """Return where the first object or array begins that stands inside `levels` others; the text may be broken."""
    depth, position = 0, 0
    while (bracket := _BRACKET.match(text, position)) is not None:
        depth += 1 if bracket[1] in "{[" else -1
        if depth > levels:
            return bracket.start(1)
        position = bracket.end()
    return None


def _unescape(token: str) -> str:
    """Return what a JSON string token says; surrogate pairs are joined (RFC 8259 section 7)."""
    if "\\" not in token:
        return token[1:-1]
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPED.get(m[2], m[2]), token[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
