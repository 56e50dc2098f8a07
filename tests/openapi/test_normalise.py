"""Schemas of each dialect and the one form they get, a pair a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document

INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}


def normalised(folder: Path, schema: Any, version: str, **others: Any) -> Any:
    """Return what a schema called X becomes; `others` stand beside it."""
    schemas = {"X": schema, **others}
    head = {"info": {"title": "T", "version": "1"}, "paths": {}}
    parts = {"definitions": schemas} if version == "2.0" else {"components": {"schemas": schemas}}
    name = {"swagger": version} if version == "2.0" else {"openapi": f"{version}.0"}
    path = folder / "api.json"
    path.write_bytes(orjson.dumps(name | head | parts))
    return read_api(read_document(path), "x").schemas["X"]


CASES: dict[str, tuple[str, Any, Any]] = {
    "nullable with a type": ("3.0", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "nullable without a type": ("3.0", {"nullable": True}, {}),
    "not nullable": ("3.0", {"type": "string", "nullable": False}, {"type": "string"}),
    "x-nullable": ("2.0", {"type": "string", "x-nullable": True}, {"type": ["string", "null"]}),
    "x-nullable in 3.1": ("3.1", {"type": "string", "x-nullable": True}, {"type": ["string", "null"]}),
    "nullable is no word of 2.0": ("2.0", {"type": "string", "nullable": True}, {"type": "string"}),
    "nullable is no word of 3.1": ("3.1", {"type": "string", "nullable": True}, {"type": "string"}),
    "nullable enum": (
        "3.0",
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "nullable enum that has null": (
        "3.0",
        {"enum": [None, "a"], "nullable": True},
        {"enum": [None, "a"]},
    ),
    "nullable and allOf": (
        "3.0",
        {"allOf": [{"type": "object"}, {"type": "object"}], "nullable": True, "readOnly": True, "x-a": 1},
        {
            "anyOf": [{"allOf": [{"type": "object"}, {"type": "object"}]}, {"type": "null"}],
            "readOnly": True,
            "x-a": 1,
        },
    ),
    "nullable and anyOf": (
        "3.0",
        {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
    ),
    "x-nullable beside $ref": (
        "2.0",
        {"$ref": "#/definitions/Y", "x-nullable": True, "description": "dropped"},
        {"anyOf": [{"$ref": "#/$defs/Y"}, {"type": "null"}]},
    ),
    "siblings of $ref are dropped": (
        "3.0",
        {"items": {"$ref": "#/components/schemas/Y", "description": "dropped", "minLength": 1}},
        {"items": {"$ref": "#/$defs/Y"}},
    ),
    "siblings of $ref are kept": (
        "3.1",
        {"$ref": "#/components/schemas/Y", "description": "kept", "minLength": 1},
        {"$ref": "#/$defs/Y", "description": "kept", "minLength": 1},
    ),
    "a property called $ref": (
        "3.0",
        {"properties": {"$ref": {"type": "string"}}},
        {"properties": {"$ref": {"type": "string"}}},
    ),
    "exclusive limits": (
        "2.0",
        {"minimum": 1, "exclusiveMinimum": True, "maximum": 2, "exclusiveMaximum": False},
        {"exclusiveMinimum": 1, "maximum": 2},
    ),
    "exclusive without a limit": ("3.0", {"exclusiveMinimum": True}, {}),
    "int32": ("2.0", {"type": "integer", "format": "int32"}, {"type": "integer", "format": "int32"} | INT32),
    "int32 with narrower limits": (
        "3.1",
        {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMaximum": 9},
        {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMaximum": 9},
    ),
    "int32 with wider limits": (
        "3.0",
        {"type": "integer", "format": "int32", "minimum": -(10**12), "maximum": 10**12},
        {"type": "integer", "format": "int32"} | INT32,
    ),
    "int32 of a number": (
        "3.0",
        {"type": "number", "format": "int32"},
        {"type": "number", "format": "int32"},
    ),
    "int32 of what is no type": (  # refused by the rules, but they do not decide whether reading survives it
        "3.1",
        {"type": ["integer", {}], "format": "int32"},
        {"type": ["integer", {}], "format": "int32"} | INT32,
    ),
    "nullable int32": (
        "3.0",
        {"type": "integer", "format": "int32", "nullable": True},
        {"type": ["integer", "null"], "format": "int32"} | INT32,
    ),
    "file": ("2.0", {"type": "file"}, {"type": "string", "format": "binary"}),
    "one type in a list": ("3.1", {"type": ["string"]}, {"type": "string"}),
    "null comes last": ("3.1", {"type": ["null", "string"]}, {"type": ["string", "null"]}),
    "base64": ("3.1", {"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
    "a media type in base64": (
        "3.1",
        {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
        {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
    ),
    "base64 of what may be no text": (
        "3.1",
        {"contentEncoding": "base64"},
        {"format": "byte"},
    ),
    "bytes": (
        "3.1",
        {"contentMediaType": "application/octet-stream"},
        {"type": "string", "format": "binary"},
    ),
    "booleans": (
        "3.1",
        {"properties": {"a": True, "b": False}, "additionalProperties": False},
        {"properties": {"a": True, "b": False}, "additionalProperties": False},
    ),
    "items after a list": (
        "2.0",
        {"items": [{"type": "integer"}], "additionalItems": {"type": "file"}},
        {"prefixItems": [{"type": "integer"}], "items": {"type": "string", "format": "binary"}},
    ),
    "no word of 3.1: items after a list, dependencies": (
        "3.1",
        {"additionalItems": False, "dependencies": {"a": ["b"]}},
        {},
    ),
    "dependencies": (
        "3.0",
        {"dependencies": {"a": ["b"], "c": {"minProperties": 2}}},
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 2}}},
    ),
    "another dialect": (
        "3.1",
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "dependencies": {"a": ["b"]},
            "items": {"$ref": "#/components/schemas/Y", "minLength": 1},
        },
        {"dependentRequired": {"a": ["b"]}, "items": {"$ref": "#/$defs/Y"}},
    ),
    "no other dialect before 3.1": (
        "3.0",
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string", "nullable": True},
        {"type": ["string", "null"]},
    ),
    "$ref and $dynamicRef": (
        "3.1",
        {"$ref": "#/components/schemas/Y", "$dynamicRef": "#/components/schemas/Y"},
        {"allOf": [{"$ref": "#/$defs/Y"}, {"$ref": "#/$defs/Y"}]},
    ),
    "a list of items": (
        "2.0",
        {"items": [{"type": "file"}]},
        {"prefixItems": [{"type": "string", "format": "binary"}]},
    ),
    "required by the property": (
        "2.0",
        {"required": ["b", "b"], "properties": {"a": {"required": True}, "b": {}, "c": {"required": False}}},
        {"required": ["b", "a"], "properties": {"a": {}, "b": {}, "c": {}}},
    ),
    "x-mandatory": (
        "2.0",
        {
            "properties": {
                "a": {"type": "string", "x-mandatory": True},
                "b": {"$ref": "#/definitions/Y", "x-mandatory": True},
            }
        },
        {
            "properties": {"a": {"type": "string", "x-mandatory": True}, "b": {"$ref": "#/$defs/Y"}},
            "required": ["a", "b"],
        },
    ),
    "nothing required": ("3.0", {"required": []}, {}),
    "an example": (
        "3.0",
        {"example": {"nullable": True, "$ref": "#"}},
        {"examples": [{"nullable": True, "$ref": "#"}]},
    ),
    "values are not schemas": (
        "3.0",
        {"default": {"type": "file"}, "enum": [{"type": "file"}], "x-any": {"$ref": "#/none"}},
        {"default": {"type": "file"}, "enum": [{"type": "file"}], "x-any": {"$ref": "#/none"}},
    ),
    "properties called like keywords": (
        "3.0",
        {"properties": {"default": {"type": "string", "nullable": True}, "enum": {"type": "string"}}},
        {"properties": {"default": {"type": ["string", "null"]}, "enum": {"type": "string"}}},
    ),
    "keywords of JSON Schema": (
        "3.1",
        {
            "if": {"type": ["string"]},
            "then": False,
            "patternProperties": {"^a": {"type": ["null"]}},
            "$id": "x",
            "$defs": {},
        },
        {"if": {"type": "string"}, "then": False, "patternProperties": {"^a": {"type": "null"}}},
    ),
    "what only documents read": (
        "3.0",
        {"xml": {"name": "a"}, "externalDocs": {"url": "b"}, "title": "c"},
        {"xml": {"name": "a"}, "title": "c"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, tmp_path: Path) -> None:
    version, schema, expected = CASES[case]
    assert normalised(tmp_path, schema, version, Y={"type": "string"}) == expected


DISCRIMINATORS: dict[str, tuple[str, Any, dict[str, Any], dict[str, str]]] = {
    "arms by their names": (
        "3.0",
        {
            "oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
            "discriminator": {"propertyName": "kind"},
        },
        {"A": {}, "B": {}},
        {"A": "A", "B": "B"},
    ),
    "an arm by another name": (
        "3.1",
        {
            "anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
            "discriminator": {"propertyName": "kind", "mapping": {"a": "A", "aa": "#/components/schemas/A"}},
        },
        {"A": {}, "B": {}},
        {"a": "A", "aa": "A", "A": "A", "B": "B"},
    ),
    "heirs": (
        "2.0",
        {"discriminator": "kind"},
        {
            "A": {"allOf": [{"$ref": "#/definitions/X"}]},
            "B": {"allOf": [{"type": "object"}, {"$ref": "#/definitions/A"}]},
            "C": {},
        },
        {"X": "X", "A": "A", "B": "B"},
    ),
    "heirs that say their tag themselves": (
        "2.0",
        {"discriminator": "kind"},
        {"A": {"allOf": [{"$ref": "#/definitions/X"}], "x-ms-discriminator-value": "#Some.Thing"}},
        {"X": "X", "#Some.Thing": "A"},
    ),
    "a name that had to change": (
        "3.0",
        {"oneOf": [{"$ref": "#/components/schemas/A b"}], "discriminator": {"propertyName": "kind"}},
        {"A b": {}},
        {"A b": "A_b"},
    ),
}


@pytest.mark.parametrize("case", DISCRIMINATORS)
def test_discriminator(case: str, tmp_path: Path) -> None:
    version, schema, others, mapping = DISCRIMINATORS[case]
    found = normalised(tmp_path, schema, version, **others)["discriminator"]
    assert found == {
        "propertyName": "kind",
        "mapping": {value: f"#/$defs/{name}" for value, name in mapping.items()},
    }


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"items": "string"}, "a schema must be a map"),
        ({"properties": {"a": None}}, "a schema must be a map"),
        ({"items": {"$ref": 1}}, "a $ref must be a text"),
        ({"items": {"$dynamicRef": 1}}, "a $dynamicRef must be a text"),
    ],
)
def test_what_is_no_schema_is_refused(tmp_path: Path, schema: Any, message: str) -> None:
    with pytest.raises(BadConfiguration, match="MAC307") as caught:
        normalised(tmp_path, schema, "3.1")
    assert message in caught.value.diagnostics[0].message


def test_the_result_shares_nothing_with_the_document(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents: {schemas: {X: {enum: [[1]]}}}"
    )
    document = read_document(path)
    schema = read_api(document, "x").schemas["X"]
    assert isinstance(schema, dict)
    schema["enum"][0].append(2)
    assert document.tree["components"]["schemas"]["X"] == {"enum": [[1]]}
