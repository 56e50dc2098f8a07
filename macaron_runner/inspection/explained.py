"""All there is to tell of one key of macaron.yaml, what other rooms work out included, as text and as JSON.

Not for finding out where a value comes from (configuration.explain), nor how it is worked out (computed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from macaron_runner.configuration.explain import Child, Explanation, Step, explain, masked, shown, shown_place
from macaron_runner.configuration.keys import ANY_NAME, find_key
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.merge import ABSENT
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.inspection.computed import computed
from macaron_runner.inspection.outlook import Outlook, Overview, outlook
from macaron_runner.processes.capacity import read_limits


@dataclass(frozen=True, slots=True)
class Explained:
    """What is told of one key; `notes` are sentences about what is worked out, `outlook` is that of schedules."""

    told: Explanation
    notes: tuple[str, ...]
    outlook: Outlook | Overview | None = None

    def to_text(self) -> Iterator[str]:
        """Yield the lines for a person: the value, what the key is, what touched it, what is in it."""
        yield f"{self.told.key}{_value(self.told)}"
        yield ""
        yield from _facts(self.told)
        if self.told.steps:
            yield from ["", "where it comes from, lowest first (* counts):"]
            yield from _steps(self.told.steps)
        elif ANY_NAME not in self.told.path:
            yield from ["", "no layer says it"]
        if self.notes:
            yield ""
            yield from self.notes
        if self.outlook is not None and self.outlook.runs:
            yield ""
            yield from self.outlook.to_text()
        if self.told.children:
            yield from ["", "its keys:"]
            yield from _children(self.told.children)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with the same facts; secrets are the texts `‹secret name›`."""
        told = self.told
        return {
            "key": told.key,
            "value": None if told.plain is ABSENT else masked(told.plain),
            "set": told.is_set,
            "faulty": told.faulty,
            "type": told.type.replace("`", ""),
            "documentation": told.documentation,
            "default": told.default.replace("`", "").strip("*") or None,
            "layers": [_step_to_json(step) for step in told.steps],
            "computed": list(self.notes),
            "keys": {
                child.key: {"value": masked(child.value), "origin": child.origin} for child in told.children
            },
            **({"next_runs": self.outlook.to_json()} if self.outlook is not None else {}),
        }


def explained(
    configuration: Configuration,
    key: str,
    *,
    environ: Mapping[str, str],
    now: datetime,
    problems: tuple[Diagnostic, ...] = (),
) -> Explained:
    """Return what there is to tell of a key as people write it, at a time. Raises UnknownKeyError."""
    path = find_key(key, configuration.merged)
    told = explain(configuration, path, environ=environ, problems=problems)
    if told.faulty:
        return Explained(told, ())
    notes = computed(configuration, path, environ=environ, limits=read_limits)
    ahead = outlook(configuration, path, now, problems)
    return Explained(told, (*notes, ahead.why) if ahead is not None and ahead.why else notes, ahead)


def _value(told: Explanation) -> str:
    if told.faulty:
        return f": {shown(told.plain)} (it has an error: see macaron check)"
    if told.plain is not ABSENT:
        return f": {shown(told.plain)}" + ("" if told.is_set else " (default)")
    if ANY_NAME in told.path:
        return ""
    return (
        " has no value: it or something in it has an error (see macaron check)"
        if told.is_set
        else " is not set"
    )


def _facts(told: Explanation) -> Iterator[str]:
    yield f"  what     {told.documentation}" if told.documentation else "  what     a free value"
    yield f"  type     {told.type.replace('`', '')}"
    if told.default:
        yield f"  default  {told.default.replace('`', '').strip('*')}"


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    places = [shown_place(step.place) for step in steps]
    width = max(map(len, places))
    for place, step in zip(places, steps, strict=True):
        mark = "*" if step.counts else " "
        yield f"  {mark} {place:<{width}}  {step.says}"
        yield from (f"    {'':<{width}}  {reference}" for reference in step.references)


def _children(children: tuple[Child, ...]) -> Iterator[str]:
    said = ["" if child.value is None else shown(child.value) for child in children]
    key_width = max(len(child.key) for child in children)
    width = min(max(map(len, said)), 60)
    for child, value in zip(children, said, strict=True):
        yield f"  {child.key:<{key_width}}  {value:<{width}}  {child.origin.replace('`', '')}".rstrip()


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "place": shown_place(step.place),
        "file": shown_place(step.place.file),
        "line": step.place.line,
        "column": step.place.column,
        "says": step.says,
        "counts": step.counts,
        "references": list(step.references),
    }
