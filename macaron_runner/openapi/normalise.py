"""Schemas of every OpenAPI dialect -> the one form of `operation.Schema`, JSON Schema 2020-12.

    3.0:      {"type": "integer", "format": "int32", "nullable": true, "minimum": 0, "exclusiveMinimum": true}
    becomes:  {"type": ["integer", "null"], "format": "int32", "exclusiveMinimum": 0, "maximum": 2147483647}

The result never shares a value with the document. Not for naming what `$ref`s lead to (definitions), and
nothing is checked here (validation). Dialects: Swagger 2.0 and OpenAPI 3.0 "Schema Object"; OpenAPI 3.1
section 4.8.24.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from macaron_runner.openapi.document import Specification
from macaron_runner.openapi.references import Node

SchemaDict: TypeAlias = dict[str, Any]

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

_DROPPED: Final = (
    DEFINITION_KEYWORDS
    | {"$schema", "$id", "$anchor", "$dynamicAnchor", "$comment", "$vocabulary"}
    | {"xml", "externalDocs", "nullable", "x-nullable", "example"}
)
_COMBINING: Final = ("$ref", "allOf", "anyOf", "oneOf", "not", "const", "if")
_ANNOTATIONS: Final = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
_BOUNDS: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_CONTENT_FORMATS: Final = {
    "byte": {"contentEncoding": "base64"},
    "binary": {"contentMediaType": "application/octet-stream"},
}
_NULL: Final = {"type": "null"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells the schemas of one specification from those of the others."""

    reference_siblings: bool
    """Keywords beside `$ref` count (JSON Schema 2020-12); before 3.1 they are ignored."""
    nullable: tuple[str, ...]
    """The keywords that admit null."""


DIALECTS: Final[dict[Specification, Dialect]] = {
    "2.0": Dialect(reference_siblings=False, nullable=("x-nullable",)),
    "3.0": Dialect(reference_siblings=False, nullable=("nullable", "x-nullable")),
    "3.1": Dialect(reference_siblings=True, nullable=("x-nullable",)),
    "3.2": Dialect(reference_siblings=True, nullable=("x-nullable",)),
}


class Normaliser:
    """Normalises the schemas of one document.

    `name` gives the definition to which a reference leads, or None where it is broken; `discriminate` is
    handed each discriminator and the new schema it belongs to; `refuse` hears of what is no schema.
    """

    def __init__(
        self,
        dialect: Dialect,
        name: Callable[[Node], str | None],
        discriminate: Callable[[Node, SchemaDict], None],
        refuse: Callable[[Node, str], None],
    ) -> None:
        self._dialect = dialect
        self._name = name
        self._discriminate = discriminate
        self._refuse = refuse

    def __call__(self, node: Node) -> SchemaDict | bool:
        """Return the schema at `node` in the one form; what is no schema is refused, and stands for anything."""
        if isinstance(node.value, bool):
            return node.value
        if not isinstance(node.value, dict):
            self._refuse(node, "a schema must be a map")
            return True
        if node.reference is not None and not self._dialect.reference_siblings:
            return self._nullable(node, self._reference(node))
        schema = self._keywords(node)
        for mend in (_one_type, _numeric_limits, _integer_bounds, _content):
            mend(schema)
        _required(schema, node)
        return self._nullable(node, schema)

    def _keywords(self, node: Node) -> SchemaDict:
        schema: SchemaDict = {}
        for keyword, value in node.value.items():
            child = Node(node.file, (*node.pointer, keyword), value)
            if keyword == "items" and isinstance(value, list):  # JSON Schema's older form of prefixItems
                schema["prefixItems"] = [self(item) for item in child.elements()]
            elif keyword in SCHEMA_KEYWORDS:
                schema[keyword] = self(child)
            elif keyword in SCHEMA_LIST_KEYWORDS:
                schema[keyword] = [self(item) for item in child.elements()]
            elif keyword in SCHEMA_MAP_KEYWORDS:
                schema[keyword] = {name: self(item) for name, item in child.members()}
            elif keyword == "discriminator":
                self._discriminate(child, schema)
            elif keyword == "$ref" and isinstance(value, str):
                schema |= self._reference(node)
            elif keyword == "$ref":
                self._refuse(child, "a $ref must be a text")
            elif keyword == "$dynamicRef":
                self._refuse(child, "$dynamicRef is not supported: write $ref")
            elif keyword not in _DROPPED:
                schema[keyword] = copy(value)
        if "example" in node.value and "examples" not in schema:
            schema["examples"] = [copy(node.value["example"])]
        return schema

    def _reference(self, node: Node) -> SchemaDict:
        name = self._name(node)
        return {} if name is None else {"$ref": f"#/$defs/{name}"}

    def _nullable(self, node: Node, schema: SchemaDict) -> SchemaDict:
        """Return the schema, null admitted where the document says so.

        Strictly, OpenAPI 3.0's nullable does nothing without a type beside it; everybody who writes it beside
        allOf or `$ref` means that null is admitted.
        """
        if not any(node.flag(keyword) for keyword in self._dialect.nullable):
            return schema
        if any(keyword in schema for keyword in _COMBINING):
            return _or_null(schema)
        if "type" in schema:
            schema["type"] = _types(schema) + (["null"] if "null" not in _types(schema) else [])
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"].append(None)
        return schema


