"""OpenAPI 3.0, 3.1 and 3.2 documents -> Operations.

Not for Swagger 2.0 (swagger2), nor for what stands under `content` (content). Section names are those of OpenAPI 3.2.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final, cast
from urllib.parse import urlsplit

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.content import described, encodings_of, read_contents, read_headers, style_of
from macaron_runner.openapi.normalise import copy
from macaron_runner.openapi.operation import (
    Body,
    Link,
    Operation,
    Parameter,
    ParameterLocation,
    Response,
    SecurityScheme,
    Server,
    ServerVariable,
    Style,
)
from macaron_runner.openapi.reading import (
    Endpoint,
    Reading,
    extensions,
    operation_of,
    parameters_of,
    scalar_text,
    statuses,
)
from macaron_runner.openapi.references import Node

_DEFAULT_STYLES: Final[Mapping[str, Style]] = {
    "path": "simple",
    "query": "form",
    "querystring": "form",
    "header": "simple",
    "cookie": "form",
}
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})


def read_base_path(reading: Reading) -> str:
    """Return the path of servers[0], its variables replaced by their defaults: "https://h/{v}/" -> "/v1".

    A variable without default is reported: the operations would be served under its braces.
    """
    servers = reading.root.child("servers")
    first = next(iter(read_servers(reading)), Server(""))
    try:
        path = urlsplit(first.default_url).path
    except ValueError:
        return ""
    if "{" in path:
        message = f'the path of the server "{first.url}" has a variable without default'
        place = servers.child(0).child("url").locate()
        reading.report(
            Diagnostic(
                "MAC310", message, place, help="give it one under variables, or say base_path in macaron.yaml"
            )
        )
    return posixpath.normpath(f"/{path.lstrip('/')}").rstrip("/")


def read_servers(reading: Reading) -> tuple[Server, ...]:
    """Return the document's servers ("Server Object")."""
    return _servers(reading.root)


def read_security_schemes(reading: Reading) -> dict[str, SecurityScheme]:
    """Return the document's security schemes by name ("Security Scheme Object")."""
    schemes = reading.root.child("components").child("securitySchemes")
    return {name: _security_scheme(reading, name, node) for name, node in schemes.members()}


def read_operations(reading: Reading, api: str, base_path: str) -> Iterator[Operation]:
    """Yield the operations, in the order of the document."""
    for endpoint in reading.endpoints():
        callbacks = _callbacks(reading, endpoint.operation, api)
        yield _operation(reading, endpoint, api, base_path, callbacks)


def read_webhooks(reading: Reading, api: str) -> Iterator[Operation]:
    """Yield the operations under `webhooks`, each with the webhook's name for a path."""
    return _asked_of_others(reading, reading.root.child("webhooks").members(), api)


def _callbacks(reading: Reading, owner: Node, api: str) -> dict[str, tuple[Operation, ...]]:
    """Return the requests that an operation leads to ("Callback Object")."""
    return {
        name: tuple(_asked_of_others(reading, reading.follow(written).fields(), api))
        for name, written in owner.child("callbacks").members()
    }


def _asked_of_others(
    reading: Reading, path_items: Iterable[tuple[str, Node]], api: str
) -> Iterator[Operation]:
    """Yield operations that the service asks of others. Their own callbacks, which could be endless, are left out."""
    for endpoint in reading.endpoints_in(path_items):
        yield _operation(reading, endpoint, api, "", {})


def _security_scheme(reading: Reading, name: str, written: Node) -> SecurityScheme:
    node = reading.follow(written)
    scopes = [
        scope for _, flow in node.child("flows").fields() for scope, _ in flow.child("scopes").members()
    ]
    return SecurityScheme(
        name=name,
        type=node.text("type"),
        scheme=node.text("scheme").lower(),  # RFC 9110 section 11.1
        carrier=node.text("in"),
        parameter_name=node.text("name"),
        scopes=tuple(dict.fromkeys(scopes)),
        description=node.text("description"),
        deprecated=node.flag("deprecated"),
        locate=partial(written.locate, key=True),
    )


def _servers(owner: Node) -> tuple[Server, ...]:
    return tuple(_server(node) for node in owner.child("servers").elements())


def _server(node: Node) -> Server:
    variables = {
        name: ServerVariable(
            scalar_text(variable, "default"), variable.texts("enum"), variable.text("description")
        )
        for name, variable in node.child("variables").members()
    }
    return Server(node.text("url"), variables, node.text("name"), node.text("description"))


def _operation(
    reading: Reading,
    endpoint: Endpoint,
    api: str,
    base_path: str,
    callbacks: Mapping[str, tuple[Operation, ...]],
) -> Operation:
    node = endpoint.operation
    secured = node if node.has("security") else reading.root
    return operation_of(
        endpoint,
        api,
        base_path,
        parameters=_parameters(reading, endpoint),
        body=_body(reading, node.child("requestBody")) if node.has("requestBody") else None,
        responses=tuple(
            _response(reading, status, reading.follow(response))
            for status, response in statuses(node.child("responses"))
        ),
        security=reading.security(secured),
        servers=_servers(node) or _servers(endpoint.path_item),
        callbacks=callbacks,
    )


def _parameters(reading: Reading, endpoint: Endpoint) -> tuple[Parameter, ...]:
    return tuple(
        _parameter(reading, node)
        for node in parameters_of(endpoint, reading.follow)
        if node.text("in") in _DEFAULT_STYLES and not _is_ignored(node)
    )


def _is_ignored(node: Node) -> bool:
    """Tell whether a parameter is one of the headers that parameters cannot describe ("Parameter Object", `name`)."""
    return node.text("in") == "header" and node.text("name").lower() in _IGNORED_HEADERS


def _parameter(reading: Reading, node: Node) -> Parameter:
    location = cast("ParameterLocation", node.text("in"))
    style, explode = style_of(node, _DEFAULT_STYLES[location])
    media_type, schema = described(reading, node)
    return Parameter(
        name=node.text("name"),
        location=location,
        required=node.flag("required") or location == "path",
        schema=schema,
        style=style,
        explode=explode,
        allow_reserved=node.flag("allowReserved"),
        allow_empty_value=node.flag("allowEmptyValue"),
        media_type=media_type,
        encoding=encodings_of(reading, node),
        description=node.text("description"),
        deprecated=node.flag("deprecated"),
        extensions=extensions(node),
        locate=node.child("name").locate,
    )


def _body(reading: Reading, written: Node) -> Body:
    node = reading.follow(written)
    return Body(node.flag("required"), read_contents(reading, node), node.text("description"))


def _response(reading: Reading, status: str, node: Node) -> Response:
    return Response(
        status=status,
        description=node.text("description"),
        content=read_contents(reading, node),
        headers=read_headers(reading, node),
        links=tuple(_links(reading, node.child("links").members())),
        summary=node.text("summary"),
    )


def _links(reading: Reading, written: Iterable[tuple[str, Node]]) -> Iterator[Link]:
    """Yield the links of a response ("Link Object")."""
    for name, reference in written:
        node = reading.follow(reference)
        yield Link(
            name=name,
            operation_id=node.text("operationId") or None,
            operation_ref=node.text("operationRef") or None,
            parameters={key: copy(value.value) for key, value in node.child("parameters").members()},
            request_body=copy(node.child("requestBody").value),
            description=node.text("description"),
            server=_server(node.child("server")) if node.has("server") else None,
        )
