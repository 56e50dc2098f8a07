"""Swagger 2.0 documents -> Operations; the only door to bravado-core.

bravado-core says what an operation has for itself and what it takes from its path item and its document:
parameters, media types, security. It is given an outline of the document: every reference outside schemas
followed, every schema left out. So it meets no recursion, no second file and no model, all of which it gets
wrong or slow, and changes nothing of ours. Not for OpenAPI 3 (openapi3). Section names are those of Swagger 2.0.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, cast

from macaron_runner.openapi.normalise import copy
from macaron_runner.openapi.operation import (
    Body,
    Content,
    Encoding,
    Header,
    Operation,
    Parameter,
    ParameterLocation,
    Response,
    Schema,
    SecurityScheme,
    Style,
)
from macaron_runner.openapi.reading import (
    Endpoint,
    Reading,
    extensions,
    operation_of,
    security_requirements,
    statuses,
)
from macaron_runner.openapi.references import Node

_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_JSON: Final = ("application/json",)
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_NO_SCHEMA_KEYWORDS: Final = frozenset(
    {"name", "in", "required", "description", "allowEmptyValue", "collectionFormat"}
)
_NULLABLE: Final = frozenset({"x-nullable"})
_STYLES: Final[Mapping[str, tuple[Style, bool]]] = {
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""collectionFormat -> style and explode; csv is the style that needs no name: form or simple, by location."""


def read_base_path(reading: Reading) -> str:
    """Return basePath: "/v1/" -> "/v1", "/" -> ""."""
    path = reading.root.text("basePath").rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"


def read_security_schemes(reading: Reading) -> dict[str, SecurityScheme]:
    """Return the document's security schemes by name ("Security Scheme Object")."""
    return {
        name: _security_scheme(name, node)
        for name, node in reading.root.child("securityDefinitions").fields()
    }


def read_operations(reading: Reading, api: str, base_path: str) -> Iterator[Operation]:
    """Yield the operations, in the order of the document."""
    endpoints = [endpoint for endpoint in reading.endpoints() if endpoint.method in _METHODS]
    if not endpoints:
        return
    outline = _Outline(reading, endpoints)
    for endpoint, merged in zip(endpoints, _merged(outline.tree, endpoints), strict=True):
        yield _operation(reading, endpoint, outline, merged, api, base_path)


class _Outline:
    """A document without schemas and references, and the nodes its parameters stand for.

    Parameters go by invented names, one for each pair of name and location: bravado-core would mistake a
    header for the query parameter of the same name, and "a-b" for "a_b".
    """

    def __init__(self, reading: Reading, endpoints: list[Endpoint]) -> None:
        self._reading = reading
        self._names: dict[tuple[str, str], str] = {}
        self.parameters: list[Node] = []
        self.tree = self._tree(endpoints)

    def _tree(self, endpoints: list[Endpoint]) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for endpoint in endpoints:
            if endpoint.path not in paths:
                paths[endpoint.path] = {"parameters": self._parameters(endpoint.path_item)}
            paths[endpoint.path][endpoint.method] = self._settings(endpoint.operation) | {
                "parameters": self._parameters(endpoint.operation)
            }
        tree = self._settings(self._reading.root) | {"swagger": "2.0", "paths": paths}
        return tree | {"securityDefinitions": _schemes_used(tree)}

    def _settings(self, node: Node) -> dict[str, Any]:
        """Return what an operation may have for itself or take from the document."""
        settings: dict[str, Any] = {
            name: list(node.texts(name)) for name in ("consumes", "produces") if node.has(name)
        }
        if node.has("security"):
            requirements = self._reading.security(node)
            settings["security"] = [{use.scheme: list(use.scopes) for use in uses} for uses in requirements]
        return settings

    def _parameters(self, owner: Node) -> list[dict[str, Any]]:
        return [
            {"name": self._invented_name(node), "in": node.text("in"), "x-node": self._remember(node)}
            for written in owner.child("parameters").elements()
            for node in [self._reading.follow(written)]
        ]

    def _invented_name(self, node: Node) -> str:
        return self._names.setdefault((node.text("name"), node.text("in")), f"parameter{len(self._names)}")

    def _remember(self, node: Node) -> int:
        self.parameters.append(node)
        return len(self.parameters) - 1


