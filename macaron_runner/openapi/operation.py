"""The Operation: what an API document promises about one method of one path, whatever its version.

Pure frozen data: no I/O, no framework. Everything after the parser works from these values alone; the same API written
in Swagger 2.0, OpenAPI 3.0, 3.1 and 3.2 gives equal Operations. Not for checking requests (validation) or calling
handlers (server).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from macaron_runner.diagnostics import Location

Schema: TypeAlias = Mapping[str, Any] | bool
"""A schema in the one normalised form: JSON Schema 2020-12, `$ref`s only of the form `#/$defs/<Name>`.

`nullable`/`x-nullable` have become a "null" type, boolean exclusiveMinimum/Maximum a number, int32/int64 bounds,
`type: file` a string of format binary; the mapping of a `discriminator` names every schema that it chooses among.
Keywords that start with `x-`, `readOnly`, `writeOnly`, `default`, `format` and `title`/`description` are kept.
"""

PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
"""The template of a path parameter: group 1 is its name (OpenAPI 3.2 "Path Templating")."""

Locate: TypeAlias = Callable[[], Location]
"""Tells where something stands in its document; most is never asked, and to know it may mean to read the file again."""

ParameterLocation: TypeAlias = Literal["path", "query", "querystring", "header", "cookie"]
"""querystring (OpenAPI 3.2): the whole query as one value, described by `content`."""

Style: TypeAlias = Literal[
    "simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject", "cookie",
]  # fmt: skip
"""OpenAPI 3.2 "Style Values"; Swagger 2.0's collectionFormat maps onto it (`tsv`: tabDelimited, a word of our own)."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a response, or of a part of a multipart body."""

    name: str
    schema: Schema
    required: bool = False
    description: str = ""
    explode: bool = False
    media_type: str | None = None
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one part of a form or multipart body is written (OpenAPI 3.2 "Encoding Object").

    `headers` are those that a part has beside Content-Type; the last three speak of the parts inside a part.
    """

    content_type: str | None = None
    style: Style = "form"
    explode: bool = True
    allow_reserved: bool = False
    headers: tuple[Header, ...] = ()
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter outside the body. `media_type` is set where it is described by `content` instead of `schema`.

    `encoding`, by property, is that of a form which a parameter described by `content` holds. `inner_styles` are those
    of the arrays inside an array, the outer first (Swagger 2.0, "Items Object"); where there are none, these are JSON.
    `locate`, which tells where the document says its name, does not take part in equality.
    """

    name: str
    location: ParameterLocation
    required: bool
    schema: Schema
    style: Style
    explode: bool
    allow_reserved: bool = False
    allow_empty_value: bool = False
    media_type: str | None = None
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    inner_styles: tuple[Style, ...] = ()
    description: str = ""
    deprecated: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)
    locate: Locate | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> Location | None:
        """Where the document says its name."""
        return self.locate() if self.locate is not None else None


