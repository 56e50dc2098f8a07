"""A broken keyword in plain words: what the engine and our own search (locating) find becomes findings here.

    minimum 1, broken by 0 at /items/0/qty  ->  Finding(("items", 0, "qty"), "minimum", "is less than 1: 0")

Not for finding anything, nor for what an answer shows of it (problems); it never names the engine or a Python class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from macaron_runner.validation.problems import MOST, Finding, Path, shown


class EngineError(Protocol):
    """What this module reads of an error of the JSON-Schema engine."""

    @property
    def kind(self) -> Any: ...  # noqa: D102
    @property
    def instance(self) -> Any: ...  # noqa: D102
    @property
    def instance_path(self) -> Sequence[str | int]: ...  # noqa: D102
    @property
    def schema_path(self) -> Sequence[str | int]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of any value that breaks one keyword of one schema; `types` to `schema_path` as in a Finding.

    Where `shows_value`, the value stands behind the text.
    """

    keyword: str
    text: str
    shows_value: bool = True
    subject: str = ""
    types: tuple[str, ...] = ()
    options: tuple[Any, ...] = ()
    schema_path: Path = ()

    def of(self, value: Any) -> str:
        """Return what is said of this value."""
        return f"{self.text}: {shown(value)}" if self.shows_value else self.text


Place = TypeVar("Place", bound=Path)
Fault: TypeAlias = tuple[Place, Words, Any]
"""Where a value breaks its schema, what is said of it there, and the part of the value that it is said of."""


def words_for(keyword: str, argument: Any = None) -> Words:
    """Return what is said where a keyword with this argument is broken: ("minimum", 1) -> "is less than 1"."""
    make = _WORDS.get(keyword)
    return Words(keyword, "does not fit") if make is None else make(keyword, argument)


def missing(name: str) -> Words:
    """Return what is said of an object that lacks a property."""
    return Words("required", f"{shown(name)} is required", shows_value=False, subject=name)


def unknown(name: str, keyword: str = "additionalProperties") -> Words:
    """Return what is said of a property that nobody described, at its own place."""
    return Words(keyword, f"unknown property {shown(name)}", shows_value=False, subject=name)


def findings_of(errors: Iterable[EngineError], most: int = MOST) -> Iterator[Finding]:
    """Yield what the engine's errors mean, at most so many of the errors themselves."""
    for path, words, value in faults_of(islice(errors, most)):
        yield Finding(
            path, words.keyword, words.of(value), words.subject, words.types, words.options, words.schema_path
        )


def faults_of(errors: Iterable[EngineError]) -> Iterator[Fault[Path]]:
    """Yield what the engine's errors mean."""
    for error in errors:
        schema_path = (*error.schema_path,)
        for path, words, value in _explain(error):
            yield path, words if words.schema_path else replace(words, schema_path=schema_path), value


def _explain(error: EngineError) -> Iterable[Fault[Path]]:
    kind, value, path = error.kind, error.instance, (*error.instance_path,)
    keyword = kind.name
    if keyword in _CHOICES:
        return alternatives(keyword, [list(faults_of(branch)) for branch in kind.context], value, path)
    if keyword in _CLOSED:
        return [((*path, name), unknown(name, keyword), value) for name in kind.unexpected[:MOST]]
    if keyword == "propertyNames":
        return _bad_name(kind.error, path)
    if keyword == "required":
        return ((path, missing(kind.property), value),)
    argument = _ARGUMENTS.get(keyword)
    return ((path, words_for(keyword, None if argument is None else getattr(kind, argument)), value),)


def _bad_name(inner: EngineError, path: Path) -> Iterator[Fault[Path]]:
    for _, words, name in _explain(inner):
        text = f"the name of the property {words.text}"
        yield path, Words("propertyNames", text, words.shows_value, str(inner.instance)), name


# Alternatives


def alternatives(
    keyword: str, branches: Sequence[list[Fault[Place]]], value: Any, path: Place
) -> Iterator[Fault[Place]]:
    """Explain by the alternative that was nearest: a wrong type or a wrong tag rules one out, then fewest faults.

    `branches` has what each of them finds wrong; where that is nothing, more than one fits and only one may.
    """
    if not all(branches):
        yield path, Words(keyword, _TOO_MANY, shows_value=False), value
        return
    depth = len(path)
    if all(_only_wrong_type(branch, depth) for branch in branches):
        types = tuple(dict.fromkeys(name for branch in branches for name in branch[0][1].types))
        yield path, Words("type", f"is not {_kinds(types)}", types=types), value
        return
    for fault in min(branches, key=lambda branch: _distance(branch, depth)):
        yield _joined(fault, branches) if fault[1].options else fault


_TOO_MANY: Final = "fits more than one of the alternatives, where exactly one is asked for"


