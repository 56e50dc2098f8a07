"""`${V}`, `${V:-default}`, `${V:?message}`, `${secret:name}` and `$$` in the values of a document.

Pure: the environment and the secrets come in as a Scope. Works on parsed values, never on YAML text, so that
nothing in a variable can change the document's structure. Keys are left alone, and a `$` before anything else
is a `$`.

    "redis://:${secret:pw}@${HOST:-${REDIS_HOST}}:6379" -> ("redis://:", Reference("pw", secret), "@",
    Reference("HOST", default=(Reference("REDIS_HOST"),)), ":6379")

As in the shell (POSIX.1-2017, 2.6.2), `:-` and `:?` take an empty variable for an unset one; plain `${V}`
does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, TypeAlias

from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.source import Path
from macaron_runner.configuration.variables import UnresolvedError, Variables
from macaron_runner.configuration.yaml_nodes import MOST_PROBLEMS
from macaron_runner.diagnostics import Diagnostic, Location

Piece: TypeAlias = str | tuple[str, str]
"""A literal text, or a secret's name and value."""

Locate: TypeAlias = Callable[[Path, str, int], Location]
"""(path, text, occurrence) -> the place of that occurrence of the text in the scalar at the path."""

_DEEPEST: Final = 20
_TOKEN: Final = re.compile(r"\$\$|\$\{|\{|\}")
_HEAD: Final = re.compile(
    r"secret:(?P<secret>[^${}]*)|(?P<variable>[A-Za-z_][A-Za-z0-9_]*)(?P<operator>:[-?])?"
)
_SECRET_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${…}`: of a variable, or of a secret. `offset` is where it begins in the text."""

    name: str
    secret: bool = False
    default: tuple[str | Reference, ...] | None = None
    message: str | None = None
    offset: int = 0


Template: TypeAlias = tuple[str | Reference, ...]


class TemplateError(ValueError):
    """A text is no template; `offset` is where the faulty `${` begins."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Scope:
    """What references may refer to. `secret` returns a secret's value or raises UnresolvedError.

    `sources` are the variables that hold a secret, with its name: read as `${V}`, they are that secret all the same.
    """

    variables: Variables
    secret: Callable[[str], str]
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Stands for a value that could not be interpolated; an error only if it is still there after merging.

    `faults` are pairs (offset in the text, what is wrong there); `place` finds an offset in the file, which is
    work that is done only for what is told.
    """

    faults: tuple[tuple[int, UnresolvedError], ...]
    place: Callable[[int], Location]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The faults as diagnostics."""
        return tuple(fault.diagnostic(self.place(offset)) for offset, fault in self.faults)


def parse_template(text: str) -> Template:
    """Return the literals and references of a text, in order. Raises TemplateError."""
    parts, _ = _parse(text, 0, depth=0)
    return parts


def interpolate(value: Any, scope: Scope, locate: Locate, path: Path = ()) -> Any:
    """Return a copy of a document with every reference followed; what cannot be followed becomes a Failed.

    A text with a secret in it becomes a Sensitive. A text that is one reference to a declared integer,
    number, boolean or port, and nothing else, becomes a value of that type.
    """
    if isinstance(value, dict):
        return {key: interpolate(item, scope, locate, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, scope, locate, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value
    return _interpolate_text(value, scope, lambda offset: locate(path, "${", value.count("${", 0, offset)))


def failures(value: Any, is_ignored: Callable[[Path], bool]) -> Iterator[Diagnostic]:
    """Yield what failed in a document, but for values at paths that are ignored."""
    for failed in failed_in(value, is_ignored):
        yield from failed.diagnostics


def failed_in(value: Any, is_ignored: Callable[[Path], bool], path: Path = ()) -> Iterator[Failed]:
    """Yield the values of a document that could not be interpolated, but for those at paths that are ignored."""
    if isinstance(value, Failed):
        yield value
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            if not is_ignored((*path, step)):
                yield from failed_in(item, is_ignored, (*path, step))


def _interpolate_text(text: str, scope: Scope, place: Callable[[int], Location]) -> Any:
    try:
        template = parse_template(text)
    except TemplateError as error:
        hint = 'write "$$" for a "$" that is meant as such'
        return Failed(((error.offset, UnresolvedError("MAC109", str(error), hint)),), place)
    faults: list[tuple[int, UnresolvedError]] = []
    pieces = list(_follow(template, scope, faults))
    if faults:
        return Failed(tuple(faults[:MOST_PROBLEMS]), place)
    if any(isinstance(piece, tuple) for piece in pieces):
        return Sensitive(tuple(_joined(pieces)))
    result = "".join(piece for piece in pieces if isinstance(piece, str))
    if len(template) == 1 and isinstance(only := template[0], Reference) and result:
        return scope.variables.convert(only.name, result)
    return result


def escaped(text: str) -> str:
    """Return a text that refers to nothing as a document would write it: every `$` as `$$`."""
    return text.replace("$", "$$")


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, literals that follow one another as one: however a text was made, it equals its like."""
    for is_literal, together in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if not is_literal:
            yield from together
        elif text := "".join(piece for piece in together if isinstance(piece, str)):
            yield text


def _follow(
    template: Iterable[str | Reference], scope: Scope, faults: list[tuple[int, UnresolvedError]]
) -> Iterator[Piece]:
    for part in template:
        if isinstance(part, str):
            yield part
            continue
        try:
            found = (part.name, scope.secret(part.name)) if part.secret else _variable(part, scope)
            if found is not None:
                yield found
        except UnresolvedError as error:
            faults.append((part.offset, error))
            continue
        if found is None and part.default is not None:
            yield from _default(part, scope, faults)


def _variable(reference: Reference, scope: Scope) -> Piece | None:
    """Return the variable's text, or None where its own default must stand in. Raises UnresolvedError."""
    text = _text_of(reference, scope.variables)
    if text and reference.name in scope.sources and scope.variables.environ.get(reference.name) == text:
        return scope.sources[reference.name], text
    return text


def _text_of(reference: Reference, variables: Variables) -> str | None:
    text = variables.read(reference.name)
    if reference.default is not None:
        return text or None
    if text is None or (reference.message is not None and not text):
        raise variables.unset(reference.name, reference.message)
    if not text:
        variables.convert(reference.name, text)  # an empty text is fine as a string, and as nothing else
    return text


def _default(reference: Reference, scope: Scope, faults: list[tuple[int, UnresolvedError]]) -> list[Piece]:
    before = len(faults)
    pieces = list(_follow(reference.default or (), scope, faults))
    if len(faults) > before or any(isinstance(piece, tuple) for piece in pieces):
        return pieces
    try:
        scope.variables.convert(reference.name, "".join(piece for piece in pieces if isinstance(piece, str)))
    except UnresolvedError as error:
        faults.append((reference.offset, error))
    return pieces


def _parse(text: str, start: int, *, depth: int) -> tuple[Template, int]:
    """Return the parts from `start` on, and the index behind them: the end or, in a default, the brace."""
    parts: list[str | Reference] = []
    literal, index, open_braces = "", start, 0
    while (token := _TOKEN.search(text, index)) is not None:
        literal += text[index : token.start()]
        index = token.end()
        if token[0] == "$$":
            literal += "$"
        elif token[0] == "${":
            parts += [literal] * bool(literal)
            reference, index = _parse_reference(text, token.start(), depth=depth)
            parts.append(reference)
            literal = ""
        elif token[0] == "}" and depth and not open_braces:
            return (*parts, *[literal] * bool(literal)), index
        else:
            literal += token[0]
            open_braces += 1 if token[0] == "{" else -1
    if depth:
        raise TemplateError('"${" is never closed', start)
    literal += text[index:]
    return (*parts, *[literal] * bool(literal)), len(text)


def _parse_reference(text: str, start: int, *, depth: int) -> tuple[Reference, int]:
    head = _HEAD.match(text, start + 2)
    if head is None:
        raise TemplateError(_unreadable(text, start), start)
    index = head.end()
    if head["secret"] is None and (operator := head["operator"]) is not None:
        return _parse_operator(text, start, index, head["variable"], operator, depth=depth)
    if text[index : index + 1] != "}":
        raise TemplateError(_unreadable(text, start), start)
    if head["secret"] is None:
        return Reference(head["variable"], offset=start), index + 1
    if not _SECRET_NAME.fullmatch(head["secret"]):
        raise TemplateError(f'"{head["secret"]}" cannot name a secret; write ${{secret:name}}', start)
    return Reference(head["secret"], secret=True, offset=start), index + 1


def _parse_operator(
    text: str, start: int, index: int, name: str, operator: str, *, depth: int
) -> tuple[Reference, int]:
    if operator == ":?":
        end = text.find("}", index)
        if end < 0:
            raise TemplateError('"${" is never closed', start)
        return Reference(name, message=text[index:end], offset=start), end + 1
    if depth == _DEEPEST:
        raise TemplateError(f"more than {_DEEPEST} defaults stand inside one another", start)
    try:
        default, end = _parse(text, index, depth=depth + 1)
    except TemplateError as error:
        raise TemplateError(str(error), start if error.offset == index else error.offset) from None
    return Reference(name, default=default, offset=start), end


def _unreadable(text: str, start: int) -> str:
    end = text.find("}", start)
    if end < 0:
        return '"${" is never closed'
    forms = "${NAME}, ${NAME:-default} or ${secret:name}"
    return f'"{text[start : end + 1][:40]}" is not a reference; write {forms}'