@dataclass(frozen=True, slots=True)
class Content:
    """One media type of a body or a response; `schema` None means anything goes.

    `item_schema` describes each item of a sequential media type (JSON lines, server-sent events). `encoding` is by
    property name, `prefix_encoding` and `item_encoding` by a part's place; `examples` are by name (the nameless
    `example` is under "").
    """

    media_type: str
    schema: Schema | None = None
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict, compare=False)
    item_schema: Schema | None = None
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent. Swagger 2.0's `in: body` and `in: formData` both end here."""

    required: bool
    content: tuple[Content, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ServerVariable:
    """What may stand for `{name}` in the URL of a server; `enum` () means that anything may."""

    default: str
    enum: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API is served, as its document tells clients: a URL, absolute or relative, with variables in braces."""

    url: str
    variables: Mapping[str, ServerVariable] = field(default_factory=dict)
    name: str = ""
    description: str = ""

    @property
    def default_url(self) -> str:
        """The URL with the variables' defaults."""
        url = self.url
        for name, variable in self.variables.items():
            url = url.replace("{" + name + "}", variable.default)
        return url


@dataclass(frozen=True, slots=True)
class Link:
    """What may be asked after a response: another operation, by its id or by a reference to it.

    `parameters` and `request_body` are what to send: values, or runtime expressions ("$response.body#/id").
    """

    name: str
    operation_id: str | None = None
    operation_ref: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    request_body: Any = None
    description: str = ""
    server: Server | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `status` is "200", a range as "4XX", or "default". No content: an empty body is promised."""

    status: str
    description: str = ""
    content: tuple[Content, ...] = ()
    headers: tuple[Header, ...] = ()
    links: tuple[Link, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How a credential is carried.

    `type` is "http" (with `scheme` "bearer", "basic", …), "apiKey" (with `carrier` "header", "query" or "cookie" and
    `parameter_name`), "oauth2", "openIdConnect" or "mutualTLS". Swagger 2.0's `basic` is http with scheme basic.
    `locate` (where the document says it) does not take part in equality.
    """

    name: str
    type: str
    scheme: str = ""
    carrier: str = ""
    parameter_name: str = ""
    scopes: tuple[str, ...] = ()
    description: str = ""
    deprecated: bool = False
    locate: Locate | None = field(default=None, compare=False, repr=False)

    @property
    def location(self) -> Location | None:
        """Where the document says it."""
        return self.locate() if self.locate is not None else None


@dataclass(frozen=True, slots=True)
class SchemeUse:
    """One scheme that a security requirement names, with the scopes it asks for."""

    scheme: str
    scopes: tuple[str, ...] = ()


SecurityRequirement: TypeAlias = tuple[SchemeUse, ...]
"""All of these together; an empty one means anonymous access is one of the alternatives."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `security` holds alternatives, any of which suffices; none at all means open to all.

    `path` is the template as the document has it ("/orders/{order-id}"), `base_path` ("" or "/v1") what stands before
    it; `extensions` are the `x-…` keys. `servers` are its own or its path's, which count for clients instead of the
    document's. `callbacks` are the requests that the service itself makes on account of this operation, by name: their
    `path` is a runtime expression. `locate` (where the document says it) does not take part in equality.
    """

    api: str
    method: str
    base_path: str
    path: str
    operation_id: str | None
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    security: tuple[SecurityRequirement, ...] = ()
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    servers: tuple[Server, ...] = ()
    callbacks: Mapping[str, tuple[Operation, ...]] = field(default_factory=dict)
    locate: Locate | None = field(default=None, compare=False, repr=False)

    @property
    def location(self) -> Location | None:
        """Where the document says it."""
        return self.locate() if self.locate is not None else None

    @property
    def route(self) -> str:
        """The whole path template, base path included."""
        return self.base_path + self.path

    @property
    def name(self) -> str:
        """What messages and logs call it: "shop.create_order", or "shop GET /orders" where it has no operationId."""
        return (
            f"{self.api}.{self.operation_id}"
            if self.operation_id
            else f"{self.api} {self.method} {self.path}"
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """A word that operations are sorted by; `parent` is the tag it belongs under, `kind` what sort of word it is."""

    name: str
    summary: str = ""
    description: str = ""
    parent: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """One document, read: its operations, the named schemas they refer to (`#/$defs/<Name>`) and security schemes.

    `version` is the document's info.version; `specification` "2.0", "3.0", "3.1" or "3.2" (does not take part in
    equality). `webhooks` are requests that the service makes to whoever registered: their `path` is the webhook's name.
    `schema_locations` tells where each named schema stands.
    """

    name: str
    title: str
    version: str
    base_path: str
    operations: tuple[Operation, ...]
    schemas: Mapping[str, Schema]
    security_schemes: Mapping[str, SecurityScheme]
    servers: tuple[Server, ...] = ()
    webhooks: tuple[Operation, ...] = ()
    tags: tuple[Tag, ...] = ()
    specification: str = field(default="", compare=False)
    file: str = field(default="", compare=False)
    schema_locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
