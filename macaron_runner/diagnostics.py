"""Problems found in the user's files: what a diagnostic is.

Not for errors of requests (errors), nor for showing them (rendering, reports); and it finds nothing itself: each room
reports what it knows about.

A diagnostic as text:

    error[MAC214]: unknown queue "emial" for task "shop.jobs.send_receipt"
      --> macaron.prod.yaml:41:14
    41 |       queue: emial
       |              ^^^^^ not one of: default, email
       = help: did you mean "email"?
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Final, Literal

from macaron_runner.codes import CODES
from macaron_runner.errors import CommandError


class Severity(StrEnum):
    """How bad it is: an error stops the start, a warning does not.

    The others are those of `macaron audit`, where nothing is broken: how much harm somebody could do.
    """

    ERROR = "error"
    WARNING = "warning"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def level(self) -> Literal["error", "warning", "note"]:
        """The nearest of the three words that SARIF has (2.1.0, section 3.27.10), as have other tools."""
        return _LEVELS[self]


_LEVELS: Mapping[Severity, Literal["error", "warning", "note"]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: 1-based line and column; `length` is how many characters to underline.

    Line 0 means the file as a whole. `pointer` is that of the value in its file, where what located it knows it.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    pointer: tuple[str | int, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def at(cls, file: str, text: str, index: int, length: int = 1) -> Location:
        """Return the place of the character `index` of a file's text; `length` is cut at the end of its line.

        A line ends with LF, CR or both, as in YAML 1.2 (section 5.4). Past the end is at the end.
        """
        index = min(index, len(text.rstrip()))
        line = 1 + text.count("\n", 0, index) + text.count("\r", 0, index) - text.count("\r\n", 0, index)
        begin = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
        rest = text[index : index + length].rstrip()
        return cls(
            file, line, index - begin + 1, max(1, len(re.split(r"[\r\n]", rest, maxsplit=1)[0].rstrip()))
        )

    @property
    def in_file(self) -> bool:
        """Whether it is a place in a file at all, and not a word of the command line or the environment."""
        return not self.file.startswith(("--set ", "environment "))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what (`message`), where (`location`), what is wrong there (`label`), the remedy (`help`).

    `related` are further places with a word each: the `$ref` that led to the file, the first of two
    duplicates. `confidential`: the line in the file holds a credential, and is not shown. `meant` is the name, of those
    that there are, which `help` offers for the one that is not.
    """

    code: str
    message: str
    location: Location | None = None
    label: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Location, str], ...] = ()
    confidential: bool = field(default=False, compare=False)
    meant: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"diagnostic code {self.code} is not in CODES")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with stable keys, from which `from_json` makes an equal diagnostic.

        `file` is null where there is no place, `line` 0 where the place is a file as a whole.
        """
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            **_place_to_json(self.location),
            "label": self.label,
            "help": self.help,
            "related": [{**_place_to_json(place), "message": word} for place, word in self.related],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnostic:
        """Return the diagnostic that `to_json` wrote. Raises KeyError or ValueError where the value is none."""
        related = ((_place_from_json(each), str(each["message"])) for each in value["related"])
        return cls(
            value["code"],
            value["message"],
            _place_from_json(value),
            value["label"],
            value["help"],
            Severity(value["severity"]),
            tuple((place, word) for place, word in related if place is not None),
        )


def _place_to_json(place: Location | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None, "length": None}
    return {"file": place.file, "line": place.line, "column": place.column, "length": place.length}


def _place_from_json(value: Mapping[str, Any]) -> Location | None:
    if value["file"] is None:
        return None
    return Location(value["file"], value["line"], value["column"], value["length"])


class BadConfiguration(CommandError):
    """The user's files have errors; all of them are here. Ends a command with exit code 78 (EX_CONFIG)."""

    exit_code = 78

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.location or ''}: {d.code}: {d.message}" for d in self.diagnostics))


def raise_errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the warnings where there is no error; raise BadConfiguration with everything if there is one."""
    found = tuple(diagnostics)
    if has_errors(found):
        raise BadConfiguration(found)
    return found


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of them is an error, and not only a warning."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)


def by_place(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics, each once: those of `files` first, other files as they come; by line within a file.

    What has no place in a file (an environment variable, `--set`) stands before all.
    """
    each_once = tuple(dict.fromkeys(diagnostics))
    met = [each.location.file for each in each_once if each.location and each.location.line]
    rank = {file: number for number, file in enumerate(dict.fromkeys([*files, *met]))}

    def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
        where = diagnostic.location or Location("")
        return (rank.get(where.file, -1), where.line, where.column)

    return tuple(sorted(each_once, key=place))


_MOST_KNOWN: Final = 1000
_MOST_NAMES: Final = 20


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word nearest to `word`, or None where none is near."""
    matches = difflib.get_close_matches(word, list(islice(known, _MOST_KNOWN)), n=1, cutoff=0.6)
    return matches[0] if matches else None


def near_word(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the known word nearest to `word`, or "" where none is near."""
    return did_you_mean(nearest(word, known))


def did_you_mean(word: str | None) -> str:
    """Return a sentence that offers a word, or "" where there is none."""
    return f'did you mean "{word}"?' if word is not None else ""


def not_one_of(known: Collection[str], none: str = "there are none") -> str:
    """Return the label of a name that is none of the known ones: "not one of: a, b"; `none` where there is none."""
    if not known:
        return none
    return f"not one of: {', '.join(islice(known, _MOST_NAMES))}{', …' if len(known) > _MOST_NAMES else ''}"