def _joined(fault: Fault[Place], branches: Iterable[list[Fault[Place]]]) -> Fault[Place]:
    """Return the fault of a value that is not listed, with what the other alternatives list in the same place."""
    path, words, value = fault
    same = (other.options for branch in branches for where, other, _ in branch if where == path)
    options = tuple({shown(option): option for listed in same for option in listed}.values())
    return path, replace(words, text=f"is not {_one_of(options)}", options=options), value


def _only_wrong_type(branch: list[Fault[Place]], depth: int) -> bool:
    path, words, _ = branch[0]
    return len(branch) == 1 and words.keyword == "type" and len(path) == depth


def _distance(branch: list[Fault[Place]], depth: int) -> tuple[bool, bool, bool, int, int]:
    """Return how far a value is from an alternative; problems deep inside mean that the outside fits.

    Where one alternative is a `$ref` object and there is none, nobody meant it (API documents are full of these).
    """
    own = [words for path, words, _ in branch if len(path) == depth]
    reference = any(words.keyword == "required" and words.subject == "$ref" for words in own)
    tagged = any(words.keyword in {"const", "enum"} and len(path) == depth + 1 for path, words, _ in branch)
    wrong_type = any(words.keyword == "type" for words in own)
    return reference, wrong_type, tagged, len(own), len(branch)


# Keyword by keyword

_Make: TypeAlias = Callable[[str, Any], Words]

_ARTICLES: Final = {"integer": "an", "array": "an", "object": "an", "null": ""}
_FORMATS: Final = {"byte": "base64"}
"""What formats are called whose names say little."""


def _kinds(types: Iterable[str]) -> str:
    ordered = sorted(types, key=lambda name: name == "null")
    return " or ".join(f"{_ARTICLES.get(name, 'a')} {name}".strip() for name in ordered)


def _one_of(options: Sequence[Any]) -> str:
    listed = ", ".join(shown(option) for option in options[:10])
    more = f" … ({len(options)} in all)" if len(options) > 10 else ""
    return f"one of {listed}{more}" if len(options) > 1 else listed


def _type(keyword: str, argument: Any) -> Words:
    types = (argument,) if isinstance(argument, str) else tuple(sorted(argument))
    return Words(keyword, f"is not {_kinds(types)}", types=types)


def _enum(keyword: str, argument: Any) -> Words:
    options = tuple(argument)
    return Words(keyword, f"is not {_one_of(options)}", options=options)


def _format(keyword: str, argument: Any) -> Words:
    return Words(keyword, f"is not {_FORMATS.get(argument, f'a valid {argument}')}", subject=argument)


def _says(text: str, *, value: bool = True) -> _Make:
    """Return what says one sentence with the keyword's argument put into it."""
    before, told, after = text.partition("{limit}")

    def make(keyword: str, limit: Any) -> Words:
        if not told:
            return Words(keyword, text, value)
        one = limit == 1
        end = after.replace("{s}", "" if one else "s").replace("{ies}", "y" if one else "ies")
        return Words(keyword, f"{before}{limit}{end}", value)

    return make


_CHOICES: Final = frozenset({"anyOf", "oneOf"})
_CLOSED: Final = frozenset({"additionalProperties", "unevaluatedProperties"})

_ARGUMENTS: Final = {
    "const": "expected_value",
    "enum": "options",
    "format": "format",
    "multipleOf": "multiple_of",
    "pattern": "pattern",
    "type": "types",
    **dict.fromkeys(
        (
            "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maxProperties", "maximum", "minItems",
            "minLength", "minProperties", "minimum",
        ),
        "limit",
    ),
}  # fmt: skip
"""Where the engine's errors have a keyword's argument; their `kind.name` is the keyword."""

_WORDS: Final[dict[str, _Make]] = {
    "additionalItems": _says("has more items than described", value=False),
    "const": lambda keyword, argument: _enum(keyword, [argument]),
    "contains": _says("has no item, or too many or too few, of the kind asked for", value=False),
    "enum": _enum,
    "exclusiveMaximum": _says("is not less than {limit}"),
    "exclusiveMinimum": _says("is not greater than {limit}"),
    "falseSchema": _says("is not allowed", value=False),
    "format": _format,
    "maxItems": _says("has more than {limit} item{s}", value=False),
    "maxLength": _says("is longer than {limit} character{s}"),
    "maxProperties": _says("has more than {limit} propert{ies}", value=False),
    "maximum": _says("is greater than {limit}"),
    "minItems": _says("has fewer than {limit} item{s}", value=False),
    "minLength": _says("is shorter than {limit} character{s}"),
    "minProperties": _says("has fewer than {limit} propert{ies}", value=False),
    "minimum": _says("is less than {limit}"),
    "multipleOf": _says("is not a multiple of {limit}"),
    "not": _says("is of a kind that is not allowed"),
    "pattern": _says('does not match "{limit}"'),
    "type": _type,
    "unevaluatedItems": _says("has more items than described", value=False),
    "uniqueItems": _says("has the same item twice", value=False),
}
"""How each keyword's failure is said."""
