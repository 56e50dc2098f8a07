"""Schemas compiled into checks, which tell whether a value fits, what is wrong with it, and what is to be taken out.

Not for reading texts into values (parameters, body) or for building objects from them (models).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import orjson

from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.alike import Lists, LongLists, compile_long_lists
from macaron_runner.validation.branching import may_explode, ways_back
from macaron_runner.validation.engine import (
    Engine,
    Refusal,
    compile_foreign,
    compile_rewritten,
    readable_pattern,
)
from macaron_runner.validation.formats import ALONE, Formats
from macaron_runner.validation.locating import Locating
from macaron_runner.validation.problems import MOST, Finding, Path, details_at, details_of
from macaron_runner.validation.rewriting import DirectedSchemas, Direction, Rewritten
from macaron_runner.validation.searching import Beyond, Fits, Search, Steps, give_up
from macaron_runner.validation.trimming import Trim, Trimming
from macaron_runner.validation.wording import Fault, findings_of

if TYPE_CHECKING:
    from macaron_runner.errors import ErrorDetail

_MODEST: Final = 64 * 1024
"""Of values that are longer than this as JSON, only the first error is told."""


_TOO_DEEP: Final = Finding((), "", "does not fit, and is nested too deeply to say where")


class Check:
    """One compiled schema. Compiled when first asked, or by `prepare()` before workers are forked.

    A number without a fraction is an integer (1.0 is, "1" and true are not: JSON Schema 2020-12 section 4.2.3).
    """

    def __init__(
        self,
        build: Callable[[], Engine],
        trim: Callable[[], Trim | None] = lambda: None,
        count_ways: Callable[[], int] = lambda: 1,
        search: Callable[[], Search] = lambda: give_up,
        find_lists: Callable[[], LongLists | None] = lambda: None,
    ) -> None:
        self._build = build
        self._find_trim = trim
        self._count_ways = count_ways
        self._find_search = search
        self._find_lists = find_lists

    @cached_property
    def _engine(self) -> Engine:
        return self._build()

    @cached_property
    def _trim(self) -> Trim | None:
        return self._find_trim()

    @cached_property
    def _ways(self) -> int:
        return self._count_ways()

    @cached_property
    def _search(self) -> Search:
        return self._find_search()

    @cached_property
    def _lists(self) -> LongLists | None:
        return None if self._trim is not None else self._find_lists()

    def by_columns(self, value: Any) -> Lists | None:
        """Return the long lists in a value that fits, None where only `valid` tells whether it does.

        Ask about large values: it is compiled when the first of them has such a list.
        """
        lists = self._lists
        return None if lists is None else lists.fit(value)

    def trimmed(self, value: Any) -> Any:
        """Return a value that fits without what belongs to the other direction; itself where there is nothing such.

        Raises Unusable for one that is nested too deeply to be gone through.
        """
        trim = self._trim
        return value if trim is None else trim(value)

    def compiled(self) -> Fits:
        """Return the engine's own function that tells whether a value fits, compiled now."""
        return self._engine.is_valid

    def prepare(self) -> None:
        """Compile now, so that forked workers share the result; from now on `valid` is the engine's own function."""
        vars(self)["valid"] = self.compiled()
        vars(self)["trimmed"] = self._trim or _untouched

    def valid(self, value: Any) -> bool:
        """Tell whether a JSON value fits. Raises ValueError where it meets something that is no JSON value."""
        return self._engine.is_valid(value)

    def findings(self, value: Any, most: int = MOST) -> Iterator[Finding]:
        """Yield what is wrong with a value, in plain words. Only for values of our own: see `problems`."""
        return findings_of(self._engine.iter_errors(value), most)

    def first_findings(self, value: Any, depth: int) -> dict[Path, Finding]:
        """Return, by its path, what is wrong first with each part of a value `depth` steps down. Like `findings`."""
        first: dict[Path, Finding] = {}
        for error in self._engine.iter_errors(value):
            part = tuple(error.instance_path[:depth])
            if part not in first:
                first[part] = next(findings_of([error]))
        return first

    def problems(self, value: Any, location: str = "body", pointer: str = "") -> tuple[ErrorDetail, ...]:
        """Return what is wrong with a value as a client sees it, `pointer` before each place; () where it fits.

        Slower than `valid`: ask only about values that are known to be wrong. Of a small value of many levels, where
        the schema branches and comes back to itself, only is told that it does not fit: everything could be too much.
        """
        if self._ways > 1 and may_explode(self._ways, value):
            return details_of([_TOO_DEEP], location, pointer)
        found: list[Fault[Steps]] = []
        try:
            self._search(value, (), found)
        except (Beyond, RecursionError):
            found.clear()
        if not found:
            return details_of(self._by_engine(value), location, pointer)
        return details_at([("".join(path), words.of(each)) for path, words, each in found], location, pointer)

    def _by_engine(self, value: Any) -> Iterable[Finding]:
        """Return what the engine finds wrong. Of a huge or very deep value only the first problem is told.

        It finds all errors at once, each with a copy of what it is about: a body of a megabyte could ask for seconds
        and gigabytes.
        """
        return self.findings(value) if _is_modest(value) else self._first(value)

    def _first(self, value: Any) -> Iterator[Finding]:
        try:
            self._engine.validate(value)
        except Refusal as error:
            yield from findings_of([error])
        except ValueError:  # it cannot copy what the error is about
            yield _TOO_DEEP


def _untouched(value: Any) -> Any:
    return value


