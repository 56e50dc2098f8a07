"""Diagnostics as a person reads them: text for a terminal, each with its source line.

Not for programs (reports).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.display import columns, printable


def render_text(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Return all diagnostics as text for a terminal, each with its source line, in the order given."""
    sources: dict[str, list[str]] = {}
    return "\n\n".join(_text_of(diagnostic, sources, _Paint(color)) for diagnostic in diagnostics)


@dataclass(frozen=True, slots=True)
class _Paint:
    """ANSI colours, or none."""

    on: bool

    def __call__(self, text: str, *codes: int) -> str:
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


_HUES: Final = {"error": 31, "warning": 33, "note": 36}


def _text_of(diagnostic: Diagnostic, sources: dict[str, list[str]], paint: _Paint) -> str:
    hue = _HUES[diagnostic.severity.level]
    head = paint(f"{diagnostic.severity.value}[{diagnostic.code}]", 1, hue)
    lines = [f"{head}{paint(': ' + _printable(diagnostic.message), 1)}"]
    label = _printable(diagnostic.label)
    if diagnostic.location is not None:
        known = {diagnostic.location.file: list[str]()} if diagnostic.confidential else sources
        lines += _source_of(diagnostic.location, label, known, paint, hue)
    elif label:
        lines.append(f"  {label}")
    margin = " " * _margin(diagnostic.location)
    for note in _notes(diagnostic):
        lines.append(f"{margin} = {paint('note', 1)}: {_printable(note)}")
    if diagnostic.help:
        lines.append(f"{margin} = {paint('help', 1)}: {_printable(diagnostic.help)}")
    return "\n".join(lines)


_MOST_NOTES: Final = 6


def _notes(diagnostic: Diagnostic) -> list[str]:
    """Return the related places as people read them: of many, as of a file that a fleet shares, the first ones."""
    notes = [f"{word} ({place})" for place, word in diagnostic.related]
    if len(notes) <= _MOST_NOTES:
        return notes
    shown = notes[: _MOST_NOTES - 1]
    return [*shown, f"and {len(notes) - len(shown)} places more"]


_LONGEST_TEXT = 600


def short(text: str) -> str:
    """Return a text cut to a length that people read."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _printable(text: str) -> str:
    """Return a text on one line that can neither move the cursor nor fill the terminal."""
    return printable(short(text).replace("\n", " "))


def _margin(location: Location | None) -> int:
    return len(str(location.line)) if location is not None and location.line else 2


def _source_of(
    place: Location, label: str, sources: dict[str, list[str]], paint: _Paint, hue: int
) -> list[str]:
    lines = [f"  {paint('-->', 34)} {_printable(str(place))}"]
    line = _line_of(place, sources)
    margin = " " * _margin(place)
    if line is None:
        return [*lines, f"{margin} | {label}"] if label else lines
    window, start = _window(line, max(place.column - 1, 0))
    text = printable(window, keep="\t")
    marked = text[start : start + max(place.length, 1)]
    pad = "".join("\t" if char == "\t" else " " * columns(char) for char in text[:start])
    lines.append(f"{paint(str(place.line), 34)} | {text}")
    lines.append(f"{margin} | {pad}{paint('^' * max(1, columns(marked)), 1, hue)} {label}".rstrip())
    return lines


_LONGEST_LINE = 200


def _window(line: str, start: int) -> tuple[str, int]:
    """Return the part of a line that is shown, and where in it `start` is: a long line is cut around it."""
    if len(line) <= _LONGEST_LINE:
        return line, start
    begin = max(0, start - _LONGEST_LINE // 4)
    end = begin + _LONGEST_LINE
    left, right = "…" * (begin > 0), "…" * (end < len(line))
    return f"{left}{line[begin:end]}{right}", start - begin + len(left)


def _line_of(place: Location, sources: dict[str, list[str]]) -> str | None:
    """Return the source line of a place, or None where there is none (any more)."""
    if not place.line:
        return None
    if place.file not in sources:
        try:
            text = Path(place.file).read_text("utf-8-sig", errors="replace")
        except (OSError, ValueError):
            text = ""
        # splitlines() would break at more than editors do
        sources[place.file] = re.split(r"\r\n|\r|\n", text)
    lines = sources[place.file]
    if place.line > len(lines) or not lines[place.line - 1]:
        return None
    return lines[place.line - 1]
