"""Text in columns, as wide as a terminal shows it. Not for what is in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

_GAP: Final = 2


def printable(text: str) -> str:
    """Return a text that cannot move the cursor or colour the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode standard annex 11)."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def table_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many columns the table of these rows takes."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    return sum(widths) + _GAP * (len(widths) - 1)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines, each cell in its column, without blanks at the ends."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = [
        "".join(cell + " " * (width - columns(cell) + _GAP) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
