"""Problems found in the user's files: what a diagnostic is, and how it is shown to a person or a machine.

Not for errors of requests (errors.py), and it finds nothing itself: each room reports what it knows about.

A diagnostic as text:

    error[MAC214]: unknown queue "emial" for task "shop.jobs.send_receipt"
      --> macaron.prod.yaml:41:14
    41 |       queue: emial
       |              ^^^^^ not one of: default, email
       = help: did you mean "email"?
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from macaron_runner.errors import CommandError

CODES: Mapping[str, str] = {
    # 1xx: macaron.yaml as text and as a tree
    "MAC101": "the file cannot be read",
    "MAC102": "the YAML is broken",
    "MAC103": "a key stands twice in one map",
    "MAC104": "a key is not known",
    "MAC105": "a value has the wrong type or form",
    "MAC106": "a required key is missing",
    "MAC107": "the key is not available in this version",
    "MAC108": "the format version is not known",
    "MAC109": "the interpolation is broken",
    "MAC110": "a variable of the environment is not set",
    "MAC111": "a variable of the environment has the wrong type",
    "MAC112": "a secret is not declared",
    "MAC113": "a secret is absent",
    "MAC114": "a secret cannot stand here",
    "MAC115": "there is no overlay of this name",
    "MAC116": "a --set makes no sense",
    # 20x-24x: macaron.yaml against itself
    "MAC201": "a secret has no source, or several",
    "MAC202": "a schedule needs exactly one of cron and every",
    "MAC203": "a cron line is broken",
    "MAC204": "a time zone is not known",
    "MAC205": "a default does not fit its variable's type",
    "MAC206": "a verifier is not known",
    "MAC207": "a name is taken",
    "MAC208": "a key has no secret",
    "MAC209": "a secret is too short",
    "MAC210": "a secret stands in the file",
    "MAC211": "an address is broken",
    "MAC212": "an address stands twice",
    "MAC213": "a broker is not known",
    "MAC214": "a queue is not known",
    "MAC215": "a folder is not there",
    # 25x: what several rooms say together (assembly)
    "MAC250": "an API's document does not exist",
    "MAC251": "models that two APIs share differ",
    "MAC252": "a function that the configuration names cannot be loaded",
    # 35x: models
    "MAC351": "a parent class cannot be imported",
    "MAC352": "a class cannot be the parent of a model",
    # 37x-39x: documents against their specification, and operations compiled
    "MAC370": "the document has a key that its specification does not know",
    "MAC371": "the document lacks a key that its specification asks for",
    "MAC372": "the document has a value that its specification does not allow",
    "MAC375": "two parameters of an operation have one name in Python",
    "MAC376": "a parameter's default is not of its type",
    "MAC380": "a pattern cannot be used",
    "MAC381": "a default does not fit its schema",
    "MAC382": "an example does not fit its schema",
    "MAC383": "a listed value does not fit its schema",
    # 40x: security schemes, verifiers and keys
    "MAC401": "a security scheme that an operation needs has no verifier",
    "MAC402": "several verifiers fit a security scheme",
    "MAC403": "a security scheme is mapped to a verifier that does not exist",
    "MAC404": "a verifier cannot check the kind of scheme it is mapped to",
    "MAC405": "a security scheme is mapped that the API does not have",
    "MAC406": "a key of a verifier cannot be used",
    "MAC407": "a decorator looks at the caller's token, and no verifier is chosen for it",
    # 30x to 34x: API documents, and the rules no meta-schema sees
    "MAC301": "an API document cannot be read",
    "MAC302": "the JSON is broken",
    "MAC303": "not an API document of a known specification",
    "MAC304": "a reference leads nowhere",
    "MAC305": "a reference leads to another host",
    "MAC306": "a reference leads back to itself",
    "MAC307": "a schema cannot be understood",
    "MAC308": "there is no such built-in API",
    "MAC309": "a security requirement cannot be understood",
    "MAC310": "a server's variable has no default",
    "MAC311": "an array does not say what its items are",
    "MAC312": "an operation has a body and form fields",
    "MAC313": "an operation has two bodies",
    "MAC314": "a file is no field of a form",
    "MAC315": "an operationId stands twice",
    "MAC316": "a parameter stands twice",
    "MAC317": "a placeholder of a path has no parameter",
    "MAC318": "a path parameter has no placeholder",
    "MAC319": "two paths are the same but for names",
    "MAC320": "a required property is not declared",
    "MAC321": "a security scheme is not defined",
    "MAC322": "a scope is not defined",
    "MAC323": "a discriminator's property is not required",
    "MAC324": "a discriminator maps to no schema",
    "MAC325": "a schema is readOnly and writeOnly",
    "MAC326": "a path does not begin with a slash",
    "MAC327": "a path parameter is not required",
    "MAC328": "a parameter's location is not known",
    "MAC329": "a placeholder stands twice in one path",
    "MAC330": "a path is a reference and has more beside it",
    "MAC331": "an extension is nearly, but not quite, one of macaron's",
    # 5xx: binding operations to functions, gunicorn
    "MAC501": "there is no such module",
    "MAC502": "importing a module fails",
    "MAC503": "an operation has no handler, or names a function that does not exist",
    "MAC504": "a decorator cannot be applied",
    "MAC505": "a handler does not fit its operation",
    "MAC506": "two operations answer the same method and path",
    "MAC507": "a function named in macaron.yaml does not exist",
    "MAC508": "there are tasks, and no tasks: key",
    "MAC511": "a gunicorn setting is not known",
    "MAC512": "a gunicorn setting has a wrong value",
    "MAC513": "a gunicorn setting cannot be set in macaron.yaml",
    "MAC514": "the worker class is not known, or cannot be imported",
    "MAC515": "the worker class has no threads",
    # 6xx: tasks
    "MAC601": "Celery has no such setting",
    "MAC602": "a Celery setting has the wrong type",
    "MAC603": "a Celery setting repeats a key of macaron.yaml",
    "MAC604": "a Celery setting would break a promise",
    "MAC610": "a module that may define tasks cannot be imported",
    "MAC611": "two tasks have one name",
    "MAC612": "a schedule names an unknown task",
    "MAC613": "a schedule's arguments do not fit its task",
    "MAC614": "a task names an unknown queue",
}
"""Every code and what it means in a few words. A code, once released, never changes its meaning."""


class Severity(StrEnum):
    """How bad it is: an error stops the start, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: 1-based line and column; `length` is how many characters to underline.

    Line 0 means the file as a whole.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 1

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

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what (`message`), where (`location`), what is wrong there (`label`), the remedy (`help`).

    `related` are further places with a word each: the `$ref` that led to the file, the first of two
    duplicates.
    """

    code: str
    message: str
    location: Location | None = None
    label: str = ""
    help: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Location, str], ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"diagnostic code {self.code} is not in CODES")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with stable keys."""
        place = self.location
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "label": self.label,
            "help": self.help,
            "related": [{"location": str(where), "message": word} for where, word in self.related],
        }


