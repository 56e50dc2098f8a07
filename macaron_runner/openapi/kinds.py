"""Which kind of object stands where in a document.

So a property called "default" is never taken for the keyword, nor an example for a schema. Not for following
references (references), nor for going through a whole document (survey).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from macaron_runner.openapi.references import Node

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fields of a path item that are operations; trace came with OpenAPI 3.0, query with 3.2.

Any other method stands under additionalOperations, since 3.2.
"""

SCHEMA_KEYWORDS: Final = frozenset(
    {"items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema"}
)
"""Keywords whose value is a schema."""
SCHEMA_LIST_KEYWORDS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""
SCHEMA_MAP_KEYWORDS: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""Keywords whose value is a map of schemas by a name."""
DEFINITION_KEYWORDS: Final = frozenset({"$defs", "definitions"})
"""Keywords whose value is a map of schemas that only references reach."""

_Fields: TypeAlias = Mapping[str, str]

_COMPONENTS: Final[_Fields] = {
    "schemas": "schema*",
    "responses": "response*",
    "parameters": "parameter*",
    "examples": "example*",
    "requestBodies": "body*",
    "headers": "header*",
    "links": "link*",
    "callbacks": "callback*",
    "pathItems": "path item*",
    "mediaTypes": "content*",
    "securitySchemes": "security scheme*",
}
_ENCODINGS: Final = {
    "encoding": "encoding*",
    "prefixEncoding": "encoding*",
    "itemEncoding": "encoding",
}
FIELDS: Final[Mapping[str, _Fields]] = {
    "document": {
        "paths": "path item*",
        "webhooks": "path item*",
        "components": "components",
        "definitions": "schema*",
        "parameters": "parameter*",
        "responses": "response*",
    },
    "components": _COMPONENTS,
    "path item": {"parameters": "parameter*", "additionalOperations": "operation*"}
    | dict.fromkeys(METHODS, "operation"),
    "operation": {
        "parameters": "parameter*",
        "requestBody": "body",
        "responses": "response*",
        "callbacks": "callback*",
    },
    "parameter": {"schema": "schema", "items": "items", "content": "content*", "examples": "example*"},
    "header": {"schema": "schema", "items": "items", "content": "content*", "examples": "example*"},
    "items": {"items": "items"},
    "body": {"content": "content*"},
    "content": {"schema": "schema", "itemSchema": "schema", "examples": "example*"} | _ENCODINGS,
    "encoding": {"headers": "header*"} | _ENCODINGS,
    "response": {"schema": "schema", "headers": "header*", "content": "content*", "links": "link*"},
    "schema": dict.fromkeys(SCHEMA_KEYWORDS, "schema")
    | dict.fromkeys(SCHEMA_LIST_KEYWORDS | SCHEMA_MAP_KEYWORDS | DEFINITION_KEYWORDS, "schema*")
    | {"additionalItems": "schema", "dependencies": "schema*"},
    "example": {},
    "link": {},
    "callback": {},
    "security scheme": {},
}
"""Kind -> field -> kind of what stands there; with a star, of the members of the map or list there."""

_EXTENSIBLE: Final = frozenset({("document", "paths"), ("operation", "responses")})
"""The maps that may have extensions (`x-…`); in all others that is how something is called."""


def parts_of(kind: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield kind and node of everything that stands directly in an object."""
    if kind == "callback":  # a map of path items by expression
        yield from (("path item", child) for _, child in node.fields())
        return
    fields = FIELDS[kind]
    for name in node.value:
        if name not in fields:
            continue
        child, member_kind = node.child(name), fields[name]
        if member_kind.endswith("*"):
            members = child.fields() if (kind, name) in _EXTENSIBLE else child.members()
            yield from ((member_kind[:-1], member) for _, member in members)
            yield from ((member_kind[:-1], member) for member in child.elements())
        else:
            yield member_kind, child
            yield from ((member_kind, member) for member in child.elements())
