"""API documents against the specification they follow, by the schemas that the OpenAPI Initiative publishes.

Not for rules that no schema can say (openapi.rules), nor for examples and defaults (examples). Nothing is
fetched: the schemas are in metaschemas/.
"""

from __future__ import annotations

import importlib.resources
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from macaron_runner.diagnostics import Diagnostic, Location, Severity, near_word
from macaron_runner.validation.engine import readable_pattern
from macaron_runner.validation.problems import Finding, Path, pointer_of, shown
from macaron_runner.validation.schema import Check, compile_published
from macaron_runner.validation.slips import is_understood, slip_in

if TYPE_CHECKING:
    from macaron_runner.openapi.document import Document

_MOST: Final = 5_000
"""Mistakes that are looked for; all but the absurd have fewer."""
_UNKNOWN = frozenset({"additionalProperties", "unevaluatedProperties"})


@dataclass(frozen=True, slots=True)
class _Specification:
    """One published schema, with the check made of it; `parts` are all its documents."""

    check: Check
    parts: tuple[Mapping[str, Any], ...]

    def known_beside(self, finding: Finding) -> tuple[str, ...]:
        """Return the keys that are known where an unknown one was found."""
        for part in self.parts:
            properties = _walk(part, (*finding.schema_path[:-1], "properties"))
            if isinstance(properties, Mapping):
                return tuple(properties)
        return ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: what to tell of it, and the pointer to the value that it spoils; () where it spoils nothing."""

    diagnostic: Diagnostic
    spoilt: Path


def check_against_specification(document: Document) -> tuple[Fault, ...]:
    """Return what in a document breaks its specification, each mistake once, in the order of the document.

    Errors, but a pattern that cannot be used is a warning: it is left out of checks. Swagger 2.0, OpenAPI 3.0, 3.1
    and 3.2; the schemas in a document are checked as well, those of 3.1 and later only where they are in the dialect
    that OpenAPI defines.
    """
    specification = _specification_of(document)
    if specification.check.valid(document.tree):
        return ()
    written = [
        finding._replace(path=_written(finding.path, document.tree))
        for finding in specification.check.findings(document.tree, _MOST)
    ]
    findings = list(_without_echoes(written, specification))
    told = [(finding, _diagnostic(finding, document, specification)) for finding in findings]
    faults = {
        (pointer_of(finding.path), finding.message): Fault(
            diagnostic, () if diagnostic.code in _UNDERSTOOD else _spoilt(finding)
        )
        for finding, diagnostic in told
    }
    return (*sorted(faults.values(), key=_place), *_more_faults(written, document))


def _more_faults(findings: Collection[Finding], document: Document) -> Iterator[Fault]:
    """Yield a fault that spoils everything where there may be more faults than were looked at."""
    if len(findings) >= _MOST:
        message = f"the document has {_MOST} mistakes and more, of which these are some"
        yield Fault(Diagnostic("MAC372", message, document.locate("")), ("paths",))


def _place(fault: Fault) -> tuple[int, int]:
    place = fault.diagnostic.location
    return (place.line, place.column) if place is not None else (0, 0)


_SPARED = frozenset({"description", "info", "openapi", "paths", "responses", "swagger", "title", "version"})
"""Keys that must be there, and without which everything else can be understood."""

_UNDERSTOOD: Final = frozenset({"MAC327"})
"""What spoils nothing: a path parameter is always there, whether it says so or not."""


def _spoilt(finding: Finding) -> Path:
    if finding.keyword == "required" and finding.subject in _SPARED:
        return ()
    if is_understood(finding):
        return ()
    if finding.keyword == "propertyNames":
        return () if _is_section(finding.path) else (*finding.path, finding.subject)
    return finding.path


def _is_section(path: Path) -> bool:
    """Tell whether a section of `components` stands there: references find what is in it by whatever name."""
    return len(path) == 2 and path[0] == "components"


def _specification_of(document: Document) -> _Specification:
    if document.specification == "2.0":
        return _draft4("swagger-2.0")
    if document.specification == "3.0":
        return _draft4("openapi-3.0")
    version = document.specification
    dialect = document.tree.get("jsonSchemaDialect")
    return _with_dialect(version, own_dialect=dialect is not None and dialect not in _dialects(version))


@cache
def _draft4(name: str) -> _Specification:
    schema = _read(name)
    return _Specification(compile_published(schema, 4), (schema,))


@cache
def _with_dialect(version: str, *, own_dialect: bool) -> _Specification:
    """Return the specification with its schemas checked, or, where they are in a dialect of their own, without."""
    parts = tuple(_read(f"openapi-{version}{part}") for part in ("", "-dialect", "-vocabulary"))
    root = parts[0] if own_dialect else _read(f"openapi-{version}-base")
    resources = [(part["$id"], part) for part in parts]
    return _Specification(compile_published(root, 2020, resources), parts)


def _dialects(version: str) -> tuple[str, ...]:
    return (_read(f"openapi-{version}-base")["$defs"]["dialect"]["const"],)


@cache
def _read(name: str) -> dict[str, Any]:
    folder = importlib.resources.files("macaron_runner.validation") / "metaschemas"
    schema: dict[str, Any] = orjson.loads((folder / f"{name}.json").read_bytes())
    return schema


def _walk(tree: Any, path: Path) -> Any:
    """Return what stands at a path, or None."""
    for step in path:
        if isinstance(tree, Mapping):
            tree = tree.get(str(step))
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def _written(path: Path, tree: Any) -> Path:
    """Return a path of the engine's as the document has it: the engine leaves out "" and takes "1" for a number."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(tree, Mapping):
            while str(step) not in tree and isinstance(tree.get(""), Mapping):
                steps.append("")
                tree = tree[""]
            step = str(step)
            tree = tree.get(step)
        else:
            tree = (
                tree[step] if isinstance(tree, list) and isinstance(step, int) and step < len(tree) else None
            )
        steps.append(step)
    return tuple(steps)


