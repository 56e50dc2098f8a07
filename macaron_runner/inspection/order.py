"""Diagnostics of many files in the order in which one mends them, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from macaron_runner.configuration.files import shown_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, by_place
from macaron_runner.documents import ApiDocument
from macaron_runner.inspection.inspection import InspectedApi


def in_order(diagnostics: Iterable[Diagnostic], files: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics by their places, those of `files` first.

    Files below the working directory have names relative to it, also those that Python knows by their absolute names.
    """
    return by_place(map(_renamed, diagnostics), files)


def _renamed(diagnostic: Diagnostic) -> Diagnostic:
    place = _shown(diagnostic.location) if diagnostic.location else None
    related = tuple((_shown(other), word) for other, word in diagnostic.related)
    return replace(diagnostic, location=place, related=related)


def _shown(place: Location) -> Location:
    return replace(place, file=shown_name(Path(place.file))) if place.file.startswith("/") else place


def files_of(configuration: Configuration, documents: Iterable[ApiDocument | InspectedApi]) -> list[str]:
    """Return the names by which messages call a service's files: macaron.yaml, what goes over it, its documents."""
    layers = [layer.name for layer in configuration.merged.layers]
    files = [shown_name(path) for path in configuration.files]
    return list(dict.fromkeys([*layers, *files, *(each.document.file for each in documents)]))
