"""What must hold of paths, operations and their parameters beyond the meta-schema: one function a rule.

All rules are listed in rules. Not for security (security_rules) nor schemas (schema_rules).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from macaron_runner.diagnostics import Diagnostic, Location, Severity, near_word, not_one_of
from macaron_runner.openapi.reading import Endpoint
from macaron_runner.openapi.references import Node
from macaron_runner.openapi.survey import Survey

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


def one_kind_of_body(survey: Survey) -> Iterator[Diagnostic]:
    """Report more than one body, or one beside form fields (Swagger 2.0, "Parameter Object")."""
    for endpoint in _endpoints_2(survey):
        parameters = survey.parameters(endpoint)
        bodies = [node for node in parameters if node.text("in") == "body"]
        fields = [node for node in parameters if node.text("in") == "formData"]
        for extra in bodies[1:]:
            related = ((bodies[0].child("in").locate(), "the first one"),)
            place = extra.child("in").locate()
            yield Diagnostic("MAC313", f"{_name(endpoint)} has two body parameters", place, related=related)
        if bodies and fields:
            yield Diagnostic(
                "MAC312",
                f"{_name(endpoint)} has a body and form fields: a request can carry only one of them",
                fields[0].child("in").locate(),
                help="make all of them formData, or properties of the body's schema",
                related=((bodies[0].child("in").locate(), "the body"),),
            )


def files_are_form_fields(survey: Survey) -> Iterator[Diagnostic]:
    """Report files outside forms: they need `in: formData`, and a form in consumes (Swagger 2.0)."""
    for endpoint in _endpoints_2(survey):
        owner = endpoint.operation if endpoint.operation.has("consumes") else survey.root
        for node in survey.parameters(endpoint):
            if node.text("type") != "file":
                continue
            if node.text("in") != "formData":
                message = f'the file "{node.text("name")}" must be a field of a form'
                yield Diagnostic("MAC314", message, node.child("type").locate(), help="write in: formData")
            elif not set(owner.texts("consumes")) & set(_FORMS):
                yield Diagnostic(
                    "MAC314",
                    f'{_name(endpoint)} takes the file "{node.text("name")}" but no form',
                    (owner.child("consumes") if owner.has("consumes") else endpoint.operation).locate(
                        key=True
                    ),
                    help="add consumes: [multipart/form-data]",
                )


def operation_ids_are_unique(survey: Survey) -> Iterator[Diagnostic]:
    """Report each operationId that an earlier operation has (it MUST be unique)."""
    first: dict[str, Node] = {}
    for endpoint in survey.endpoints:
        node = endpoint.operation.child("operationId")
        if isinstance(node.value, str) and first.setdefault(node.value, node) is not node:
            yield Diagnostic(
                "MAC315",
                f'the operationId "{node.value}" stands twice',
                node.locate(),
                f"also that of {_name(endpoint)}",
                related=((first[node.value].locate(), "it stands here first"),),
            )


def parameters_are_unique(survey: Survey) -> Iterator[Diagnostic]:
    """Report parameters with the name and location of an earlier one in their list (a MUST NOT)."""
    for owner in survey.nodes("path item", "operation"):
        first: dict[tuple[str, str], Node] = {}
        for written in owner.child("parameters").elements():
            node = survey.follow(written)
            key = node.text("name"), node.text("in")
            if all(key) and first.setdefault(key, written) is not written:
                yield Diagnostic(
                    "MAC316",
                    f'the {key[1]} parameter "{key[0]}" stands twice',
                    _naming(written),
                    related=((_naming(first[key]), "it stands here first"),),
                )


def querystrings_are_alone(survey: Survey) -> Iterator[Diagnostic]:
    """Report a querystring parameter beside another one or a query parameter (a MUST NOT, OpenAPI 3.2)."""
    for endpoint in survey.endpoints:
        parameters = survey.parameters(endpoint)
        whole = [node for node in parameters if node.text("in") == "querystring"]
        others = [node for node in parameters if node.text("in") == "query"]
        for extra in [*others, *whole[1:]] if whole else ():
            yield Diagnostic(
                "MAC333",
                "the query is described twice",
                extra.child("in").locate(),
                help="a querystring parameter stands for the whole query: leave one of them out",
                related=((whole[0].child("in").locate(), "the whole query"),),
            )


def placeholders_have_parameters(survey: Survey) -> Iterator[Diagnostic]:
    """Report placeholders for which an operation has no path parameter (a MUST)."""
    for endpoint in survey.endpoints:
        known = [node.text("name") for node in survey.parameters(endpoint) if node.text("in") == "path"]
        for name in dict.fromkeys(_PLACEHOLDER.findall(endpoint.path)):
            if name not in known:
                yield Diagnostic(
                    "MAC317",
                    f'{_name(endpoint)} has no path parameter "{name}"',
                    endpoint.operation.locate(key=True),
                    f'"{{{name}}}" in the path has no parameter',
                    near_word(name, known) or f"add it: {{name: {name}, in: path, required: true, …}}",
                )


def path_parameters_have_placeholders(survey: Survey) -> Iterator[Diagnostic]:
    """Report path parameters whose name is no placeholder of the path (a MUST)."""
    for endpoint in survey.endpoints:
        placeholders = _PLACEHOLDER.findall(endpoint.path)
        for node in survey.parameters(endpoint):
            if node.text("in") == "path" and node.text("name") not in placeholders:
                yield Diagnostic(
                    "MAC318",
                    f'the path {endpoint.path} has no "{{{node.text("name")}}}"',
                    node.child("name").locate(),
                    not_one_of(placeholders, "the path has no placeholders"),
                    near_word(node.text("name"), placeholders),
                )


def paths_are_references_or_not(survey: Survey) -> Iterator[Diagnostic]:
    """Report what stands beside a path's `$ref`: its meaning is undefined, and it would not be served."""
    for path, node in survey.root.child("paths").fields():
        beside = [name for name, _ in node.fields() if name not in ("$ref", "summary", "description")]
        if node.reference is not None and beside:
            yield Diagnostic(
                "MAC330",
                f"the path {path} is a reference and has {', '.join(beside)} beside it",
                node.child(beside[0]).locate(key=True),
                help="move it to where the reference leads, or write the path out here",
            )


