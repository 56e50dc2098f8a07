"""Schemas of every OpenAPI dialect -> the one form of `operation.Schema`, JSON Schema 2020-12.

    3.0:      {"type": "integer", "format": "int32", "nullable": true, "minimum": 0, "exclusiveMinimum": true}
    becomes:  {"type": ["integer", "null"], "format": "int32", "exclusiveMinimum": 0, "maximum": 2147483647}

The result never shares a value with the document. Not for naming what `$ref`s lead to (definitions), and
nothing is checked here (validation). Dialects: Swagger 2.0 and OpenAPI 3.0 "Schema Object"; OpenAPI 3.1
section 4.8.24.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from macaron_runner.openapi.dialects import Dialect
from macaron_runner.openapi.dynamic import NOWHERE, Scope
from macaron_runner.openapi.kinds import (
    DEFINITION_KEYWORDS,
    SCHEMA_KEYWORDS,
    SCHEMA_LIST_KEYWORDS,
    SCHEMA_MAP_KEYWORDS,
)
from macaron_runner.openapi.references import Node

SchemaDict: TypeAlias = dict[str, Any]

_OLDER: Final = frozenset({"additionalItems", "dependencies"})
_DROPPED: Final = (
    DEFINITION_KEYWORDS
    | {
        "$schema",
        "$id",
        "id",
        "$anchor",
        "$dynamicAnchor",
        "$comment",
        "$vocabulary",
        "additionalItems",
        "dependencies",
    }
    | {"externalDocs", "nullable", "x-nullable", "example"}
)
_COMBINING: Final = ("$ref", "allOf", "anyOf", "oneOf", "not", "const", "if")
_ANNOTATIONS: Final = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
_SINGLE, _DOUBLE = 3.4028234663852886e38, 1.7976931348623157e308
_BOUNDS: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "integer": {f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}
    | {f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    "number": {"float": (-_SINGLE, _SINGLE), "double": (-_DOUBLE, _DOUBLE)},
}
"""The limits of the formats of numbers, by type (OpenAPI format registry; IEEE 754 binary32 and binary64)."""
_CONTENT_FORMATS: Final = {
    "byte": {"contentEncoding": "base64"},
    "binary": {"contentMediaType": "application/octet-stream"},
}
_NULL: Final = {"type": "null"}
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef"})


class Context(NamedTuple):
    """What a schema means beyond its own text: the dialect it is in, and how one came to it."""

    dialect: Dialect
    scope: Scope = NOWHERE


class Normaliser:
    """Normalises the schemas of one document.

    `name` gives the definition to which a `$ref` or `$dynamicRef` leads, or None where it is broken; `enter` gives the
    context inside a schema that has an identifier or a dialect of its own; `discriminate` is handed each
    discriminator and the new schema it belongs to; `refuse` hears of what is no schema.
    """

    def __init__(
        self,
        name: Callable[[Node, str, Context], str | None],
        enter: Callable[[Node, Context], Context],
        discriminate: Callable[[Node, SchemaDict, Context], None],
        refuse: Callable[[Node, str], None],
    ) -> None:
        self._name = name
        self._enter = enter
        self._discriminate = discriminate
        self._refuse = refuse

    def __call__(self, node: Node, context: Context) -> SchemaDict | bool:
        """Return the schema at `node` in the one form; what is no schema is refused, and stands for anything."""
        if isinstance(node.value, bool):
            return node.value
        if not isinstance(node.value, dict):
            self._refuse(node, "a schema must be a map")
            return True
        if node.file.identifies and ("$schema" in node.value or context.dialect.identifier in node.value):
            context = self._enter(node, context)
        if node.reference is not None and not context.dialect.reference_siblings:
            return _nullable(node, self._reference(node, "$ref", context), context.dialect)
        schema = self._keywords(node, context)
        if context.dialect.older and not _OLDER.isdisjoint(node.value):
            self._older_keywords(node, schema, context)
        for mend in (_one_type, _numeric_limits, _bounds, _content):
            mend(schema)
        _required(schema, node)
        return _nullable(node, schema, context.dialect)

    def _keywords(self, node: Node, context: Context) -> SchemaDict:
        schema: SchemaDict = {}
        references = []
        for keyword, value in node.value.items():
            child = Node(node.file, (*node.pointer, keyword), value)
            if keyword == "items" and isinstance(value, list):  # JSON Schema's older form of prefixItems
                schema["prefixItems"] = [self(item, context) for item in child.elements()]
            elif keyword in SCHEMA_KEYWORDS:
                schema[keyword] = self(child, context)
            elif keyword in SCHEMA_LIST_KEYWORDS:
                schema[keyword] = [self(item, context) for item in child.elements()]
            elif keyword in SCHEMA_MAP_KEYWORDS:
                schema[keyword] = {name: self(item, context) for name, item in child.members()}
            elif keyword == "discriminator":
                self._discriminate(child, schema, context)
            elif keyword in _REFERENCES and isinstance(value, str):
                references.append(self._reference(node, keyword, context))
            elif keyword in _REFERENCES:
                self._refuse(child, f"a {keyword} must be a text")
            elif keyword not in _DROPPED:
                schema[keyword] = copy(value)
        if "example" in node.value and "examples" not in schema:
            schema["examples"] = [copy(node.value["example"])]
        return _referring(schema, references)

    def _older_keywords(self, node: Node, schema: SchemaDict, context: Context) -> None:
        """Write `additionalItems` and `dependencies` as 2020-12 has them."""
        if isinstance(node.child("items").value, list) and node.has("additionalItems"):
            schema["items"] = self(node.child("additionalItems"), context)
        for name, needed in node.child("dependencies").members():
            if isinstance(needed.value, list):
                schema.setdefault("dependentRequired", {})[name] = list(
                    node.child("dependencies").texts(name)
                )
            else:
                schema.setdefault("dependentSchemas", {})[name] = self(needed, context)

    def _reference(self, node: Node, keyword: str, context: Context) -> SchemaDict:
        name = self._name(node, keyword, context)
        return {} if name is None else {"$ref": f"#/$defs/{name}"}


def _referring(schema: SchemaDict, references: list[SchemaDict]) -> SchemaDict:
    """Return a schema that refers to others: by `$ref`, and where it has a `$dynamicRef` as well, by `allOf`."""
    if len(references) > 1:
        schema["allOf"] = [*schema.get("allOf", []), *references]
    elif references:
        schema |= references[0]
    return schema


def _nullable(node: Node, schema: SchemaDict, dialect: Dialect) -> SchemaDict:
    """Return the schema, null admitted where the document says so.

    Strictly, OpenAPI 3.0's nullable does nothing without a type beside it; everybody who writes it beside
    allOf or `$ref` means that null is admitted.
    """
    if not any(node.flag(keyword) for keyword in dialect.nullable):
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


def _bounds(schema: SchemaDict) -> None:
    """Give formats of numbers, as int32, their limits, where the schema's own are wider."""
    form = schema.get("format")
    if not isinstance(form, str):
        return
    types = [name for name in _types(schema) if isinstance(name, str)]
    known = [limits[form] for name in types if form in (limits := _BOUNDS.get(name, {}))]
    if not known:
        return
    low, high = known[0]
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
            schema["format"] = form
            if form == "binary":  # bytes have no JSON form that could be of another type
                schema["type"] = "string"


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
