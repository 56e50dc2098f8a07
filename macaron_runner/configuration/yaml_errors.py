"""What libyaml says about broken YAML, said so that its author can mend it.

Not for YAML that is fine but means nothing to us (problems).
"""

from __future__ import annotations

from typing import Any, Final

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from macaron_runner.diagnostics import Diagnostic, Location

_QUOTE: Final = "put the text in quotes"
_INDENT: Final = "look at the indentation of this line and the one before"

_READABLE: Final[tuple[tuple[str, str, str], ...]] = (
    # libyaml's words, ours, the help
    ("mapping values are not allowed", '": " cannot stand here', f"{_INDENT}, or {_QUOTE}"),
    (
        "block sequence entries are not allowed",
        'a list entry ("- ") cannot begin here',
        "begin it on a line of its own",
    ),
    ("did not find expected key", "a key is expected here", _INDENT),
    ("did not find expected '-' indicator", 'a list entry ("- ") is expected here', _INDENT),
    (
        "did not find expected ',' or ']'",
        'a "," or "]" is missing before this',
        'close the list that begins with "["',
    ),
    (
        "did not find expected ',' or '}'",
        'a "," or "}" is missing before this',
        'close the map that begins with "{"',
    ),
    ("did not find expected node content", "a value is expected here", ""),
    ("did not find expected <document start>", "nothing more is expected here", _INDENT),
    ("found undefined alias", "the alias names an anchor that stands nowhere before it", ""),
    (
        "found unknown escape character",
        "the escape is not known",
        "write \\\\ for a backslash, or use single quotes",
    ),
    ("but found another document", "a second document begins here", "a file holds one document"),
    ("found undefined tag handle", "the tag is not known", _QUOTE),
)


def broken_yaml(error: YAMLError, text: str, file: str) -> Diagnostic:
    """Return the diagnostic (MAC102) of an error that libyaml raised while it read `text`."""
    if isinstance(error, ReaderError):
        return Diagnostic(
            "MAC102", "a control character stands in the file", Location.at(file, text, error.position)
        )
    if not isinstance(error, MarkedYAMLError):
        return Diagnostic("MAC102", f"the YAML is broken: {error}", Location(file))
    problem, mark = error.problem or "", error.problem_mark or error.context_mark
    if "unexpected end of stream" in problem and error.context_mark is not None:
        return Diagnostic(
            "MAC102", "the YAML is broken: this quote is never closed", _mark(file, text, error.context_mark)
        )
    if "could not find expected ':'" in problem and error.context_mark is not None:
        place = _mark(file, text, error.context_mark)
        return Diagnostic("MAC102", 'the YAML is broken: this key has no ":"', place)
    if "cannot start any token" in problem:
        return _bad_start(_mark(file, text, mark), text[mark.index : mark.index + 1] if mark else "")
    message, hint = next(((ours, hint) for words, ours, hint in _READABLE if words in problem), (problem, ""))
    place = _mark(file, text, mark)
    if "${" in _line(text, place.line) and "flow" in (error.context or ""):
        hint = 'inside { } and [ ], put a value with ${…} in quotes: "${NAME}"'
    return Diagnostic(
        "MAC102", f"the YAML is broken: {message}", place, help=hint, related=_context(error, text, file)
    )


def _bad_start(place: Location, character: str) -> Diagnostic:
    if character == "\t":
        return Diagnostic(
            "MAC102", "the YAML is broken: a tab cannot indent", place, help="indent with spaces"
        )
    message = f'the YAML is broken: a plain text cannot begin with "{character}"'
    return Diagnostic("MAC102", message, place, help=_QUOTE)


def _context(error: MarkedYAMLError, text: str, file: str) -> tuple[tuple[Location, str], ...]:
    if error.context_mark is None or not (error.context or "").startswith("while parsing"):
        return ()
    what = (
        (error.context or "")
        .removeprefix("while parsing ")
        .replace("mapping", "map")
        .replace("sequence", "list")
    )
    place = _mark(file, text, error.context_mark)
    if place == _mark(file, text, error.problem_mark):
        return ()
    return ((place, f"{what.replace('collection', 'list')} that begins here"),)


def _mark(file: str, text: str, mark: Any) -> Location:
    return Location.at(file, text, mark.index) if mark is not None else Location(file)


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""
