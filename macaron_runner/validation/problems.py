"""What is wrong with a value, in plain words: the engine's errors become findings, and findings error details.

Not for finding errors (schema); it never names the engine, a Python class or a schema keyword.

    {"items": [{"qty": "a"}]}  ->  body  /items/0/qty   is not an integer: "a"
                                   body  /items/0       "sku" is required
"""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from macaron_runner.errors import ErrorDetail, InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MOST: Final = 100
"""How many problems are reported at once: an answer is not to grow without bounds with a wrong request."""

SHOWN: Final = 60
"""How many characters of a wrong value are repeated in a message."""

LONGEST: Final = 10_000
"""How many characters the pointers of one answer may have together: each repeats what may be a long name."""

_LONG_POINTER: Final = 200

Path = tuple[str | int, ...]


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


class Finding(NamedTuple):
    """One problem: where in the value (`path`), which keyword of the schema saw it, and what it is in words.

    `subject` is the name that an unknown, missing or misnamed property, or a format, has; `types` and `options` are the
    types and values that were expected; `schema_path` tells where in the schema the keyword stands.
    """

    path: Path
    keyword: str
    message: str
    subject: str = ""
    types: tuple[str, ...] = ()
    options: tuple[Any, ...] = ()
    schema_path: Path = ()


class Unusable(ValueError):
    """A value that fits its schema and that Python cannot hold: a leap second, the year 0. `findings` tell where."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "; ".join(f"{pointer_of(each.path)} {each.message}".strip() for each in self.findings)
        )


def pointer_of(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path: ("a/b", 0) -> "/a~1b/0"; the whole value is ""."""
    steps = [step if isinstance(step, str) else str(step) for step in path]
    text = "/".join(steps)
    if "~" in text or text.count("/") >= len(steps):
        text = "/".join([step.replace("~", "~0").replace("/", "~1") for step in steps])
    return "/" + text if steps else ""


def invalid(details: Sequence[ErrorDetail]) -> InvalidParameter:
    """Return the error that answers a request with these problems; its description tells the first of them."""
    first = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    place = first.pointer if len(first.pointer) <= _LONG_POINTER else first.pointer[:_LONG_POINTER] + "…"
    return InvalidParameter(f"{first.location}{place}: {first.message}{more}", errors=details)


def details_of(findings: Iterable[Finding], location: str, pointer: str = "") -> tuple[ErrorDetail, ...]:
    """Return the findings as a client sees them, each once; `pointer` stands before theirs.

    A missing property is reported at the object that lacks it, an unknown one at the property itself. At most
    MOST, and after the first only as many as LONGEST has room for.
    """
    unique = dict.fromkeys([(pointer + pointer_of(finding.path), finding.message) for finding in findings])
    room = LONGEST
    details: list[ErrorDetail] = []
    for place, message in islice(unique, MOST):
        room -= len(place)
        if room < 0 and details:
            break
        details.append(ErrorDetail(location, place, message))
    return tuple(details)


def findings_of(errors: Iterable[EngineError], most: int = MOST) -> Iterator[Finding]:
    """Yield what the engine's errors mean, at most so many of the errors themselves."""
    for error in islice(errors, most):
        yield from _explain(error)


def shown(value: Any) -> str:
    """Return a value for a message: scalars as JSON, at most SHOWN characters; containers only by their kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # Infinity, NaN
    if isinstance(value, str):
        value = value[: SHOWN + 1]
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):  # integers beyond 64 bits, lone surrogates
        text = ascii(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _explain(error: EngineError) -> Iterable[Finding]:
    explain = _EXPLAIN.get(error.kind.name, _unknown)
    return explain(error)


def _finding(error: EngineError, message: str, *, step: str | int | None = None, **details: Any) -> Finding:
    path = (*error.instance_path,) if step is None else (*error.instance_path, step)
    return Finding(path, error.kind.name, message, schema_path=(*error.schema_path,), **details)


def _unknown(error: EngineError) -> Iterator[Finding]:
    yield _finding(error, f"does not fit: {shown(error.instance)}")


def _says(text: str, argument: str = "", *, value: bool = True) -> Callable[[EngineError], Iterable[Finding]]:
    """Return an explanation of one sentence, with the keyword's argument put into it and the value behind it."""
    before, _, after = text.partition("{limit}")
    counts = "{s}" in after or "{ies}" in after

    def explain(error: EngineError) -> tuple[Finding]:
        limit = getattr(error.kind, argument) if argument else ""
        end = after
        if counts:
            end = after.format(s="", ies="y") if limit == 1 else after.format(s="s", ies="ies")
        shown_value = f": {shown(error.instance)}" if value else ""
        return (_finding(error, f"{before}{limit}{end}{shown_value}"),)

    return explain


_ARTICLES: Final = {"integer": "an", "array": "an", "object": "an", "null": ""}


def _kinds(types: Iterable[str]) -> str:
    ordered = sorted(types, key=lambda name: name == "null")
    return " or ".join(f"{_ARTICLES.get(name, 'a')} {name}".strip() for name in ordered)


def _wrong_type(error: EngineError) -> Iterator[Finding]:
    types = tuple(error.kind.types)
    yield _finding(error, f"is not {_kinds(types)}: {shown(error.instance)}", types=types)


def _missing(error: EngineError) -> Iterator[Finding]:
    name = error.kind.property
    yield _finding(error, f"{shown(name)} is required", subject=name)


