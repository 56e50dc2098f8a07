"""What direction and discriminators make of schemas."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from macaron_runner.validation.schema import Check, Definitions, compile_schema

if TYPE_CHECKING:
    from macaron_runner.validation.rewriting import Direction

ACCOUNT = {
    "type": "object",
    "required": ["id", "name", "password"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
    },
}

PETS: dict[str, Any] = {
    "Pet": {
        "type": "object",
        "required": ["kind", "name"],
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
        "discriminator": {
            "propertyName": "kind",
            "mapping": {
                "dog": "#/$defs/Dog",
                **{name: f"#/$defs/{name}" for name in ("Pet", "Dog", "Cat", "Lion")},
            },
        },
    },
    "Dog": {
        "allOf": [{"$ref": "#/$defs/Pet"}, {"required": ["bark"], "properties": {"bark": {"type": "string"}}}]
    },
    "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
    "Lion": {"allOf": [{"$ref": "#/$defs/Cat"}, {"required": ["pride"]}]},
    "Owner": {"properties": {"pets": {"items": {"$ref": "#/$defs/Pet"}}}},
}

SHAPES: dict[str, Any] = {
    "Circle": {"type": "object", "required": ["r"], "properties": {"r": {"type": "number"}}},
    "Square": {"type": "object", "required": ["side"], "properties": {"side": {"type": "number"}}},
}
SHAPE = {
    "oneOf": [{"$ref": "#/$defs/Circle"}, {"$ref": "#/$defs/Square"}],
    "discriminator": {
        "propertyName": "shape",
        "mapping": {"round": "#/$defs/Circle", "Circle": "#/$defs/Circle", "Square": "#/$defs/Square"},
    },
}


def said(check: Check, value: Any) -> list[str]:
    return [f"{detail.pointer} {detail.message}".strip() for detail in check.problems(value)]


@pytest.mark.parametrize(
    ("schema", "direction", "value", "valid"),
    [
        (ACCOUNT, "request", {"name": "a", "password": "p"}, True),
        (ACCOUNT, "request", {"id": 1, "name": "a", "password": "p"}, True),
        (ACCOUNT, "request", {"id": "x", "name": "a", "password": "p"}, False),
        (ACCOUNT, "request", {"id": 1, "name": "a"}, False),
        (ACCOUNT, "response", {"id": 1, "name": "a"}, True),
        (ACCOUNT, "response", {"name": "a"}, False),
        ({"allOf": [ACCOUNT, {"required": ["id"]}]}, "request", {"name": "a", "password": "p"}, True),
        ({"not": {"required": ["id"], "properties": {"id": {"readOnly": True}}}}, "request", {}, True),
        ({"$ref": "#/$defs/Account"}, "response", {"id": 1, "name": "a"}, True),
        ({"required": ["a"], "properties": {"a": {"$ref": "#/$defs/Id"}}}, "request", {}, True),
    ],
)
def test_required_depends_on_the_direction(
    schema: Any, direction: Direction, value: Any, valid: bool
) -> None:
    definitions = {"Account": ACCOUNT, "Id": {"type": "integer", "readOnly": True}}
    assert compile_schema(schema, definitions, direction).valid(value) is valid


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "dog", "name": "a", "bark": "wau"}, []),
        ({"kind": "dog", "name": "a"}, ['"bark" is required']),
        ({"kind": "Cat", "name": "a", "lives": "x"}, ['/lives is not an integer: "x"']),
        ({"kind": "Lion", "name": "a", "lives": 9}, ['"pride" is required']),
        ({"kind": "Lion", "name": "a", "lives": "x", "pride": 1}, ['/lives is not an integer: "x"']),
        ({"kind": "Pet", "name": "a"}, []),
        ({"kind": "Dog", "name": "a"}, ['"bark" is required']),
        ({"kind": "Cow", "name": "a"}, ['/kind is not one of "dog", "Pet", "Dog", "Cat", "Lion": "Cow"']),
        ({"name": "a"}, ['"kind" is required']),
        ("x", ['is not an object: "x"']),
    ],
)
def test_a_parent_is_what_its_tag_names(value: Any, expected: list[str]) -> None:
    assert said(compile_schema({"$ref": "#/$defs/Pet"}, PETS, "request"), value) == expected


def test_a_parent_inside_is_also_what_its_tag_names() -> None:
    check = compile_schema({"$ref": "#/$defs/Owner"}, PETS, "request")
    assert said(check, {"pets": [{"kind": "dog", "name": "a"}]}) == ['/pets/0 "bark" is required']


def test_a_child_alone_is_checked_as_itself() -> None:
    check = compile_schema({"$ref": "#/$defs/Dog"}, PETS, "request")
    assert said(check, {"kind": "whatever", "name": "a"}) == ['"bark" is required']


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"shape": "round", "r": 1}, []),
        ({"shape": "round", "side": 1}, ['"r" is required']),
        ({"shape": "Square"}, ['"side" is required']),
        ({"shape": "Circle", "r": 1}, []),
        ({"shape": "Ring", "r": 1}, ['/shape is not one of "round", "Circle", "Square": "Ring"']),
        ({"r": 1}, ['"shape" is required']),
    ],
)
def test_the_tag_chooses_among_alternatives(value: Any, expected: list[str]) -> None:
    assert said(compile_schema(SHAPE, SHAPES, "request"), value) == expected


def test_null_may_be_one_of_the_alternatives() -> None:
    check = compile_schema({**SHAPE, "oneOf": [*SHAPE["oneOf"], {"type": "null"}]}, SHAPES, "request")
    assert check.valid(None)
    assert not check.valid({"shape": "round"})


def test_a_parent_that_lists_its_own_children_does_not_go_round_for_ever() -> None:
    definitions: dict[str, Any] = {
        "P": {
            "oneOf": [{"$ref": "#/$defs/C"}],
            "required": ["k"],
            "discriminator": {"propertyName": "k", "mapping": {"C": "#/$defs/C"}},
        },
        "C": {"allOf": [{"$ref": "#/$defs/P"}, {"required": ["c"]}]},
    }
    check = compile_schema({"$ref": "#/$defs/P"}, definitions, "request")
    assert check.valid({"k": "C", "c": 1})
    assert said(check, {"k": "C"}) == ['"c" is required']


def test_alternatives_that_are_no_references_are_tried_as_they_are() -> None:
    tag = {"propertyName": "k", "mapping": {}}
    schema = {"oneOf": [{"type": "object", "required": ["a"]}], "discriminator": tag}
    assert compile_schema(schema, {}, "request").valid({"a": 1})


def test_recursive_schemas() -> None:
    tree = {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}}}
    check = compile_schema({"$ref": "#/$defs/Node"}, tree, "request")
    assert said(check, {"next": {"next": {"n": "x"}}}) == ['/next/next/n is not an integer: "x"']


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(LookupError, match='no schema named "Gone"'):
        compile_schema({"$ref": "#/$defs/Gone"}, {}, "request").prepare()


def test_equal_schemas_share_one_check_and_only_reached_definitions_matter() -> None:
    definitions = Definitions({"A": {"type": "integer"}, "Broken": {"$ref": "#/$defs/Gone"}})
    first = definitions.check({"$ref": "#/$defs/A"}, "request")
    assert definitions.check({"$ref": "#/$defs/A"}, "request") is first
    assert definitions.check({"$ref": "#/$defs/A"}, "response") is not first
    assert first.valid(1)
    assert len(definitions) == 2
    assert set(definitions) == {"A", "Broken"}


def test_checks_may_be_used_first_by_several_threads() -> None:
    names = [f"S{number}" for number in range(50)]
    definitions = Definitions({name: {"enum": [name]} for name in names})
    checks = {name: definitions.check({"items": {"$ref": f"#/$defs/{name}"}}, "request") for name in names}
    wrong: list[str] = []

    def use(name: str) -> None:
        if not checks[name].valid([name]) or checks[name].valid(["x"]):
            wrong.append(name)

    threads = [threading.Thread(target=use, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert wrong == []
