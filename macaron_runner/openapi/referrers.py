"""Which reference led to where a diagnostic stands: a mistake in another file is shown with the way to it.

Not for references that lead nowhere (references): those are diagnostics of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from macaron_runner.diagnostics import Diagnostic, Location
from macaron_runner.openapi.references import Node
from macaron_runner.openapi.survey import Survey

_LONGEST_WAY = 5
"""References shown between a document and a file that is reached through others."""


def note_references(found: Iterable[Diagnostic], survey: Survey) -> tuple[Diagnostic, ...]:
    """Return the diagnostics; those in other files than the document with a note where the document refers to them."""

    @cache
    def ways_into(file: str) -> list[tuple[Location, Node]]:
        """Return where the targets of references stand in a file, in its order, each with the first such reference."""
        ways = [
            (target.locate(key=True), reference)
            for target, reference in survey.led_outside
            if target.file.name == file
        ]
        return sorted(ways, key=lambda way: (way[0].line, way[0].column))

    def way_to(place: Location) -> Iterator[tuple[Location, str]]:
        passed: set[str] = {survey.root.file.name}
        while place.file not in passed and len(passed) <= _LONGEST_WAY and (ways := ways_into(place.file)):
            passed.add(place.file)
            starts = [(target.line, target.column) for target, _ in ways]
            reference = ways[max(bisect_right(starts, (place.line, place.column)) - 1, 0)][1]
            place = reference.child("$ref").locate()
            yield place, "a reference leads here from there"

    return tuple(
        replace(each, related=(*each.related, *way_to(each.location))) if each.location else each
        for each in found
    )