def copy(value: Any) -> Any:
    """Return a deep copy of JSON-like data."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def _or_null(schema: SchemaDict) -> SchemaDict:
    """Return "this, or null"; what only describes the schema describes the whole."""
    outer = {key: schema[key] for key in schema if key in _ANNOTATIONS or key.startswith("x-")}
    inner = {key: schema[key] for key in schema if key not in outer}
    arms: list[Any] = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    if inner.keys() == {"allOf"} and len(inner["allOf"]) == 1:
        arms = inner["allOf"]
    return outer | {"anyOf": [*arms, _NULL.copy()]}


def _types(schema: SchemaDict) -> list[Any]:
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def _one_type(schema: SchemaDict) -> None:
    """Mend Swagger 2.0's `type: file`; write one type as a word, and null last where there are more."""
    if "type" not in schema:
        return
    types = _types(schema)
    if types == ["file"]:
        schema |= {"type": "string", "format": "binary"}
    elif len(types) == 1:
        schema["type"] = types[0]
    elif "null" in types:
        schema["type"] = [*(item for item in types if item != "null"), "null"]


def _numeric_limits(schema: SchemaDict) -> None:
    """Make boolean exclusiveMinimum and exclusiveMaximum (JSON Schema draft 4) the limit itself."""
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if not isinstance(schema.get(exclusive), bool):
            continue
        if schema.pop(exclusive) and limit in schema:
            schema[exclusive] = schema.pop(limit)


def _integer_bounds(schema: SchemaDict) -> None:
    """Give int32 and int64 their limits, where the schema's own are wider."""
    form = schema.get("format")
    if not isinstance(form, str) or form not in _BOUNDS or "integer" not in _types(schema):
        return
    low, high = _BOUNDS[form]
    if not any(limit >= low for limit in _limits(schema, "minimum", "exclusiveMinimum")):
        schema["minimum"] = low
    if not any(limit <= high for limit in _limits(schema, "maximum", "exclusiveMaximum")):
        schema["maximum"] = high


def _limits(schema: SchemaDict, *keywords: str) -> list[int | float]:
    values = [schema.get(keyword) for keyword in keywords]
    return [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _content(schema: SchemaDict) -> None:
    """Write 3.1's way to say byte and binary (OpenAPI 3.1 section 4.8.14.4) as 3.0's formats."""
    if schema.get("type", "string") != "string" or "format" in schema or "contentSchema" in schema:
        return
    found = {
        keyword: schema[keyword] for keyword in ("contentEncoding", "contentMediaType") if keyword in schema
    }
    for form, written in _CONTENT_FORMATS.items():
        if found == written:
            del schema[next(iter(written))]
            schema |= {"type": "string", "format": form}


def _required(schema: SchemaDict, node: Node) -> None:
    """Collect what is required, each name once.

    Beside the list itself: `required: true` on a property (JSON Schema draft 3, still seen in 2.0), and the
    predecessor's `x-mandatory: true`, which also counts beside a `$ref`.
    """
    listed = node.texts("required")
    marked = [
        name
        for name, item in node.child("properties").members()
        if item.flag("x-mandatory") or item.flag("required")
    ]
    schema.pop("required", None)
    if listed or marked:
        schema["required"] = list(dict.fromkeys([*listed, *marked]))
