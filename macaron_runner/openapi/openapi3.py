"""OpenAPI 3.0 and 3.1 documents -> Operations.

Not for Swagger 2.0 (swagger2). Links, callbacks and webhooks are not kept: nothing serves them. Section
numbers are those of OpenAPI 3.1.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast, get_args
from urllib.parse import urlsplit

from macaron_runner.diagnostics import Diagnostic
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
    SecurityScheme,
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

_DEFAULT_STYLES: Final[Mapping[str, Style]] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
}
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})


def read_base_path(reading: Reading) -> str:
    """Return the path of servers[0], its variables replaced by their defaults: "https://h/{v}/" -> "/v1".

    A variable without default is reported: the operations would be served under its braces.
    """
    server = reading.root.child("servers").child(0)
    url = server.text("url")
    for name, variable in server.child("variables").members():
        url = url.replace("{" + name + "}", variable.text("default"))
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    if "{" in path:
        message = f'the path of the server "{server.text("url")}" has a variable without default'
        place = server.child("url").locate()
        reading.report(
            Diagnostic(
                "MAC310", message, place, help="give it one under variables, or say base_path in macaron.yaml"
            )
        )
    return posixpath.normpath(f"/{path.lstrip('/')}").rstrip("/")


def read_security_schemes(reading: Reading) -> dict[str, SecurityScheme]:
    """Return the document's security schemes by name (section 4.8.27)."""
    schemes = reading.root.child("components").child("securitySchemes")
    return {name: _security_scheme(name, reading.follow(node)) for name, node in schemes.fields()}


def read_operations(reading: Reading, api: str, base_path: str) -> Iterator[Operation]:
    """Yield the operations, in the order of the document."""
    for endpoint in reading.endpoints():
        yield _operation(reading, endpoint, api, base_path)


def _security_scheme(name: str, node: Node) -> SecurityScheme:
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
    )


def _operation(reading: Reading, endpoint: Endpoint, api: str, base_path: str) -> Operation:
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
    )


def _parameters(reading: Reading, endpoint: Endpoint) -> tuple[Parameter, ...]:
    return tuple(
        _parameter(reading, node)
        for node in parameters_of(endpoint, reading.follow)
        if node.text("in") in _DEFAULT_STYLES and not _is_ignored(node)
    )


def _is_ignored(node: Node) -> bool:
    """Tell whether a parameter is one of the headers that parameters cannot describe (section 4.8.12.2.1)."""
    return node.text("in") == "header" and node.text("name").lower() in _IGNORED_HEADERS


def _parameter(reading: Reading, node: Node) -> Parameter:
    location = cast("ParameterLocation", node.text("in"))
    style = _style(node, _DEFAULT_STYLES[location])
    media_type, schema = _described(reading, node)
    return Parameter(
        name=node.text("name"),
        location=location,
        required=node.flag("required") or location == "path",
        schema=schema,
        style=style,
        explode=node.flag("explode") if node.has("explode") else style == "form",
        allow_reserved=node.flag("allowReserved"),
        allow_empty_value=node.flag("allowEmptyValue"),
        media_type=media_type,
        description=node.text("description"),
        deprecated=node.flag("deprecated"),
        extensions=extensions(node),
    )


def _style(node: Node, default: Style) -> Style:
    style = node.text("style")
    return cast("Style", style) if style in get_args(Style) else default


def _described(reading: Reading, node: Node) -> tuple[str | None, Any]:
    """Return media type and schema of a parameter or header, which has either `content` or `schema`."""
    for media_type, content in node.child("content").fields():
        return media_type, reading.schema(content.child("schema")) if content.has("schema") else True
    return None, reading.schema(node.child("schema")) if node.has("schema") else True


def _body(reading: Reading, written: Node) -> Body:
    node = reading.follow(written)
    return Body(node.flag("required"), _contents(reading, node), node.text("description"))


def _contents(reading: Reading, node: Node) -> tuple[Content, ...]:
    return tuple(
        _content(reading, media_type, content) for media_type, content in node.child("content").fields()
    )


def _content(reading: Reading, media_type: str, node: Node) -> Content:
    return Content(
        media_type=media_type,
        schema=reading.schema(node.child("schema")) if node.has("schema") else None,
        encoding={
            name: encoding
            for name, written in node.child("encoding").fields()
            if (encoding := _encoding(written)) != Encoding()
        },
        examples=_examples(reading, node),
    )


def _encoding(node: Node) -> Encoding:
    style = _style(node, "form")
    return Encoding(
        content_type=node.text("contentType") or None,
        style=style,
        explode=node.flag("explode") if node.has("explode") else style == "form",
        allow_reserved=node.flag("allowReserved"),
    )


def _examples(reading: Reading, node: Node) -> dict[str, Any]:
    examples = {"": copy(node.child("example").value)} if node.has("example") else {}
    for name, written in node.child("examples").members():
        example = reading.follow(written)
        if example.has("value"):  # externalValue is not fetched
            examples[name] = copy(example.child("value").value)
    return examples


def _response(reading: Reading, status: str, node: Node) -> Response:
    return Response(
        status=status,
        description=node.text("description"),
        content=_contents(reading, node),
        headers=tuple(
            _header(reading, name, reading.follow(header))
            for name, header in node.child("headers").fields()
            if name.lower() != "content-type"  # section 4.8.17.1
        ),
    )


def _header(reading: Reading, name: str, node: Node) -> Header:
    _, schema = _described(reading, node)
    return Header(name, schema, node.flag("required"), node.text("description"))
