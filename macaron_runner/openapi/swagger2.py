"""Swagger 2.0 documents -> Operations.

Not for OpenAPI 3 (openapi3). What an operation takes from its path item and its document is merged here; the tests hold
that against bravado-core's reading. Section names are those of Swagger 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
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
    SecurityRequirement,
    SecurityScheme,
    Server,
    Style,
)
from macaron_runner.openapi.reading import (
    Endpoint,
    Reading,
    extensions,
    operation_of,
    parameters_of,
    statuses,
)
from macaron_runner.openapi.references import Node

_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"})
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


def read_servers(reading: Reading) -> tuple[Server, ...]:
    """Return what schemes, host and basePath say, as OpenAPI 3 would: "https://shop.example.com/v1"."""
    host, path = reading.root.text("host"), read_base_path(reading)
    if not host:
        return (Server(path),) if path else ()
    schemes = [f"{scheme}:" for scheme in reading.root.texts("schemes")] or [""]
    return tuple(Server(f"{scheme}//{host}{path}") for scheme in schemes)


def read_security_schemes(reading: Reading) -> dict[str, SecurityScheme]:
    """Return the document's security schemes by name ("Security Scheme Object")."""
    return {
        name: _security_scheme(name, node)
        for name, node in reading.root.child("securityDefinitions").members()
    }


def read_operations(reading: Reading, api: str, base_path: str) -> Iterator[Operation]:
    """Yield the operations, in the order of the document."""
    document = _Settings.of(reading, reading.root, _Settings())
    for endpoint in reading.endpoints():
        if endpoint.method in _METHODS:
            settings = _Settings.of(reading, endpoint.operation, document)
            yield _operation(reading, endpoint, settings, api, base_path)


def read_webhooks(reading: Reading, api: str) -> Iterator[Operation]:  # noqa: ARG001 - as openapi3 has it
    """Yield nothing: Swagger 2.0 has no webhooks."""
    return iter(())


@dataclass(frozen=True, slots=True)
class _Settings:
    """What an operation may say for itself and otherwise takes from its document ("Operation Object")."""

    consumes: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    security: tuple[SecurityRequirement, ...] = ()

    @classmethod
    def of(cls, reading: Reading, node: Node, inherited: _Settings) -> _Settings:
        """Return what `node` says; a member that is there replaces the inherited one, even where it is empty."""
        return cls(
            consumes=node.texts("consumes") if node.has("consumes") else inherited.consumes,
            produces=node.texts("produces") if node.has("produces") else inherited.produces,
            security=reading.security(node) if node.has("security") else inherited.security,
        )


def _operation(
    reading: Reading, endpoint: Endpoint, settings: _Settings, api: str, base_path: str
) -> Operation:
    parameters = parameters_of(endpoint, reading.follow)
    produces = settings.produces or _JSON
    return operation_of(
        endpoint,
        api,
        base_path,
        parameters=tuple(
            _parameter(reading, parameter)
            for parameter in parameters
            if parameter.text("in") in ("path", "query", "header")
        ),
        body=_body(reading, parameters, settings.consumes),
        responses=tuple(
            _response(reading, status, reading.follow(response), produces)
            for status, response in statuses(endpoint.operation.child("responses"))
        ),
        security=settings.security,
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
        inner_styles=tuple(_inner_styles(node.child("items"))),
        description=node.text("description"),
        extensions=extensions(node, without=_NULLABLE),
        locate=node.child("name").locate,
    )


def _style(node: Node) -> tuple[Style, bool]:
    """Return style and explode of a parameter; only arrays have a collectionFormat to say so."""
    default: Style = "form" if node.text("in") in ("query", "formData") else "simple"
    if node.text("type") != "array":
        return default, default == "form"
    return _STYLES.get(node.text("collectionFormat"), (default, False))


def _inner_styles(items: Node) -> Iterator[Style]:
    """Yield the styles of arrays inside an array, the outer first."""
    while items.text("type") == "array":
        yield _STYLES.get(items.text("collectionFormat"), ("form", False))[0]
        items = items.child("items")


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
            for name, header in node.child("headers").members()
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
        locate=partial(node.locate, key=True),
    )
