"""Diagnostics for programs: JSON, annotations of a pull request on GitHub, SARIF for code scanning.

Not for people (rendering).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from macaron_runner.codes import CODES
from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.rendering import short

SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_TEXTS: Final = ("message", "label", "help")


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a JSON array with one object per diagnostic (`Diagnostic.to_json`); overlong texts are cut."""
    return json.dumps(
        [_cut(diagnostic.to_json()) for diagnostic in diagnostics], indent=2, ensure_ascii=False
    )


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return GitHub workflow commands, one line a diagnostic, which annotate the lines of a pull request."""
    return "\n".join(_github_of(diagnostic) for diagnostic in diagnostics)


def render_sarif(diagnostics: Sequence[Diagnostic], version: str) -> str:
    """Return a SARIF 2.1.0 log with one run of macaron `version`; relative paths are relative to %SRCROOT%.

    Only the codes that occur are rules. Columns count characters, not bytes.
    """
    rules = {diagnostic.code: _rule(diagnostic) for diagnostic in diagnostics}
    codes = sorted(rules)
    driver = {"name": "macaron", "version": version, "rules": [rules[code] for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics],
    }
    return json.dumps(
        {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False
    )


def _cut(value: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: short(value[name]) for name in _TEXTS}
    related = [{**each, "message": short(each["message"])} for each in value["related"]]
    return {**value, **texts, "related": related}


def _said(diagnostic: Diagnostic) -> str:
    """Return all that a diagnostic says, but for its places."""
    parts = (diagnostic.message, diagnostic.label, diagnostic.help)
    return "; ".join(short(part) for part in parts if part)


def _github_of(diagnostic: Diagnostic) -> str:
    place = diagnostic.location
    where = ""
    if place is not None and place.in_file:
        file = _escaped(place.file).replace(":", "%3A").replace(",", "%2C")
        where = f"file={file},line={max(place.line, 1)},col={max(place.column, 1)},"
    notes = (f"{short(word)} ({other})" for other, word in diagnostic.related)
    text = "; ".join([_said(diagnostic), *notes])
    command = diagnostic.severity.level.replace("note", "notice")
    return f"::{command} {where}title={diagnostic.code}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_SCORES: Final[Mapping[Severity, str]] = {
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
"""What GitHub's code scanning sorts security findings by: high from 7.0, medium from 4.0, low from 0.1."""


def _rule(diagnostic: Diagnostic) -> dict[str, Any]:
    code, score = diagnostic.code, _SCORES.get(diagnostic.severity)
    rule: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": CODES[code]},
        "help": {"text": f"macaron explain {code} tells what it means and how to mend it."},
    }
    return rule | ({"properties": {"tags": ["security"], "security-severity": score}} if score else {})


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.level,
        "message": {"text": _said(diagnostic)},
    }
    if diagnostic.location is not None:
        result["locations"] = [_sarif_place(diagnostic.location)]
    if related := list(_related(diagnostic.related)):
        result["relatedLocations"] = related
    return result


def _related(places: Iterable[tuple[Location, str]]) -> Iterable[dict[str, Any]]:
    for number, (place, word) in enumerate(places, 1):
        yield {"id": number, **_sarif_place(place), "message": {"text": short(word)}}


def _sarif_place(place: Location) -> dict[str, Any]:
    """Return a location (section 3.28); one that is in no file has a name only."""
    if not place.in_file:
        return {"logicalLocations": [{"fullyQualifiedName": short(place.file)}]}
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file)}
    if place.line:
        column = max(place.column, 1)
        end = column + max(place.length, 1)
        physical["region"] = {"startLine": place.line, "startColumn": column, "endColumn": end}
    return {"physicalLocation": physical}


def _artifact(file: str) -> dict[str, str]:
    """Return an artifactLocation (section 3.4): a URI, relative to the root where the path is relative."""
    name = quote(file.encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{name}"} if Path(file).is_absolute() else {"uri": name, "uriBaseId": _ROOT}
