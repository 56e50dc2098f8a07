"""What must hold of schemas beyond their meta-schema: one function a rule.

Not for values against schemas (validation). All rules are listed in rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from macaron_runner.diagnostics import Diagnostic, Severity, near_word, not_one_of
from macaron_runner.openapi.definitions import COLLECTIONS, mapping_target
from macaron_runner.openapi.references import BrokenReference, Node
from macaron_runner.openapi.survey import Survey

_COMPOSING: Final = ("$ref", "allOf", "anyOf", "oneOf", "patternProperties", "additionalProperties")


def arrays_have_items(survey: Survey) -> Iterator[Diagnostic]:
    """Report arrays without `items`, a MUST in Swagger 2.0 and OpenAPI 3.0 (3.1 does not ask)."""
    if survey.specification not in ("2.0", "3.0"):
        return
    for node in survey.nodes("schema", "parameter", "header", "items"):
        if node.text("type") == "array" and not node.has("items") and node.text("in") != "body":
            yield Diagnostic(
                "MAC311",
                "an array must say what its items are",
                node.child("type").locate(),
                "no items beside it",
                "add items: {type: string}, or items: {} for anything",
            )


def required_properties_are_declared(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of required properties that are not declared (nor can be elsewhere): they may be misspelt."""
    for node in survey.nodes("schema"):
        properties = node.child("properties").value
        composed = any(node.has(keyword) for keyword in _COMPOSING) or _is_arm(node)
        if not isinstance(properties, dict) or composed:
            continue
        for item in node.child("required").elements():
            if isinstance(item.value, str) and item.value not in properties:
                yield Diagnostic(
                    "MAC320",
                    f'the required property "{item.value}" is not declared',
                    item.locate(),
                    not_one_of(properties),
                    near_word(item.value, properties),
                    Severity.WARNING,
                )


def _is_arm(schema: Node) -> bool:
    """Tell whether a schema is part of a composition, whose other parts may declare what it requires."""
    return len(schema.pointer) > 1 and schema.pointer[-2] in ("allOf", "anyOf", "oneOf")


def discriminators_are_required(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of discriminators whose property may be absent: without it no schema can be chosen."""
    for node in survey.nodes("schema"):
        found = node.child("discriminator")
        name = found.value if isinstance(found.value, str) else found.text("propertyName")
        optional = survey.specification == "3.2" and found.has("defaultMapping")
        if name and not optional and not _requires(survey, node, name, depth=3):
            yield Diagnostic(
                "MAC323",
                f'the discriminator\'s property "{name}" is not required',
                (found if isinstance(found.value, str) else found.child("propertyName")).locate(),
                help=f"add it: required: [{name}]",
                severity=Severity.WARNING,
            )


def _requires(survey: Survey, node: Node, name: str, depth: int) -> bool:
    """Tell whether a schema, what it is composed of, or each of its alternatives requires a property."""
    node = survey.follow(node)
    own = node.child("properties").child(name)
    if name in node.texts("required") or own.flag("x-mandatory") or depth == 0:
        return True
    parts = [_requires(survey, part, name, depth - 1) for part in node.child("allOf").elements()]
    arms = [
        _requires(survey, arm, name, depth - 1)
        for keyword in ("oneOf", "anyOf")
        for arm in node.child(keyword).elements()
    ]
    return any(parts) or (bool(arms) and all(arms))


def discriminators_map_to_schemas(survey: Survey) -> Iterator[Diagnostic]:
    """Report entries of a discriminator's mapping that neither name a schema nor refer to one."""
    for node in survey.nodes("schema"):
        found = node.child("discriminator")
        default = [found.child("defaultMapping")] if found.has("defaultMapping") else []
        for entry in (*(entry for _, entry in found.child("mapping").members()), *default):
            try:
                mapping_target(survey.references, survey.root, COLLECTIONS[survey.specification], entry)
            except BrokenReference as error:
                yield error.diagnostic


def one_direction_at_most(survey: Survey) -> Iterator[Diagnostic]:
    """Report what is readOnly and writeOnly (a MUST NOT): it could be neither sent nor received."""
    for node in survey.nodes("schema"):
        if node.flag("readOnly") and node.flag("writeOnly"):
            place = node.child("writeOnly").locate(key=True)
            yield Diagnostic(
                "MAC325", "a schema cannot be readOnly and writeOnly", place, help="drop one of them"
            )