class Definitions(Mapping[str, Schema]):
    """The named schemas of one API, with what was compiled from them: equal schemas share one check.

    `formats` are those of the service.

    Wrap an API's schemas once, and hand this to every compiler in place of the plain mapping.
    """

    def __init__(self, schemas: Mapping[str, Schema], formats: Formats = ALONE) -> None:
        self._schemas = schemas
        self.formats = formats
        self._directed: dict[Direction, DirectedSchemas] = {}
        self._checks: dict[tuple[bytes, Direction], Check] = {}
        self._trimmings: dict[Direction, Trimming] = {}
        self._searches: dict[Direction, Locating] = {}
        self._asserted: dict[bytes, Fits] = {}
        self._rewriting = threading.Lock()  # two threads may be the first to use two checks
        self.compiled = 0
        """How many schemas were compiled so far, those that another refers to counted with it: the work done."""

    def __getitem__(self, name: str) -> Schema:
        return self._schemas[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._schemas)

    def __len__(self) -> int:
        return len(self._schemas)

    def is_elsewhere(self, schema: Schema, direction: Direction) -> bool:
        """Tell whether a property with this schema belongs to the other direction alone: writeOnly, of a response."""
        return self._of(direction).elsewhere(schema)

    def check(self, schema: Schema, direction: Direction) -> Check:
        """Return the check of a schema whose `$ref`s mean these definitions."""
        key = (_fingerprint(schema), direction)
        if key not in self._checks:
            self._checks[key] = Check(
                lambda: self._compile(schema, direction),
                lambda: self._trimming(direction).of(schema),
                lambda: ways_back(self._closed(schema, direction)),
                lambda: self._locating(direction).of(self._closed(schema, direction)),
                lambda: compile_long_lists(self._closed(schema, direction), self._asserts),
            )
        return self._checks[key]

    def _compile(self, schema: Schema, direction: Direction) -> Engine:
        closed = self._closed(schema, direction)
        self.compiled += 1 + (len(closed.get("$defs", ())) if isinstance(closed, Mapping) else 0)
        return compile_rewritten(closed, self.formats.functions)

    def _closed(self, schema: Schema, direction: Direction) -> Rewritten:
        with self._rewriting:
            return self._of(direction).closed(schema)

    def _trimming(self, direction: Direction) -> Trimming:
        if direction not in self._trimmings:
            self._trimmings[direction] = Trimming(
                self._schemas,
                elsewhere=lambda schema: self.is_elsewhere(schema, direction),
                fits=lambda arm: self.check(arm, direction).compiled(),
            )
        return self._trimmings[direction]

    def _locating(self, direction: Direction) -> Locating:
        if direction not in self._searches:
            self._searches[direction] = Locating(self._of(direction).definition, self._asserts)
        return self._searches[direction]

    def _asserts(self, schema: dict[str, Any]) -> Fits:
        """Return what the engine says of values by a schema that is complete in itself; equal ones share it."""
        key = _fingerprint(schema)
        if key not in self._asserted:
            self._asserted[key] = compile_rewritten(schema, self.formats.functions).is_valid
        return self._asserted[key]

    def _of(self, direction: Direction) -> DirectedSchemas:
        if direction not in self._directed:
            self._directed[direction] = DirectedSchemas(
                self._schemas, direction, readable_pattern, self.formats.patterns
            )
        return self._directed[direction]


def compile_schema(schema: Schema, definitions: Mapping[str, Schema], direction: Direction) -> Check:
    """Return the check of a normalised schema for requests or for responses.

    `readOnly` properties are not required in a request, `writeOnly` ones not in a response; a discriminator
    chooses which alternative is checked. Formats are asserted. Only definitions that the schema reaches are
    compiled. Pass a `Definitions` to share work between schemas.
    """
    shared = definitions if isinstance(definitions, Definitions) else Definitions(definitions)
    return shared.check(schema, direction)


def misfits(
    pairs: Sequence[tuple[Schema, Any]], definitions: Mapping[str, Schema], direction: Direction
) -> dict[int, Finding]:
    """Return, by its number, what is wrong first with each value that does not fit the schema beside it.

    One engine is compiled for all of them: one for each would compile a definition again for every schema that
    reaches it, which in a document of a thousand operations takes minutes and gigabytes.
    """
    schemas: dict[str, Schema] = {}
    values: dict[str, list[Any]] = {}
    places = []
    for schema, value in pairs:
        key = f"schema {id(schema)}"
        schemas[key] = {"items": schema}
        values.setdefault(key, []).append(value)
        places.append((key, len(values[key]) - 1))
    check = compile_schema({"properties": schemas}, definitions, direction)
    found = check.first_findings(values, depth=2) if values else {}
    return {
        number: found[place]._replace(path=found[place].path[2:])
        for number, place in enumerate(places)
        if place in found
    }


def compile_published(
    schema: Mapping[str, Any], draft: int, resources: Iterable[tuple[str, Any]] = ()
) -> Check:
    """Return the check of a schema as somebody else published it, in draft 4 or 2020; nothing is fetched.

    `resources` are further documents that its `$ref`s may name, each with its address.
    """
    return Check(lambda: compile_foreign(schema, draft, resources))


def _fingerprint(schema: Schema) -> bytes:
    """Return a text that only equal schemas share."""
    try:
        return orjson.dumps(schema, default=dict, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # integers beyond 64 bits
        return json.dumps(schema, default=dict, sort_keys=True).encode()


def _is_modest(value: Any) -> bool:
    """Tell whether a value is small and flat enough for all its errors to be found."""
    try:
        return len(orjson.dumps(value)) <= _MODEST
    except TypeError:  # more than 254 levels, or integers beyond 64 bits
        return False
