"""Text as a terminal shows it: what of it may be shown, and how many columns that takes. Not for tables (cli.table)."""

from __future__ import annotations

import unicodedata


def printable(text: str, *, keep: str = "") -> str:
    """Return a text that cannot move the cursor or colour the terminal: it is shown, not obeyed.

    What is not printable and not one of the characters `keep` becomes a replacement character, one for one.
    """
    return "".join(char if char.isprintable() or char in keep else "\ufffd" for char in text)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode standard annex 11)."""
    return sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