def _without_echoes(findings: list[Finding], specification: _Specification) -> Iterator[Finding]:
    """Yield the findings without those that only repeat another.

    A misspelt key is unknown, and the right one is missing: the first says it; so it does where a reference stands that
    may not. A key may count as unevaluated only because something inside it, or the word that says what else there may
    be, failed. What is not one of a list of words need not be a text, too.
    """
    listed = {finding.path for finding in findings if finding.keyword == "enum"}
    unknown: defaultdict[Path, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.keyword in _UNKNOWN:
            unknown[finding.path[:-1]].append(finding.subject)
    for finding in findings:
        beside = unknown[finding.path] if finding.keyword == "required" else []
        if "$ref" in beside or near_word(finding.subject, beside):
            continue
        if finding.keyword == "type" and finding.path in listed:
            continue
        if finding.keyword == "unevaluatedProperties" and (
            (*finding.path[:-1], "type") in listed or finding.subject in specification.known_beside(finding)
        ):
            continue
        yield finding


def _diagnostic(finding: Finding, document: Document, specification: _Specification) -> Diagnostic:
    pointer = pointer_of(finding.path)
    slip = slip_in(finding, _walk(document.tree, finding.path), document)
    if slip is not None:
        return slip
    if finding.keyword in _UNKNOWN:
        return Diagnostic(
            "MAC370",
            f"unknown key {shown(finding.subject)}",
            document.locate(pointer, key=True),
            label=f"not known in {_name_of(finding.path[:-1])}",
            help=near_word(finding.subject, specification.known_beside(finding)),
        )
    if finding.keyword == "required":
        message = f'{_name_of(finding.path)} lacks the key "{finding.subject}"'
        return Diagnostic("MAC371", message, document.locate(pointer, key=True))
    if finding.keyword == "propertyNames":
        return _bad_name(finding, document)
    if finding.message.partition(": ")[0].endswith("is not a valid regex"):
        return _odd_pattern(_walk(document.tree, finding.path), document.locate(pointer))
    message = f"{_name_of(finding.path)} {finding.message}"
    return Diagnostic("MAC372", message, document.locate(pointer), help=_nearest(finding, document))


def _bad_name(finding: Finding, document: Document) -> Diagnostic:
    """Return what is wrong with a key; the only names that documents choose freely are those of components."""
    place = document.locate(pointer_of((*finding.path, finding.subject)), key=True)
    if _is_section(finding.path):
        message = f"no component may be called {shown(finding.subject)}"
        return Diagnostic("MAC372", message, place, help='names have letters, digits, ".", "-" and "_"')
    return Diagnostic("MAC372", f"in {_name_of(finding.path)} {finding.message}", place)


def _odd_pattern(pattern: Any, place: Location) -> Diagnostic:
    """Return the warning of a pattern that is none of ECMA 262; the engine may know how to read it all the same."""
    message = "this pattern is not checked"
    label = "it is not a regular expression of ECMA 262, or grows too large"
    if isinstance(pattern, str) and readable_pattern(pattern):
        message = "not everybody can read this pattern"
        label = "it is checked here, but is not a regular expression of ECMA 262"
    return Diagnostic("MAC380", message, place, label=label, severity=Severity.WARNING)


def _nearest(finding: Finding, document: Document) -> str:
    """Offer the word that was meant, where the specification has a list of words."""
    value = _walk(document.tree, finding.path)
    if finding.keyword != "enum" or not isinstance(value, str):
        return ""
    return near_word(value, map(str, finding.options))


def _name_of(path: Path) -> str:
    """Return what a place is called: its key, or its number under the key of its list."""
    if not path:
        return "the document"
    last = path[-1]
    if isinstance(last, int) and len(path) > 1 and last < 100:
        return f'item {last + 1} of "{path[-2]}"'
    return f'"{last}"'
