"""What must hold in an API document beyond its meta-schema: one function a rule, all of them in RULES.

Not for the form of the document (validation.document), nor for values against schemas; no JSON-Schema engine
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeAlias

from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.openapi import deprecation, parameter_rules, path_rules, schema_rules, security_rules
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.survey import Survey

Rule: TypeAlias = Callable[[Survey], Iterator[Diagnostic]]

_MOST: Final = 100
"""Findings of one rule; nobody reads more."""
_MOST_PLACES: Final = 4
"""Further places of one broken reference."""

_EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "operation": (
        *(
            "x-bind-server",
            "x-no-bind-server",
            "x-decorate-server",
            "x-stream-body",
            "x-deprecated-at",
            "x-sunset",
        ),
        *("x-bind-client", "x-decorate-request", "x-idempotent"),
    ),
    "schema": ("x-parent", "x-nullable", "x-mandatory"),
}
"""The extensions that mean something to macaron, by what they stand in."""


def check_document(document: Document) -> tuple[Diagnostic, ...]:
    """Return what breaks a rule in the document or the files it refers to, by file and line."""
    return check_rules(Survey(document))


def check_rules(survey: Survey, most: int | None = _MOST) -> tuple[Diagnostic, ...]:
    """Return what breaks a rule in a document that is taken apart already; of each kind at most so many."""
    found = dict.fromkeys(diagnostic for rule in RULES for diagnostic in islice(rule(survey), most))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.location or Location(""), diagnostic.code)))


def broken_references(survey: Survey) -> Iterator[Diagnostic]:
    """Report each `$ref` that leads to nothing; those of one file to the same nothing together, at the first."""
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for found in survey.broken:
        groups.setdefault((found.location.file if found.location else "", found.message), []).append(found)
    for group in groups.values():
        first, *others = sorted(dict.fromkeys(group), key=lambda found: found.location or Location(""))
        yield replace(first, related=(*first.related, *_also_at(others)))


def _also_at(others: Sequence[Diagnostic]) -> Iterator[tuple[Location, str]]:
    """Yield the places of further references to the same nothing: the next ones, then how many more there are."""
    for number, found in enumerate(others[:_MOST_PLACES], 1):
        more = len(others) - _MOST_PLACES if number == _MOST_PLACES else 0
        text = f"it stands here as well, and in {more} more places" if more > 0 else "it stands here as well"
        if found.location is not None:
            yield found.location, text


def extensions_are_spelt_right(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of an `x-…` key that is one of ours but for a letter or two: it would silently do nothing.

    What a misspelt x-decorate-server does not do may be asking for a token.
    """
    for kind, known in _EXTENSIONS.items():
        for node in survey.nodes(kind):
            for name in node.value:
                if name.startswith("x-") and name not in known and (near := _meant(name, known)):
                    yield Diagnostic(
                        "MAC331",
                        f'"{name}" does nothing',
                        node.child(name).locate(key=True),
                        help=f'did you mean "{near}"?',
                        severity=Severity.WARNING,
                    )


def _meant(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # not at the top: few documents have extensions that need it

    return next(iter(get_close_matches(name.lower(), known, n=1, cutoff=0.9)), "")


RULES: Final[tuple[Rule, ...]] = (
    broken_references,
    extensions_are_spelt_right,
    schema_rules.arrays_have_items,
    path_rules.one_kind_of_body,
    path_rules.files_are_form_fields,
    path_rules.operation_ids_are_unique,
    path_rules.parameters_are_unique,
    path_rules.querystrings_are_alone,
    parameter_rules.styles_mean_something,
    parameter_rules.media_types_hold_values,
    parameter_rules.names_are_read_once,
    path_rules.placeholders_have_parameters,
    path_rules.path_parameters_have_placeholders,
    path_rules.placeholders_are_unique,
    path_rules.paths_are_references_or_not,
    path_rules.templates_differ,
    deprecation.deprecations_are_dated,
    path_rules.servers_are_the_documents,
    schema_rules.required_properties_are_declared,
    security_rules.security_schemes_are_defined,
    schema_rules.discriminators_are_required,
    schema_rules.discriminators_map_to_schemas,
    schema_rules.one_direction_at_most,
)
"""Every rule. A new one is a function in one of the modules of rules, and a line here."""
