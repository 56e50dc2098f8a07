"""What of a value belongs to the other direction alone, taken out: readOnly of a request, writeOnly of a response.

Who sends back what it was given sends readOnly properties as well; they are not to be believed, and are ignored. A
password must not get into an answer because a handler returns what is stored. (JSON Schema validation 2020-12, section
9.4; OpenAPI 3.1, section 4.8.24.3.) Not for whether such properties are required (rewriting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.validation.discriminators import default_target, mapping_of, name_of, tag_of
from macaron_runner.validation.problems import Finding, Unusable

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

Trim: TypeAlias = Callable[[Any], Any]
"""Returns a value that was checked without what does not belong there; the value itself where nothing is taken out."""

_Done: TypeAlias = dict[tuple[int, int], tuple[Any, Any]]
"""What was trimmed already: by the ids of a value and of a schema that contains itself, the value and the result.

Where a value fits several alternatives, each of them trims all that is inside: without this, twice as often a level.
"""

_Step: TypeAlias = Callable[[Any, _Done], Any]

_CHOICES: Final = ("anyOf", "oneOf")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")


class Trimming:
    """Compiles what takes properties out; most schemas have nothing to be taken out, and get None.

    `elsewhere` tells whether a property belongs to the other direction; `fits` compiles what tells, of alternatives
    without a discriminator, whether a value is one of them: only of those with something to take out, which are few.
    (In public documents most have none; the 59 of Microsoft Graph take two seconds, those of others less than half.)
    """

    def __init__(
        self,
        definitions: Mapping[str, Schema],
        elsewhere: Callable[[Schema], bool],
        fits: Callable[[Schema], Callable[[Any], bool]],
    ) -> None:
        self._definitions = definitions
        self._elsewhere = elsewhere
        self._fits = fits
        self._named: dict[tuple[str, bool], _Step] = {}

    def of(self, schema: Schema) -> Trim | None:
        """Return what takes out of a value of this schema what does not belong there; None where nothing may."""
        trim = self._compile(schema) if self._concerns(schema) else None
        if trim is None:
            return None

        def trimmed(value: Any) -> Any:
            try:
                return trim(value, {})
            except RecursionError:
                raise Unusable([Finding((), "", "is nested too deeply")]) from None

        return trimmed

    # Whether there is anything to do

    def _concerns(self, schema: Schema) -> bool:
        """Tell whether there is anything to take out of what a schema describes, or of what it refers to."""
        return any(
            any(map(self._elsewhere, part.get("properties", {}).values()))
            or not self._concerned.isdisjoint(_names(part))
            for part in _inside(schema)
        )

    @cached_property
    def _concerned(self) -> frozenset[str]:
        """The names of schemas with something to take out, found for all at once."""
        referring: dict[str, list[str]] = {}
        found: set[str] = set()
        for name, schema in self._definitions.items():
            for part in _inside(schema):
                if any(map(self._elsewhere, part.get("properties", {}).values())):
                    found.add(name)
                for target in _names(part):
                    referring.setdefault(target, []).append(name)
        pending = list(found)
        while pending:
            new = set(referring.get(pending.pop(), ())) - found
            found |= new
            pending += new
        return frozenset(found)

    # Compiling

    def _compile(self, schema: Schema, *, tagged: bool = True) -> _Step | None:
        """Return what trims a value of a schema; one that others extend is then taken without its tag."""
        if isinstance(schema, bool):
            return None
        return _one_after_another(
            [
                self._object(schema),
                self._array(schema),
                self._reference(schema, tagged=tagged),
                *(self._compile(part, tagged=False) for part in schema.get("allOf", ())),
                self._choice(schema) if tagged or tag_of(schema) is None else None,
            ]
        )

    def _reference(self, schema: Mapping[str, Any], *, tagged: bool) -> _Step | None:
        return self._of_name(name_of(schema["$ref"]), tagged=tagged) if "$ref" in schema else None

    def _of_name(self, name: str, *, tagged: bool = True) -> _Step | None:
        if name not in self._concerned:
            return None
        key = name, tagged
        if key not in self._named:
            # What it is while it is compiled: it may contain itself.
            self._named[key] = _once(lambda value, done: self._named[key](value, done))
            self._named[key] = self._compile(self._definitions[name], tagged=tagged) or _unchanged
        return self._named[key] if self._named[key] is not _unchanged else None

    def _object(self, schema: Mapping[str, Any]) -> _Step | None:
        members = schema.get("properties", {})
        gone = frozenset(name for name, member in members.items() if self._elsewhere(member))
        inner = {name: self._compile(member) for name, member in members.items()}
        further = self._compile(schema.get("additionalProperties", True))
        if not gone and further is None and not any(inner.values()):
            return None

        def trim(value: Any, done: _Done) -> Any:
            if not isinstance(value, dict):
                return value
            kept: dict[str, Any] = {}
            for name, member in value.items():
                if name not in gone:
                    change = inner.get(name, further)
                    kept[name] = member if change is None else change(member, done)
            return kept

        return trim

    def _array(self, schema: Mapping[str, Any]) -> _Step | None:
        first = [self._compile(item) for item in schema.get("prefixItems", ())]
        rest = self._compile(schema.get("items", True))
        if rest is None and not any(first):
            return None

        def trim(value: Any, done: _Done) -> Any:
            if not isinstance(value, list):
                return value
            trims = [*first, *[rest] * (len(value) - len(first))]
            return [
                item if trim is None else trim(item, done) for item, trim in zip(value, trims, strict=False)
            ]

        return trim

    def _choice(self, schema: Mapping[str, Any]) -> _Step | None:
        """Return what trims a value as the alternative that its tag names, or as those that it fits."""
        tag = tag_of(schema)
        if tag is not None:
            return self._by_tag(schema, tag)
        arms = [
            (self._fits(arm), trim)
            for keyword in _CHOICES
            for arm in schema.get(keyword, ())
            if (trim := self._compile(arm)) is not None
        ]

        def trim_what_fits(value: Any, done: _Done) -> Any:
            for fits, trim in arms:
                if fits(value):
                    value = trim(value, done)
            return value

        return trim_what_fits if arms else None

    def _by_tag(self, schema: Mapping[str, Any], tag: str) -> _Step | None:
        lists_them = any(map(schema.get, _CHOICES))  # else they extend it, and it is one of them
        trims = {
            value: trim
            for value, target in mapping_of(schema).items()
            if (trim := self._of_name(target, tagged=lists_them)) is not None
        }
        known = mapping_of(schema).keys()
        default = default_target(schema)
        otherwise = self._of_name(default, tagged=lists_them) if default is not None else None

        def trim_as_named(value: Any, done: _Done) -> Any:
            named = value.get(tag) if isinstance(value, dict) else None
            trim = trims.get(named) if isinstance(named, str) and named in known else otherwise
            return value if trim is None else trim(value, done)

        return trim_as_named if trims or otherwise else None


def _unchanged(value: Any, _: _Done) -> Any:
    return value


def _once(trim: _Step) -> _Step:
    """Return what trims a value once and its result no more; the values are kept, so that no id comes again."""

    def trim_once(value: Any, done: _Done) -> Any:
        key = id(value), id(trim)
        if key not in done:
            result = trim(value, done)
            done[key] = done[id(result), id(trim)] = value, result
        return done[key][1]

    return trim_once


def _one_after_another(trims: Iterable[_Step | None]) -> _Step | None:
    steps = [trim for trim in trims if trim is not None]
    if len(steps) < 2:
        return steps[0] if steps else None

    def trim(value: Any, done: _Done) -> Any:
        for step in steps:
            value = step(value, done)
        return value

    return trim


def _inside(schema: Schema) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and those that stand in it and may have something to take out; none that it refers to."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, bool):
            continue
        yield part
        pending += part.get("properties", {}).values()
        pending += (part[keyword] for keyword in ("items", "additionalProperties") if keyword in part)
        pending += (each for keyword in _LISTS for each in part.get(keyword, ()))


def _names(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the schemas to which one refers, those that its tag may name included."""
    if "$ref" in schema:
        yield name_of(schema["$ref"])
    yield from mapping_of(schema).values()
    if (default := default_target(schema)) is not None:
        yield default
