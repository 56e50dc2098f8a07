"""Text in columns, as wide as a terminal shows it. Not for what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from macaron_runner.display import columns

_GAP: Final = 2


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