def _unexpected_properties(error: EngineError) -> Iterator[Finding]:
    for name in error.kind.unexpected[:MOST]:
        yield _finding(error, f"unknown property {shown(name)}", step=name, subject=name)


def _unexpected_items(error: EngineError) -> Iterator[Finding]:
    yield _finding(error, "has more items than described")


def _forbidden(error: EngineError) -> Iterator[Finding]:
    yield _finding(error, "is not allowed")


def _not_listed(error: EngineError) -> Iterator[Finding]:
    options = tuple(error.kind.options)
    yield _finding(error, f"is not {_one_of(options)}: {shown(error.instance)}", options=options)


def _not_constant(error: EngineError) -> Iterator[Finding]:
    options = (error.kind.expected_value,)
    yield _finding(error, f"is not {_one_of(options)}: {shown(error.instance)}", options=options)


def _one_of(options: Sequence[Any]) -> str:
    listed = ", ".join(shown(option) for option in options[:10])
    more = f" … ({len(options)} in all)" if len(options) > 10 else ""
    return f"one of {listed}{more}" if len(options) > 1 else listed


def _bad_name(error: EngineError) -> Iterator[Finding]:
    inner = error.kind.error
    name = str(inner.instance)
    for finding in _explain(inner):
        yield _finding(error, f"the name of the property {finding.message}", subject=name)


def _alternatives(error: EngineError) -> Iterator[Finding]:
    """Explain by the alternative that was nearest: a wrong type or a wrong tag rules one out, then fewest findings."""
    branches = [list(findings_of(branch)) for branch in error.kind.context]
    if not all(branches):
        yield _finding(error, "fits more than one of the alternatives, where exactly one is asked for")
        return
    depth = len(error.instance_path)
    if all(_only_wrong_type(branch, depth) for branch in branches):
        types = tuple(dict.fromkeys(name for branch in branches for name in branch[0].types))
        message = f"is not {_kinds(types)}: {shown(error.instance)}"
        yield Finding(branches[0][0].path, "type", message, types=types, schema_path=tuple(error.schema_path))
        return
    for finding in min(branches, key=lambda branch: _distance(branch, depth)):
        yield _joined(finding, branches) if finding.options else finding


def _joined(finding: Finding, branches: Iterable[list[Finding]]) -> Finding:
    """Return a finding of a value that is not listed, with what the other alternatives list in the same place."""
    same = (other.options for branch in branches for other in branch if other.path == finding.path)
    options = tuple({shown(option): option for listed in same for option in listed}.values())
    _, _, value = finding.message.rpartition(": ")
    return finding._replace(message=f"is not {_one_of(options)}: {value}", options=options)


def _only_wrong_type(branch: list[Finding], depth: int) -> bool:
    return len(branch) == 1 and branch[0].keyword == "type" and len(branch[0].path) == depth


def _distance(branch: list[Finding], depth: int) -> tuple[bool, bool, bool, int, int]:
    """Return how far a value is from an alternative; problems deep inside mean that the outside fits.

    Where one alternative is a `$ref` object and there is none, nobody meant it (API documents are full of these).
    """
    own = [finding for finding in branch if len(finding.path) == depth]
    reference = any(finding.keyword == "required" and finding.subject == "$ref" for finding in own)
    tagged = any(
        finding.keyword in {"const", "enum"} and len(finding.path) == depth + 1 for finding in branch
    )
    wrong_type = any(finding.keyword == "type" for finding in own)
    return reference, wrong_type, tagged, len(own), len(branch)


def _bad_format(error: EngineError) -> Iterator[Finding]:
    form = error.kind.format
    words = _FORMATS.get(form, f"a valid {form}")
    yield _finding(error, f"is not {words}: {shown(error.instance)}", subject=form)


_FORMATS: Final = {"byte": "base64"}
"""What formats are called whose names say little."""

_EXPLAIN: Final[dict[str, Callable[[EngineError], Iterable[Finding]]]] = {
    "additionalProperties": _unexpected_properties,
    "additionalItems": _unexpected_items,
    "anyOf": _alternatives,
    "const": _not_constant,
    "contains": _says("has no item, or too many or too few, of the kind asked for", value=False),
    "enum": _not_listed,
    "exclusiveMaximum": _says("is not less than {limit}", "limit"),
    "exclusiveMinimum": _says("is not greater than {limit}", "limit"),
    "falseSchema": _forbidden,
    "format": _bad_format,
    "maxItems": _says("has more than {limit} item{s}", "limit", value=False),
    "maxLength": _says("is longer than {limit} character{s}", "limit"),
    "maxProperties": _says("has more than {limit} propert{ies}", "limit", value=False),
    "maximum": _says("is greater than {limit}", "limit"),
    "minItems": _says("has fewer than {limit} item{s}", "limit", value=False),
    "minLength": _says("is shorter than {limit} character{s}", "limit"),
    "minProperties": _says("has fewer than {limit} propert{ies}", "limit", value=False),
    "minimum": _says("is less than {limit}", "limit"),
    "multipleOf": _says("is not a multiple of {limit}", "multiple_of"),
    "not": _says("is of a kind that is not allowed"),
    "oneOf": _alternatives,
    "pattern": _says('does not match "{limit}"', "pattern"),
    "propertyNames": _bad_name,
    "required": _missing,
    "type": _wrong_type,
    "unevaluatedItems": _unexpected_items,
    "unevaluatedProperties": _unexpected_properties,
    "uniqueItems": _says("has the same item twice", value=False),
}
"""How each keyword's failure is said; the engine's `kind.name` is the keyword."""