class BadConfiguration(CommandError):
    """The user's files have errors; all of them are here. Ends a command with exit code 78 (EX_CONFIG)."""

    exit_code = 78

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.location or ''}: {d.code}: {d.message}" for d in self.diagnostics))


def raise_errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the warnings where there is no error; raise BadConfiguration with everything if there is one."""
    found = tuple(diagnostics)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise BadConfiguration(found)
    return found


_MOST_KNOWN = 1000


def near_word(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the known word nearest to `word`, or "" where none is near."""
    matches = difflib.get_close_matches(word, list(islice(known, _MOST_KNOWN)), n=1, cutoff=0.6)
    return f'did you mean "{matches[0]}"?' if matches else ""


def render_text(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Return all diagnostics as text for a terminal, each with its source line, in the order given."""
    sources: dict[str, list[str]] = {}
    return "\n\n".join(_text_of(diagnostic, sources, _Paint(color)) for diagnostic in diagnostics)


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a JSON array with one object per diagnostic."""
    return json.dumps([diagnostic.to_json() for diagnostic in diagnostics], indent=2, ensure_ascii=False)


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return GitHub workflow commands, one line a diagnostic, which annotate the lines of a pull request."""
    return "\n".join(_github_of(diagnostic) for diagnostic in diagnostics)


@dataclass(frozen=True, slots=True)
class _Paint:
    """ANSI colours, or none."""

    on: bool

    def __call__(self, text: str, *codes: int) -> str:
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


def _text_of(diagnostic: Diagnostic, sources: dict[str, list[str]], paint: _Paint) -> str:
    hue = 31 if diagnostic.severity is Severity.ERROR else 33
    head = paint(f"{diagnostic.severity.value}[{diagnostic.code}]", 1, hue)
    lines = [f"{head}{paint(': ' + _printable(diagnostic.message), 1)}"]
    label = _printable(diagnostic.label)
    if diagnostic.location is not None:
        lines += _source_of(diagnostic.location, label, sources, paint, hue)
    elif label:
        lines.append(f"  {label}")
    margin = " " * _margin(diagnostic.location)
    for place, word in diagnostic.related:
        lines.append(f"{margin} = {paint('note', 1)}: {_printable(f'{word} ({place})')}")
    if diagnostic.help:
        lines.append(f"{margin} = {paint('help', 1)}: {_printable(diagnostic.help)}")
    return "\n".join(lines)


_LONGEST_TEXT = 600


def _printable(text: str) -> str:
    """Return a text that cannot move the cursor, colour the terminal or fill it: it is shown, not obeyed."""
    short = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return "".join(char if char.isprintable() else "�" for char in short.replace("\n", " "))


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
    text = "".join(char if char.isprintable() or char == "\t" else "�" for char in window)
    marked = text[start : start + max(place.length, 1)]
    pad = "".join("\t" if char == "\t" else " " * _width(char) for char in text[:start])
    lines.append(f"{paint(str(place.line), 34)} | {text}")
    lines.append(f"{margin} | {pad}{paint('^' * max(1, sum(map(_width, marked))), 1, hue)} {label}".rstrip())
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


def _width(char: str) -> int:
    """Return the columns a character takes on a terminal (Unicode standard annex 11)."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _line_of(place: Location, sources: dict[str, list[str]]) -> str | None:
    """Return the source line of a place, or None where there is none (any more)."""
    if not place.line:
        return None
    if place.file not in sources:
        try:
            text = Path(place.file).read_text("utf-8-sig", errors="replace")
        except (OSError, ValueError):
            text = ""
        sources[place.file] = re.split(
            r"\r\n|\r|\n", text
        )  # splitlines() would break at more than editors do
    lines = sources[place.file]
    if place.line > len(lines) or not lines[place.line - 1]:
        return None
    return lines[place.line - 1]


def _github_of(diagnostic: Diagnostic) -> str:
    place = diagnostic.location
    where = ""
    if place is not None:
        file = _escaped(place.file).replace(":", "%3A").replace(",", "%2C")
        where = f"file={file},line={max(place.line, 1)},col={max(place.column, 1)},"
    text = "; ".join(part for part in (diagnostic.message, diagnostic.label, diagnostic.help) if part)
    return f"::{diagnostic.severity.value} {where}title={diagnostic.code}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
