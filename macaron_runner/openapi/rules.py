"""What must hold in an API document beyond its meta-schema: one function a rule, all of them in RULES.

Not for the form of the document (validation.document), nor for values against schemas; no JSON-Schema engine
here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.openapi import path_rules, schema_rules, security_rules
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.survey import Survey

Rule: TypeAlias = Callable[[Survey], Iterator[Diagnostic]]

_EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "operation": ("x-bind-server", "x-decorate-server"),
    "schema": ("x-parent", "x-nullable", "x-mandatory"),
}
"""The extensions that mean something to macaron, by what they stand in."""


def check_document(document: Document) -> tuple[Diagnostic, ...]:
    """Return what breaks a rule in the document or the files it refers to, by file and line."""
    survey = Survey(document)
    found = dict.fromkeys(diagnostic for rule in RULES for diagnostic in rule(survey))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.location or Location(""), diagnostic.code)))


def broken_references(survey: Survey) -> Iterator[Diagnostic]:
    """Report each `$ref` that leads to nothing, in this file or a neighbouring one."""
    yield from survey.broken


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
    return next(iter(difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.9)), "")


RULES: Final[tuple[Rule, ...]] = (
    broken_references,
    extensions_are_spelt_right,
    schema_rules.arrays_have_items,
    path_rules.one_kind_of_body,
    path_rules.files_are_form_fields,
    path_rules.operation_ids_are_unique,
    path_rules.parameters_are_unique,
    path_rules.placeholders_have_parameters,
    path_rules.path_parameters_have_placeholders,
    path_rules.placeholders_are_unique,
    path_rules.paths_are_references_or_not,
    path_rules.templates_differ,
    schema_rules.required_properties_are_declared,
    security_rules.security_schemes_are_defined,
    schema_rules.discriminators_are_required,
    schema_rules.discriminators_map_to_schemas,
    schema_rules.one_direction_at_most,
    path_rules.paths_begin_with_a_slash,
    path_rules.path_parameters_are_required,
    path_rules.locations_are_known,
)
"""Every rule. A new one is a function in one of the modules of rules, and a line here."""
