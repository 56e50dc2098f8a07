"""Defaults in bodies: applied where a property is absent, however deep, in every version alike; never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.models.build import build_models
from tests.support.versions import VERSIONS, api_of

SCHEMAS: dict[str, Any] = {
    "State": {"type": "string", "enum": ["new", "paid"], "default": "new"},
    "Day": {"type": "string", "format": "date", "default": "2026-11-22"},
    "Line": {
        "type": "object",
        "properties": {
            "qty": {"type": "integer", "default": 1},
            "free": {"type": "boolean", "default": False},
        },
    },
    "Base": {"type": "object", "properties": {"note": {"type": "string", "default": ""}}},
    "Order": {
        "allOf": [
            {"$ref": "#/Base"},
            {
                "type": "object",
                "properties": {
                    "state": {"$ref": "#/State"},
                    "again": {"allOf": [{"$ref": "#/State"}]},
                    "day": {"$ref": "#/Day"},
                    "lines": {"type": "array", "items": {"$ref": "#/Line"}},
                    "by_name": {"type": "object", "additionalProperties": {"$ref": "#/Line"}},
                    "first": {"$ref": "#/Line"},
                    "always": {"allOf": [{"$ref": "#/Line"}], "default": {}},
                    "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                },
            },
        ]
    },
}


def made(folder: Path, version: str, name: str, value: Any, schemas: dict[str, Any] = SCHEMAS) -> Any:
    """Return what a handler gets for the JSON of a body."""
    return build_models(api_of(folder, version, schemas)).adapt({"$ref": f"#/$defs/{name}"})(value)


@pytest.mark.parametrize("version", VERSIONS)
def test_defaults_of_what_is_absent(tmp_path: Path, version: str) -> None:
    order = made(tmp_path, version, "Order", {})
    assert (order.note, order.state, order.again, order.day) == ("", "new", "new", date(2026, 11, 22))
    assert (order.first, order.lines, order.tags) == (None, None, [])
    assert (order.always.qty, order.always.free) == (1, False)
    order.tags.append("mine")
    assert made(tmp_path, version, "Order", {}).tags == []


@pytest.mark.parametrize("version", VERSIONS)
def test_defaults_inside_what_is_there(tmp_path: Path, version: str) -> None:
    order = made(
        tmp_path, version, "Order", {"lines": [{}, {"qty": 2}], "by_name": {"a": {}}, "first": {"free": True}}
    )
    assert [(line.qty, line.free) for line in order.lines] == [(1, False), (2, False)]
    assert (order.by_name["a"].qty, order.first.qty, order.first.free) == (1, 1, True)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_given_stays(tmp_path: Path, version: str) -> None:
    order = made(
        tmp_path, version, "Order", {"state": "paid", "note": "x", "tags": ["a"], "always": {"qty": 0}}
    )
    assert (order.state, order.note, order.tags, order.always.qty) == ("paid", "x", ["a"], 0)


def test_no_default_is_guessed_from_alternatives(tmp_path: Path) -> None:
    schemas = {
        "Body": {
            "type": "object",
            "properties": {
                "either": {"oneOf": [{"type": "string", "default": "a"}, {"type": "integer", "default": 1}]},
                "shape": {"oneOf": [{"$ref": "#/Circle"}, {"$ref": "#/Square"}]},
            },
        },
        "Circle": {
            "type": "object",
            "required": ["radius"],
            "properties": {"radius": {"type": "integer"}, "colour": {"type": "string", "default": "red"}},
        },
        "Square": {
            "type": "object",
            "required": ["side"],
            "properties": {"side": {"type": "integer"}, "colour": {"type": "string", "default": "blue"}},
        },
    }
    assert made(tmp_path, "3.1", "Body", {}, schemas).either is None
    body = made(tmp_path, "3.1", "Body", {"shape": {"side": 1}}, schemas)
    assert (type(body.shape).__name__, body.shape.colour) == ("Square", "blue")


def test_a_default_that_the_list_of_values_lacks_harms_no_request(tmp_path: Path) -> None:
    schemas = SCHEMAS | {"State": {"type": "string", "enum": ["new"], "default": "old"}}
    assert made(tmp_path, "3.1", "Order", {}, schemas).state == "old"
