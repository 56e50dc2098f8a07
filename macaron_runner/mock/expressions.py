"""Regular expressions as trees: the usual part of ECMA 262, and how long the texts are that match.

Look-arounds and back references are passed over. Not for texts (patterns).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

LONGEST: Final = 100_000
"""Characters of the longest text that is made up."""

_MANY: Final = 1_000_000  # stands for "as many as you like"
_DIGITS: Final = "1234567890"
_LETTERS: Final = "aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ"
_WORD: Final = "aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ0kKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ_"
_OTHERS: Final = "-_.!#@$%&*+/:;=?^~,'\"()<>[]{}|\\` "
_ANY: Final = "aA1!" + _WORD[3:] + _OTHERS
_CLASSES: Final = {"d": _DIGITS, "w": _WORD, "s": " \t\n"}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_FLAGS: Final = re.compile(r"\?[-ims]+[:)]")
_PROPERTIES: Final = {"L": _LETTERS, "Lu": _LETTERS[1::2], "Ll": _LETTERS[::2], "N": _DIGITS, "Nd": _DIGITS}


class Unreadable(Exception):
    """A regular expression that this module has no text for."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these."""

    chars: str
    least: int = field(default=1, init=False)
    most: int = field(default=1, init=False)


@dataclass(frozen=True, slots=True)
class InOrder:
    """One after the other."""

    parts: tuple[Node, ...]
    least: int = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", sum(part.least for part in self.parts))
        object.__setattr__(self, "most", min(_MANY, sum(part.most for part in self.parts)))


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of these."""

    arms: tuple[Node, ...]
    least: int = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", min(arm.least for arm in self.arms))
        object.__setattr__(self, "most", max(arm.most for arm in self.arms))


@dataclass(frozen=True, slots=True)
class Repeat:
    """One thing several times."""

    part: Node
    fewest: int
    times: int
    least: int = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", self.part.least * self.fewest)
        object.__setattr__(self, "most", min(_MANY, self.part.most * self.times))


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text; "" where it asks for something that is passed over."""

    side: str
    least: int = field(default=0, init=False)
    most: int = field(default=0, init=False)


Node: TypeAlias = Chars | InOrder | Choice | Repeat | Edge
"""A part of a regular expression; `least` and `most` are the lengths of the texts that match it."""


@lru_cache(maxsize=1024)
def parse(pattern: str) -> Node:
    """Return a regular expression as a tree. Raises Unreadable, and RecursionError where it is nested too deeply."""
    return _Parser(pattern).parse()


class _Parser:
    """Reads one regular expression from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def parse(self) -> Node:
        """Return what was read. Raises Unreadable."""
        node = self._choice()
        if self._at < len(self._text):
            raise Unreadable(self._text)
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise Unreadable(self._text)
        self._at += 1
        return char

    def _takes(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _choice(self) -> Node:
        arms = [self._sequence()]
        while self._takes("|"):
            arms.append(self._sequence())
        return arms[0] if len(arms) == 1 else Choice(tuple(arms))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else InOrder(tuple(parts))

    def _atom(self) -> Node:
        char = self._take()
        if char in "^$":
            return Edge(char)
        if char == ".":
            return Chars(_ANY)
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        return Chars(char)

    def _group(self) -> Node:
        passed_over = any(self._takes(mark) for mark in ("?=", "?!", "?<=", "?<!"))
        flags = _FLAGS.match(self._text, self._at)
        if flags is not None:  # of case and lines: what is written fits with them, too
            self._at = flags.end()
            if flags[0].endswith(")"):
                return Edge("")
        elif not passed_over and self._takes("?") and not self._takes(":"):
            self._takes("P")
            if not self._takes("<"):
                raise Unreadable(self._text)
            while self._take() != ">":
                pass
        node = self._choice()
        if not self._takes(")"):
            raise Unreadable(self._text)
        return Edge("") if passed_over else node

    def _repeated(self, node: Node) -> Node:
        found = self._times()
        if found is None:
            return node
        self._takes("?")
        fewest, times = found
        if node.least * fewest > LONGEST or times < fewest:
            raise Unreadable(self._text)
        return Repeat(node, fewest, times)

    def _times(self) -> tuple[int, int] | None:
        for mark, fewest, times in (("*", 0, _MANY), ("+", 1, _MANY), ("?", 0, 1)):
            if self._takes(mark):
                return fewest, times
        end = self._text.find("}", self._at)
        if self._peek() != "{" or end < 0:
            return None
        low, comma, high = self._text[self._at + 1 : end].partition(",")
        if not low.strip().isdigit() or (high.strip() and not high.strip().isdigit()):
            return None
        self._at = end + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high.strip() else _MANY

    def _escape(self) -> Node:
        if self._peek() in ("b", "B"):
            self._take()
            return Edge("")
        if self._peek() in ("A", "z", "Z"):
            return Edge("^" if self._take() == "A" else "$")
        if self._peek().isdigit() and self._peek() != "0":
            raise Unreadable(self._text)
        return Chars(self._escaped())

    def _escaped(self) -> str:
        """Return the characters that stand after a backslash."""
        char = self._take()
        if char.lower() in _CLASSES:
            return _CLASSES[char] if char.islower() else _without(_CLASSES[char.lower()])
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in "xu":
            return self._code(2 if char == "x" else 4)
        if char in "pP":
            name = self._braced()
            found = _PROPERTIES.get(name.rpartition("=")[2], _LETTERS)
            return found if char == "p" else _without(found)
        return char

    def _code(self, digits: int) -> str:
        text = self._braced() if self._peek() == "{" else "".join(self._take() for _ in range(digits))
        try:
            return chr(int(text, 16))
        except (ValueError, OverflowError):
            raise Unreadable(self._text) from None

    def _braced(self) -> str:
        if not self._takes("{"):
            return self._take()
        start = self._at
        while self._take() != "}":
            pass
        return self._text[start : self._at - 1]

    def _class(self) -> Node:
        negated = self._takes("^")
        chars: list[str] = []
        while self._peek() != "]":
            chars.append(self._range())
        self._take()
        found = "".join(dict.fromkeys("".join(chars)))
        found = _without(found) if negated else _ordered(found)
        if not found:
            raise Unreadable(self._text)
        return Chars(found)

    def _range(self) -> str:
        first = self._class_char()
        ahead = self._text[self._at : self._at + 2]
        if len(first) != 1 or not ahead.startswith("-") or ahead == "-]":
            return first
        self._take()
        last = self._class_char()
        if len(last) != 1:
            return first + "-" + last
        low, high = ord(first), min(ord(last), ord(first) + 255)
        return "".join(map(chr, range(low, high + 1)))

    def _class_char(self) -> str:
        char = self._take()
        if char != "\\":
            return char
        return "\b" if self._takes("b") else self._escaped()


def _without(chars: str) -> str:
    return "".join(char for char in _ANY if char not in chars)


def _ordered(chars: str) -> str:
    """Return the characters of a class, those that a person would write first."""
    known = [char for char in _ANY if char in chars]
    return "".join(known) or chars
