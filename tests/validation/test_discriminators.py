"""Discriminators in documents: how a tag names a schema, what is said of a wrong one, and models of the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from macaron_runner.models.build import build_models
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.rules import check_document
from macaron_runner.validation.schema import Definitions
from tests.support.versions import api_of


def of_kind(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["kind", *properties],
        "properties": {"kind": {"type": "string"}, **properties},
    }


KINDS: dict[str, Any] = {
    "Cat": of_kind(lives={"type": "integer"}),
    "Dog": of_kind(barks={"type": "boolean"}),
    "Any": of_kind(),
}
CHOICE = [{"$ref": "#/Cat"}, {"$ref": "#/Dog"}]


def discriminated(**discriminator: Any) -> dict[str, Any]:
    pet = {"oneOf": CHOICE, "discriminator": {"propertyName": "kind", **discriminator}}
    return {"Pet": pet, **KINDS}


def said(folder: Path, version: str, schemas: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    check = Definitions(api_of(folder, version, schemas).schemas).check({"$ref": "#/$defs/Pet"}, "request")
    found = [(detail.pointer, detail.message) for detail in check.problems(value)]
    assert check.valid(value) is (not found)
    return found


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
@pytest.mark.parametrize(
    ("mapping", "cat", "known"),
    [
        ({}, "Cat", '"Cat", "Dog"'),
        ({"cat": "#/Cat", "dog": "#/Dog"}, "cat", '"cat", "dog", "Cat", "Dog"'),
        ({"cat": "Cat", "tom": "#/Cat"}, "tom", '"cat", "tom", "Cat", "Dog"'),
        # "used as the name of the associated schema …, unless a mapping is present for that value" (3.1 section 4.8.25)
        ({"cat": "Cat", "tom": "#/Cat"}, "Cat", '"cat", "tom", "Cat", "Dog"'),
    ],
)
def test_the_tag_names_a_schema(tmp_path: Path, version: str, mapping: Any, cat: str, known: str) -> None:
    schemas = discriminated(mapping=mapping)
    assert said(tmp_path, version, schemas, {"kind": cat, "lives": 9}) == []
    assert said(tmp_path, version, schemas, {"kind": cat, "barks": True}) == [("", '"lives" is required')]
    assert said(tmp_path, version, schemas, {"kind": "cow"}) == [("/kind", f'is not one of {known}: "cow"')]
    assert said(tmp_path, version, schemas, {"lives": 9}) == [("", '"kind" is required')]
    models = build_models(api_of(tmp_path, version, schemas))
    made = models.adapt({"$ref": "#/$defs/Pet"})({"kind": cat, "lives": 9})
    assert type(made) is models["Cat"]


def test_a_mapping_may_give_a_name_to_another_schema(tmp_path: Path) -> None:
    schemas = discriminated(mapping={"Cat": "Dog"})
    assert said(tmp_path, "3.1", schemas, {"kind": "Cat", "barks": True}) == []
    assert said(tmp_path, "3.1", schemas, {"kind": "Cat", "lives": 9}) == [("", '"barks" is required')]
    assert said(tmp_path, "3.1", schemas, {"kind": "cow"}) == [("/kind", 'is not one of "Cat", "Dog": "cow"')]
    models = build_models(api_of(tmp_path, "3.1", schemas))
    assert type(models.adapt({"$ref": "#/$defs/Pet"})({"kind": "Cat", "barks": True})) is models["Dog"]


def test_a_default_schema_takes_what_no_tag_names(tmp_path: Path) -> None:
    schemas = discriminated(mapping={"cat": "Cat"}, defaultMapping="Any")
    schemas["Any"] = {"type": "object", "required": ["legs"], "properties": {"legs": {"type": "integer"}}}
    assert said(tmp_path, "3.2", schemas, {"kind": "cat", "lives": 9}) == []
    assert said(tmp_path, "3.2", schemas, {"kind": "cat"}) == [("", '"lives" is required')]
    for value in ({"kind": "cow", "legs": 4}, {"legs": 4}, {"kind": 1, "legs": 4}):
        assert said(tmp_path, "3.2", schemas, value) == []
    assert said(tmp_path, "3.2", schemas, {"kind": "cow"}) == [("", '"legs" is required')]
    models = build_models(api_of(tmp_path, "3.2", schemas))
    adapt = models.adapt({"$ref": "#/$defs/Pet"})
    assert type(adapt({"kind": "cat", "lives": 9})) is models["Cat"]
    assert type(adapt({"kind": "cow", "legs": 4})) is type(adapt({"legs": 4})) is models["Any"]
    assert [found.code for found in check_document(read_document(tmp_path / "3.2.json"))] == []


def test_a_default_schema_is_a_word_of_3_2(tmp_path: Path) -> None:
    schemas = discriminated(defaultMapping="Any")
    assert said(tmp_path, "3.1", schemas, {"kind": "cow"}) == [("/kind", 'is not one of "Cat", "Dog": "cow"')]


def test_a_default_that_is_no_schema(tmp_path: Path) -> None:
    api_of(tmp_path, "3.2", discriminated())
    path = tmp_path / "3.2.json"
    path.write_text(path.read_text().replace('"kind"}}', '"kind", "defaultMapping": "Cow"}}'))
    assert [found.code for found in check_document(read_document(path))] == ["MAC324"]


def test_heirs_that_have_heirs_of_their_own(tmp_path: Path) -> None:
    schemas = {
        "Pet": of_kind() | {"discriminator": {"propertyName": "kind"}},
        "Cat": {
            "allOf": [
                {"$ref": "#/Pet"},
                {"required": ["lives"], "properties": {"lives": {"type": "integer"}}},
            ]
        },
        "Tom": {"allOf": [{"$ref": "#/Cat"}, {"required": ["fights"]}]},
    }
    assert said(tmp_path, "3.0", schemas, {"kind": "Tom", "lives": 9, "fights": 1}) == []
    assert said(tmp_path, "3.0", schemas, {"kind": "Tom", "lives": 9}) == [("", '"fights" is required')]
    assert said(tmp_path, "3.0", schemas, {"kind": "Tom", "fights": 1}) == [("", '"lives" is required')]
    assert said(tmp_path, "3.0", schemas, {"kind": "Pet"}) == []