def placeholders_are_unique(survey: Survey) -> Iterator[Diagnostic]:
    """Report placeholders that stand more than once in a path (a MUST NOT, OpenAPI 3.1 section 4.8.8.2)."""
    for path, node in survey.root.child("paths").fields():
        names = _PLACEHOLDER.findall(path)
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Diagnostic("MAC329", f'"{{{name}}}" stands twice in one path', node.locate(key=True))


def servers_are_the_documents(survey: Survey) -> Iterator[Diagnostic]:
    """Warn, once, of servers of paths or operations: one service answers all, under the document's base path."""
    owners = [node for node in survey.nodes("path item", "operation") if node.has("servers")]
    if owners:
        yield Diagnostic(
            "MAC332",
            "servers is not used here: only that of the document tells the base path",
            owners[0].child("servers").locate(key=True),
            f"and in {len(owners) - 1} more places" if len(owners) > 1 else "",
            "drop it, or make what it serves an API of its own, with its own document",
            Severity.WARNING,
        )


def templates_differ(survey: Survey) -> Iterator[Diagnostic]:
    """Report paths that differ only in the names of placeholders: no request tells them apart.

    Where their methods differ it is only a warning: each request still has one answer.
    """
    first: dict[str, Node] = {}
    methods: defaultdict[Any, set[str]] = defaultdict(set)
    for endpoint in survey.endpoints:
        methods[endpoint.path].add(endpoint.method)
    for path, node in survey.root.child("paths").fields():
        earlier = first.setdefault(_PLACEHOLDER.sub("{}", path), node)
        if earlier is not node:
            shared = methods[earlier.pointer[-1]] & methods[path]
            yield Diagnostic(
                "MAC319",
                f"the paths {earlier.pointer[-1]} and {path} are the same but for names",
                node.locate(key=True),
                f"both have {', '.join(sorted(shared))}" if shared else "",
                "give the placeholders the same names and make it one path",
                Severity.ERROR if shared else Severity.WARNING,
                related=((earlier.locate(key=True), "the first one"),),
            )


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _naming(parameter: Node) -> Location:
    """Return where a parameter, or the reference to one, says which it is."""
    return parameter.child("$ref" if parameter.reference is not None else "name").locate()


def _endpoints_2(survey: Survey) -> tuple[Endpoint, ...]:
    return survey.endpoints if survey.specification == "2.0" else ()