def _schemes_used(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a definition for every scheme that anything asks for, of the one type that brings no parameter.

    Whether the document defines it is for rules.py to say, and for the service's verifiers to serve.
    """
    operations = [item for path in tree["paths"].values() for item in path.values() if isinstance(item, dict)]
    requirements = [uses for owner in (tree, *operations) for uses in owner.get("security", [])]
    return {name: {"type": "basic"} for requirement in requirements for name in requirement}


# bravado-core


def _merged(outline: dict[str, Any], endpoints: list[Endpoint]) -> list[Any]:
    """Return bravado-core's operation for each endpoint.

    Not by `Spec.from_dict`: it looks for models in every corner, asks the network for JSON-Schema dialects
    once openapi_schema_validator is imported in the same process, and its index of operations loses those
    that share an operationId.
    """
    with _quick_import(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "jsonschema.RefResolver", DeprecationWarning)
        from bravado_core.operation import Operation as MergedOperation
        from bravado_core.spec import Spec
    spec = Spec(outline)  # type: ignore[no-untyped-call]  # its types are comments, and not everywhere
    paths = outline["paths"]
    return [
        MergedOperation.from_spec(spec, endpoint.path, endpoint.method, paths[endpoint.path][endpoint.method])
        for endpoint in endpoints
    ]


@contextmanager
def _quick_import() -> Iterator[None]:
    """Keep the grammar of RFC 3987 from being compiled in the block: a second, for two formats nobody uses.

    bravado-core imports jsonschema, which imports rfc3987_syntax where it is installed and keeps one function
    of it. It gets one that imports the real module at its first call; afterwards sys.modules is as it was, so
    whoever else imports rfc3987_syntax gets the real one. Where jsonschema is already imported there is
    nothing to save.
    """
    name = "rfc3987_syntax"
    if "jsonschema" in sys.modules or name in sys.modules or importlib.util.find_spec(name) is None:
        yield
        return

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(importlib.import_module(name).is_valid_syntax(term, value))

    stand_in = ModuleType(name)
    stand_in.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


# Operations


def _operation(
    reading: Reading, endpoint: Endpoint, outline: _Outline, merged: Any, api: str, base_path: str
) -> Operation:
    parameters = [outline.parameters[found.param_spec["x-node"]] for found in merged.params.values()]
    produces = tuple(merged.produces) or _JSON
    return operation_of(
        endpoint,
        api,
        base_path,
        parameters=tuple(
            _parameter(reading, parameter)
            for parameter in parameters
            if parameter.text("in") in ("path", "query", "header")
        ),
        body=_body(reading, parameters, tuple(merged.consumes)),
        responses=tuple(
            _response(reading, status, reading.follow(response), produces)
            for status, response in statuses(endpoint.operation.child("responses"))
        ),
        security=security_requirements(merged.security_specs),
    )


def _parameter(reading: Reading, node: Node) -> Parameter:
    location = cast("ParameterLocation", node.text("in"))
    style, explode = _style(node)
    return Parameter(
        name=node.text("name"),
        location=location,
        required=node.flag("required") or location == "path",
        schema=_inline_schema(reading, node),
        style=style,
        explode=explode,
        allow_empty_value=node.flag("allowEmptyValue"),
        description=node.text("description"),
        extensions=extensions(node, without=_NULLABLE),
    )


def _style(node: Node) -> tuple[Style, bool]:
    """Return style and explode of a parameter; only arrays have a collectionFormat to say so."""
    default: Style = "form" if node.text("in") in ("query", "formData") else "simple"
    if node.text("type") != "array":
        return default, default == "form"
    return _STYLES.get(node.text("collectionFormat"), (default, False))


def _inline_schema(reading: Reading, node: Node, keep: frozenset[str] = _NULLABLE) -> Schema:
    """Return the schema that stands among the fields of a parameter or header ("Items Object")."""
    return reading.schema(Node(node.file, node.pointer, _schema_part(node.value, keep)))


def _schema_part(value: Any, keep: frozenset[str]) -> Any:
    if not isinstance(value, dict):
        return value
    part = {
        key: item
        for key, item in value.items()
        if key not in _NO_SCHEMA_KEYWORDS and (key in keep or not key.startswith("x-"))
    }
    if "items" in part:
        part["items"] = _schema_part(part["items"], keep)
    return part


def _body(reading: Reading, parameters: list[Node], consumes: tuple[str, ...]) -> Body | None:
    fields = [node for node in parameters if node.text("in") == "formData"]
    if fields:
        return _form(reading, fields, consumes)
    for node in parameters:
        if node.text("in") == "body":
            schema = reading.schema(node.child("schema")) if node.has("schema") else None
            content = tuple(Content(media_type, schema) for media_type in consumes or _JSON)
            return Body(node.flag("required"), content, node.text("description"))
    return None


def _form(reading: Reading, fields: list[Node], consumes: tuple[str, ...]) -> Body:
    """Return form fields as one object, each field a property."""
    properties = {node.text("name"): _field(reading, node) for node in fields}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    required = [node.text("name") for node in fields if node.flag("required")]
    if required:
        schema["required"] = required
    encoding = {
        node.text("name"): Encoding(style=style, explode=explode)
        for node in fields
        for style, explode in [_style(node)]
        if (style, explode) != ("form", True)
    }
    media_types = [media_type for media_type in consumes if media_type in (_URLENCODED, _MULTIPART)]
    if not media_types:
        media_types = [_MULTIPART if any(node.text("type") == "file" for node in fields) else _URLENCODED]
    return Body(bool(required), tuple(Content(media_type, schema, encoding) for media_type in media_types))


def _field(reading: Reading, node: Node) -> Schema:
    schema = _inline_schema(reading, node, frozenset(extensions(node)))
    described = node.text("description")
    return {**schema, "description": described} if described and isinstance(schema, dict) else schema


def _response(reading: Reading, status: str, node: Node, produces: tuple[str, ...]) -> Response:
    schema = reading.schema(node.child("schema")) if node.has("schema") else None
    examples = {media_type: copy(example.value) for media_type, example in node.child("examples").members()}
    return Response(
        status=status,
        description=node.text("description"),
        content=tuple(
            Content(media_type, schema, examples={"": examples[media_type]} if media_type in examples else {})
            for media_type in (produces if schema is not None else ())
        ),
        headers=tuple(
            Header(name, _inline_schema(reading, header), description=header.text("description"))
            for name, header in node.child("headers").fields()
        ),
    )


# Security


def _security_scheme(name: str, node: Node) -> SecurityScheme:
    basic = node.text("type") == "basic"
    return SecurityScheme(
        name=name,
        type="http" if basic else node.text("type"),
        scheme="basic" if basic else "",
        carrier=node.text("in"),
        parameter_name=node.text("name"),
        scopes=tuple(scope for scope, _ in node.child("scopes").fields()),
        description=node.text("description"),
    )
