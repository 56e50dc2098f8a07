"""readOnly and writeOnly: not required and not believed in the one direction, required and checked in the other."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.validation.rewriting import Direction
from macaron_runner.validation.schema import Definitions
from tests.support.versions import VERSIONS, api_of

ID = {"type": "integer", "readOnly": True}
PASSWORD = {"type": "string", "writeOnly": True}
USER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": ID,
        "name": {"type": "string"},
        "friends": {"type": "array", "items": {"$ref": "#/User"}},
        "by_name": {"type": "object", "additionalProperties": {"$ref": "#/User"}},
        "made": {"$ref": "#/Made"},
        "address": {
            "allOf": [{"$ref": "#/Address"}, {"properties": {"zone": {"type": "string", "readOnly": True}}}]
        },
    },
}
SCHEMAS = {
    "User": USER,
    "Made": {"type": "string", "readOnly": True},
    "Address": {"type": "object", "properties": {"id": ID, "city": {"type": "string"}}},
    "Animal": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "id": ID},
        "discriminator": "kind",
    },
    "Cat": {"allOf": [{"$ref": "#/Animal"}, {"properties": {"lives": ID, "name": {"type": "string"}}}]},
    "Dog": {"allOf": [{"$ref": "#/Animal"}, {"properties": {"lives": {"type": "integer"}}}]},
    "Plain": {"type": "object", "properties": {"friend": {"$ref": "#/Plain"}}},
}
OF_3 = {
    "Either": {"oneOf": [{"$ref": "#/Left"}, {"$ref": "#/Right"}, {"type": "null"}]},
    "Left": {"type": "object", "required": ["left"], "properties": {"left": {"type": "string"}, "x": ID}},
    "Right": {"type": "object", "required": ["right"], "properties": {"right": {"type": "string"}, "x": {}}},
    "Chosen": {
        "oneOf": [{"$ref": "#/Cat"}, {"$ref": "#/Dog"}],
        "discriminator": {"propertyName": "kind"},
    },
    "Pair": {"prefixItems": [{"$ref": "#/Address"}, {"type": "object"}]},
    "Secret": {"type": "object", "required": ["password"], "properties": {"password": PASSWORD, "id": ID}},
}


def trimmed(folder: Path, version: str, name: str, value: Any, direction: Direction = "request") -> Any:
    """Return what is left of a value that fits; it is itself not changed."""
    schemas: dict[str, Any] = SCHEMAS | (OF_3 if version > "3.0" else {})
    if version != "2.0":
        schemas |= {"Animal": SCHEMAS["Animal"] | {"discriminator": {"propertyName": "kind"}}}
    definitions = Definitions(api_of(folder, version, schemas).schemas)
    check = definitions.check({"$ref": f"#/$defs/{name}"}, direction)
    before = copy.deepcopy(value)
    assert check.problems(value) == ()
    left = check.trimmed(value)
    assert value == before
    return left


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("User", {"name": "a"}, {"name": "a"}),
        ("User", {"id": 1, "name": "a", "x": 1}, {"name": "a", "x": 1}),
        (
            "User",
            {"name": "a", "friends": [{"id": 1, "name": "b"}]},
            {"name": "a", "friends": [{"name": "b"}]},
        ),
        (
            "User",
            {"name": "a", "by_name": {"id": {"id": 1, "name": "b"}}},
            {"name": "a", "by_name": {"id": {"name": "b"}}},
        ),
        ("User", {"name": "a", "made": "2026"}, {"name": "a"}),
        (
            "User",
            {"name": "a", "address": {"id": 1, "city": "b", "zone": "c"}},
            {"name": "a", "address": {"city": "b"}},
        ),
        ("Animal", {"kind": "Cat", "id": 1, "lives": 9, "name": "a"}, {"kind": "Cat", "name": "a"}),
        ("Animal", {"kind": "Dog", "id": 1, "lives": 1}, {"kind": "Dog", "lives": 1}),
        ("Animal", {"kind": "Animal", "id": 1, "lives": 1}, {"kind": "Animal", "lives": 1}),
        ("Cat", {"kind": "Cat", "id": 1, "lives": 9}, {"kind": "Cat"}),
    ],
)
def test_what_is_read_only_is_not_believed(
    tmp_path: Path, version: str, name: str, value: Any, expected: Any
) -> None:
    assert trimmed(tmp_path, version, name, value) == expected


@pytest.mark.parametrize("version", VERSIONS[2:])
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Either", {"left": "a", "x": 1}, {"left": "a"}),
        ("Either", {"right": "a", "x": 1}, {"right": "a", "x": 1}),
        ("Either", None, None),
        ("Chosen", {"kind": "Cat", "id": 1, "lives": 9}, {"kind": "Cat"}),
        ("Chosen", {"kind": "Dog", "id": 1, "lives": 9}, {"kind": "Dog", "lives": 9}),
        ("Pair", [{"id": 1, "city": "a"}, {"id": 1}, {"id": 1}], [{"city": "a"}, {"id": 1}, {"id": 1}]),
        ("Secret", {"id": 1, "password": "a"}, {"password": "a"}),
    ],
)
def test_of_alternatives_the_one_that_is_meant(
    tmp_path: Path, version: str, name: str, value: Any, expected: Any
) -> None:
    assert trimmed(tmp_path, version, name, value) == expected


def test_what_is_write_only_does_not_get_out(tmp_path: Path) -> None:
    assert trimmed(tmp_path, "3.1", "Secret", {"id": 1, "password": "a"}, "response") == {"id": 1}
    assert trimmed(tmp_path, "3.1", "Secret", {"id": 1}, "response") == {"id": 1}


def test_where_nothing_is_taken_out_the_value_is_the_same(tmp_path: Path) -> None:
    value = {"friend": {"friend": {}}}
    assert trimmed(tmp_path, "3.1", "Plain", value) is value


TWICE: dict[str, Any] = {
    "Node": {
        "anyOf": [
            {"properties": {"next": {"$ref": "#/$defs/Node"}, "id": ID}},
            {"properties": {"next": {"$ref": "#/$defs/Node"}, "no": ID}},
        ]
    },
    "Pet": {
        "type": "object",
        "discriminator": {"propertyName": "kind", "mapping": {"Cat": "#/$defs/Cat"}},
        "properties": {"kind": {"type": "string"}, "next": {"$ref": "#/$defs/Pet"}, "id": ID},
    },
    "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"no": ID}}]},
}


@pytest.mark.parametrize("name", ["Node", "Pet"])
def test_what_fits_twice_is_not_trimmed_twice_at_every_level(name: str) -> None:
    check = Definitions(TWICE).check({"$ref": f"#/$defs/{name}"}, "request")
    value: dict[str, Any] = {"kind": "Cat"}
    expected: dict[str, Any] = {"kind": "Cat"}
    for _ in range(40):  # if it were, this took a year
        value = {"kind": "Cat", "id": 1, "no": 2, "next": value}
        expected = {"kind": "Cat", "next": expected}
    assert check.valid(value)
    assert check.trimmed(value) == expected
