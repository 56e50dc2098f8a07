"""A value that fits its schema, found by making one, looking at what is wrong with it, and making that part anew.

The check is the one that responses are held against. Not for making a single attempt (values).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from macaron_runner.mock.merging import Merger
from macaron_runner.mock.shape import Impossible
from macaron_runner.mock.values import Path, ValueMaker
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.problems import Finding, pointer_of
from macaron_runner.validation.schema import Check, compile_schema

_MOST_ATTEMPTS: Final = 80
_MOST_WORK: Final = 100_000
"""Parts made in all attempts together: a few seconds."""
_STUBBORN: Final = 7
"""How often a part is made anew before what is around it is."""
_MENDED_AT_ONCE: Final = 20
_AT_THE_OBJECT: Final = frozenset({"additionalProperties", "unevaluatedProperties", "propertyNames"})
"""Keywords whose findings are about a property, and whose mend is to leave it out."""


class Unfit(Exception):
    """No value was found that fits a schema: says in words where, and what the last one broke."""


def make_fitting(schema: Schema, merger: Merger, *, name: str = "", shown: bool = True) -> Any:
    """Return a value that fits a schema as a response; the same every time.

    `name` is what the value is called; `shown`: what the schemas show as examples and defaults comes first. Raises
    Unfit where no value is found, and BadConfiguration where the schema cannot be compiled.
    """
    check = compile_schema(schema, merger.definitions, "response")
    turns: Counter[Path] = Counter()
    findings: list[Finding] = []
    attempts, work = 0, 0
    while attempts < _MOST_ATTEMPTS and work < _MOST_WORK:
        maker = ValueMaker(merger, turns, shown=shown)
        try:
            value = maker.make(schema, name)
        except Impossible as error:
            raise Unfit(f"{_place(error.path)}: it {error.reason}") from None
        except RecursionError:
            raise Unfit("the whole: it is described too deeply") from None
        if fits(value, check):
            return value
        findings = list(islice(check.findings(value), _MENDED_AT_ONCE))
        _take_turns(turns, findings, maker.paths)
        attempts, work = attempts + 1, work + maker.made
    first = findings[0]
    raise Unfit(f"{_place(first.path)}: every value that was tried {first.message}")


def fits(value: Any, check: Check) -> bool:
    """Tell whether a value is JSON and fits."""
    try:
        return check.valid(value)
    except (ValueError, TypeError):  # a text that is no Unicode, a number that is none
        return False


def _take_turns(turns: Counter[Path], findings: Iterable[Finding], paths: set[Path]) -> None:
    """Count up what is to be made in another way next time: the smallest part around each finding, each part once."""
    for path in {_part_at(finding, paths) for finding in findings}:
        turns[path] += 1
        while path and turns[path] % _STUBBORN == 0:
            path = _nearest(path[:-1], paths)
            turns[path] += 1


def _part_at(finding: Finding, paths: set[Path]) -> Path:
    path = finding.path[:-1] if finding.keyword in _AT_THE_OBJECT and finding.path else finding.path
    return _nearest(path, paths)


def _nearest(path: Path, paths: set[Path]) -> Path:
    while path not in paths and path:
        path = path[:-1]
    return path


def _place(path: Path) -> str:
    return f"at {pointer_of(path)}" if path else "the whole"
