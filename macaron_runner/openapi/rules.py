"""What must hold in an API document beyond its meta-schema: one function a rule, all of them in RULES.

Not for the form of the document (validation.document), nor for values against schemas; no JSON-Schema engine
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from macaron_runner.diagnostics import Diagnostic, Location, Severity, near_word
from macaron_runner.openapi.definitions import COLLECTIONS, mapping_target
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.reading import Endpoint
from macaron_runner.openapi.references import BrokenReference, Node
from macaron_runner.openapi.survey import Survey

Rule: TypeAlias = Callable[[Survey], Iterator[Diagnostic]]

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
_LOCATIONS_2: Final = ("query", "header", "path", "formData", "body")
_LOCATIONS_3: Final = ("query", "header", "path", "cookie")
_COMPOSING: Final = ("$ref", "allOf", "anyOf", "oneOf", "patternProperties", "additionalProperties")


def check_document(document: Document) -> tuple[Diagnostic, ...]:
    """Return what breaks a rule in the document or the files it refers to, by file and line."""
    survey = Survey(document)
    found = dict.fromkeys(diagnostic for rule in RULES for diagnostic in rule(survey))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.location or Location(""), diagnostic.code)))


def broken_references(survey: Survey) -> Iterator[Diagnostic]:
    """Report each `$ref` that leads to nothing, in this file or a neighbouring one."""
    yield from survey.broken


def arrays_have_items(survey: Survey) -> Iterator[Diagnostic]:
    """Report arrays without `items`, a MUST in Swagger 2.0 and OpenAPI 3.0 (3.1 does not ask)."""
    if survey.specification == "3.1":
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
                    f"not one of: {', '.join(placeholders)}"
                    if placeholders
                    else "the path has no placeholders",
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


def templates_differ(survey: Survey) -> Iterator[Diagnostic]:
    """Report paths that differ only in the names of placeholders: no request tells them apart.

    Where their methods differ it is only a warning: each request still has one answer.
    """
    first: dict[str, Node] = {}
    for path, node in survey.root.child("paths").fields():
        earlier = first.setdefault(_PLACEHOLDER.sub("{}", path), node)
        if earlier is not node:
            shared = _methods(survey, earlier) & _methods(survey, node)
            yield Diagnostic(
                "MAC319",
                f"the paths {earlier.pointer[-1]} and {path} are the same but for names",
                node.locate(key=True),
                f"both have {', '.join(sorted(shared)).upper()}" if shared else "",
                "give the placeholders the same names and make it one path",
                Severity.ERROR if shared else Severity.WARNING,
                related=((earlier.locate(key=True), "the first one"),),
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
                    f"not one of: {', '.join(properties)}",
                    near_word(item.value, properties),
                    Severity.WARNING,
                )


def security_schemes_are_defined(survey: Survey) -> Iterator[Diagnostic]:
    """Report security requirements that name an undefined scheme; warn of scopes that it does not have."""
    schemes = _security_schemes(survey)
    for requirement in _requirements(survey):
        for name, scopes in requirement.members():
            if name not in schemes:
                yield Diagnostic(
                    "MAC321",
                    f'the security scheme "{name}" is not defined',
                    scopes.locate(key=True),
                    f"not one of: {', '.join(schemes)}" if schemes else "the document defines none",
                    near_word(name, schemes),
                )
            else:
                yield from _undefined_scopes(name, schemes[name], scopes)


def _undefined_scopes(name: str, scheme: Node, scopes: Node) -> Iterator[Diagnostic]:
    if scheme.text("type") != "oauth2":
        return
    owners = [scheme, *(flow for _, flow in scheme.child("flows").fields())]
    known = [scope for owner in owners for scope, _ in owner.child("scopes").members()]
    for scope in scopes.elements():
        if isinstance(scope.value, str) and scope.value not in known:
            yield Diagnostic(
                "MAC322",
                f'the scheme "{name}" has no scope "{scope.value}"',
                scope.locate(),
                f"not one of: {', '.join(known)}" if known else "it has none at all",
                near_word(scope.value, known),
                Severity.WARNING,
            )


def discriminators_are_required(survey: Survey) -> Iterator[Diagnostic]:
    """Warn of discriminators whose property may be absent: without it no schema can be chosen."""
    for node in survey.nodes("schema"):
        found = node.child("discriminator")
        name = found.value if isinstance(found.value, str) else found.text("propertyName")
        if name and not _requires(survey, node, name, depth=3):
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
        for _, entry in node.child("discriminator").child("mapping").members():
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


def paths_begin_with_a_slash(survey: Survey) -> Iterator[Diagnostic]:
    """Report paths that do not begin with a slash (a MUST)."""
    for path, node in survey.root.child("paths").fields():
        if not path.startswith("/"):
            place = node.locate(key=True)
            message = f'the path "{path}" does not begin with a slash'
            yield Diagnostic("MAC326", message, place, help=f'write "/{path}"')


def path_parameters_are_required(survey: Survey) -> Iterator[Diagnostic]:
    """Report path parameters without `required: true` (a MUST): without the value it is another path."""
    for node in survey.nodes("parameter"):
        if node.text("in") == "path" and not node.flag("required"):
            yield Diagnostic(
                "MAC327",
                f'the path parameter "{node.text("name")}" must be required',
                (node.child("required") if node.has("required") else node.child("in")).locate(),
                help="write required: true",
            )


def locations_are_known(survey: Survey) -> Iterator[Diagnostic]:
    """Report parameters whose `in` is a word that the specification does not know."""
    known = _LOCATIONS_2 if survey.specification == "2.0" else _LOCATIONS_3
    for node in survey.nodes("parameter"):
        where = node.child("in")
        if isinstance(where.value, str) and where.value not in known:
            yield Diagnostic(
                "MAC328",
                f'a parameter cannot be in "{where.value}"',
                where.locate(),
                f"not one of: {', '.join(known)}",
                near_word(where.value, known) or _moved(where.value),
            )


RULES: Final[tuple[Rule, ...]] = (
    broken_references,
    arrays_have_items,
    one_kind_of_body,
    files_are_form_fields,
    operation_ids_are_unique,
    parameters_are_unique,
    placeholders_have_parameters,
    path_parameters_have_placeholders,
    placeholders_are_unique,
    paths_are_references_or_not,
    templates_differ,
    required_properties_are_declared,
    security_schemes_are_defined,
    discriminators_are_required,
    discriminators_map_to_schemas,
    one_direction_at_most,
    paths_begin_with_a_slash,
    path_parameters_are_required,
    locations_are_known,
)
"""Every rule. A new one is a function above and a line here."""


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.method.upper()} {endpoint.path}"


def _naming(parameter: Node) -> Location:
    """Return where a parameter, or the reference to one, says which it is."""
    return parameter.child("$ref" if parameter.reference is not None else "name").locate()


def _endpoints_2(survey: Survey) -> tuple[Endpoint, ...]:
    return survey.endpoints if survey.specification == "2.0" else ()


def _methods(survey: Survey, path: Node) -> set[str]:
    return {endpoint.method for endpoint in survey.endpoints if endpoint.path == path.pointer[-1]}


def _is_arm(schema: Node) -> bool:
    """Tell whether a schema is part of a composition, whose other parts may declare what it requires."""
    return len(schema.pointer) > 1 and schema.pointer[-2] in ("allOf", "anyOf", "oneOf")


def _security_schemes(survey: Survey) -> Mapping[str, Node]:
    if survey.specification == "2.0":
        schemes = survey.root.child("securityDefinitions")
    else:
        schemes = survey.root.child("components").child("securitySchemes")
    return {name: survey.follow(node) for name, node in schemes.fields()}


def _requirements(survey: Survey) -> Iterator[Node]:
    for owner in (survey.root, *survey.nodes("operation")):
        yield from owner.child("security").elements()


def _moved(location: str) -> str:
    """Say where a word of the other specifications went."""
    return {
        "body": "OpenAPI 3 has requestBody for it",
        "formData": "OpenAPI 3 has requestBody for it",
        "cookie": "Swagger 2.0 has no cookie parameters",
    }.get(location, "")
