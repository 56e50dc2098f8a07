"""What must hold of how parameters are written, so that they can be read again: one function a rule.

All rules are listed in rules. Not for names and places of parameters (path_rules). Section names are those of OpenAPI
3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.openapi.references import Node
from macaron_runner.openapi.survey import Survey

_CONTAINERS: Final = frozenset({"array", "object"})
_DELIMITED: Final = ("spaceDelimited", "pipeDelimited")
_FORM: Final = "application/x-www-form-urlencoded"


def styles_mean_something(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of styles that say nothing about a parameter of its type ("n/a" in "Style Examples"): form is meant."""
    for node in survey.nodes("parameter"):
        style, types = node.text("style"), _types(survey, node.child("schema"))
        lone = bool(types) and not types & _CONTAINERS
        exploded = style in _DELIMITED and node.flag("explode")
        if exploded or (lone and style in (*_DELIMITED, "deepObject")):
            yield Diagnostic(
                "MAC334",
                f'style {style} means nothing for the parameter "{node.text("name")}"',
                node.child("style").locate(),
                "the parameter is no array or object" if lone else "the parameter is exploded",
                "it is read as in style form; leave the style out",
                Severity.WARNING,
            )


def media_types_hold_values(survey: Survey) -> Iterator[Diagnostic]:
    """Report arrays and objects in a media type from which none can be read: every value would be refused."""
    for node in survey.nodes("parameter"):
        for media_type, written in node.child("content").members():
            content = survey.follow(written)
            types = _types(survey, content.child("schema"))
            kinds = sorted(types & _CONTAINERS)
            if kinds and types <= _CONTAINERS and not _is_read(media_type):
                yield Diagnostic(
                    "MAC335",
                    f'no {kinds[0]} can be read from the {media_type} of the parameter "{node.text("name")}"',
                    node.child("content").child(media_type).locate(key=True),
                    help="describe it as application/json, or as a string that the function takes apart",
                )


def names_are_read_once(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of names of a query that belong to two parameters: a property of an exploded object is a name as well."""
    for endpoint in survey.endpoints:
        parameters = [node for node in survey.parameters(endpoint) if node.text("in") == "query"]
        names = {id(node): _names_read(survey, node) for node in parameters}
        readers = Counter(name for several in names.values() for name in several)
        for node in parameters:
            if not _is_spread(survey, node):
                continue
            for name in sorted(name for name in names[id(node)] if readers[name] > 1):
                yield Diagnostic(
                    "MAC336",
                    f'"{name}" in the query stands for a property of "{node.text("name")}" and for another parameter',
                    node.child("name").locate(),
                    help="rename one of them, or write the object in style deepObject",
                    severity=Severity.WARNING,
                )


def _names_read(survey: Survey, node: Node) -> frozenset[str]:
    """Return the names in the query that a parameter takes for its own."""
    if not _is_spread(survey, node):
        return frozenset({node.text("name")})
    properties = survey.follow(node.child("schema")).child("properties")
    return frozenset(name for name, _ in properties.members())


def _is_spread(survey: Survey, node: Node) -> bool:
    """Tell whether a parameter is an object each of whose properties stands for itself in the query."""
    exploded = node.flag("explode") if node.has("explode") else True
    plain = node.text("style") in ("", "form") and node.has("schema")
    return exploded and plain and _types(survey, node.child("schema")) == {"object"}


def _types(survey: Survey, schema: Node) -> set[str]:
    """Return the types that a schema names itself."""
    types = survey.follow(schema).child("type").value
    named = types if isinstance(types, list) else [types]
    return {name for name in named if isinstance(name, str)} - {"null"}


def _is_read(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name in {"application/json", "text/json", _FORM} or name.endswith("+json")
