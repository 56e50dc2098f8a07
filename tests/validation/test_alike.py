"""Long lists of alike objects: what is seen of them property by property is what is seen object by object."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.errors import InvalidParameter
from macaron_runner.models.build import build_models
from macaron_runner.openapi.operation import Api, Body, Content, Operation
from macaron_runner.validation.alike import FEW, alike, forget, remember
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.schema import Definitions, compile_schema
from tests.support.drawn_schemas import JSON, SCALARS, Pair, object_pairs

MANY = FEW + 6
LINE = {"sku": "a", "qty": 1}


@pytest.mark.parametrize(
    "items",
    [
        [LINE] * (FEW - 1),
        [{}] * MANY,
        [1] * MANY,
        ["sku"] * MANY,
        [["sku", "qty"]] * MANY,
        [*[LINE] * MANY, 1],
        [*[{"a": 1}] * MANY, "a", {"a": 1}],
        [*[{"a": 1}] * MANY, ["a"], {"a": 1}],
        [*[LINE] * MANY, {"qty": 1, "sku": "a"}],
        [*[LINE] * MANY, {"qty": 1, "sku": "a"}, LINE],
        [*[LINE] * MANY, {"sku": "a"}, LINE],
        [*[{"a": 1, "b": 2}] * MANY, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}],
    ],
)
def test_lists_that_are_not_of_one_layout(items: list[Any]) -> None:
    assert alike(items) is None


def test_columns() -> None:
    items = [{"sku": f"s{number % 3}", "qty": number} for number in range(100)]
    found = alike(items)
    assert found is not None
    assert found.layout == ["sku", "qty"]
    assert found.column("qty") == list(range(100))
    assert found.column("sku")[:4] == ["s0", "s1", "s2", "s0"]
    assert sorted(found.different("sku") or ()) == ["s0", "s1", "s2"]
    assert found.different("qty") is None


def test_equal_values_that_are_not_the_same_do_not_stand_for_each_other() -> None:
    def different(*values: Any) -> list[Any] | None:
        found = alike([{"n": value} for value in values])
        assert found is not None
        return found.different("n")

    assert sorted(different(*[1, 2, -3] * MANY) or ()) == [-3, 1, 2]
    for other in (True, 1.0, 2.5, None, "1", [1], {"a": 1}):
        assert different(*[1] * 100, other) is None
        assert different(other, *[1] * 100) in (None, [1, "1"], ["1", 1])
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    assert different(*[1] * 100, deep) is None
    assert different(*[1] * 100, 2**70) is None
    assert different(*[2**64 - 1, -(2**63)] * MANY) is not None


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1}, 1.0, True),
        ({"type": "integer", "maximum": 3}, 3, 4),
        ({"type": "number", "multipleOf": 1}, 1.0, 1.5),
        ({"type": "number"}, 1.5, True),
        ({"type": "string"}, "1", 1),
    ],
)
def test_one_value_among_those_that_repeat(schema: dict[str, Any], good: Any, bad: Any) -> None:
    check = compile_schema({"items": {"type": "object", "properties": {"n": schema}}}, {}, "request")
    usual = "1" if schema["type"] == "string" else 1
    for value, fits in ((good, True), (bad, False)):
        items = [*({"n": usual} for _ in range(100)), {"n": value}, {"n": usual}]
        assert (check.by_columns(items) is not None) is fits
        assert check.valid(items) is fits


def test_they_are_remembered_until_they_are_forgotten() -> None:
    items = [dict(LINE) for _ in range(MANY)]
    found = alike(items)
    assert found is not None
    remember([found])
    assert alike(items) is found
    forget([found])
    assert alike(items) is not found


SCHEMAS: dict[str, Any] = {
    "Order": {
        "type": "object",
        "required": ["lines"],
        "properties": {
            "note": {"type": "string"},
            "lines": {"type": "array", "maxItems": 200, "items": {"$ref": "#/$defs/Line"}},
            "gifts": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
            "to": {"type": "object", "properties": {"lines": {"$ref": "#/$defs/Lines"}}},
        },
    },
    "Lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    "Line": {
        "type": "object",
        "required": ["sku"],
        "properties": {
            "sku": {"type": "string", "pattern": "^[a-z]+$"},
            "qty": {"type": "integer", "minimum": 1},
            "at": {"type": "string", "format": "date-time"},
            "inside": {"$ref": "#/$defs/Order"},
        },
    },
}
TIME = "2026-11-22T10:20:30Z"


@pytest.mark.parametrize(
    ("order", "seen"),
    [
        ({"lines": [LINE] * MANY}, True),
        ({"lines": [LINE] * 201}, False),
        ({"lines": [LINE] * MANY, "note": 1}, False),
        ({"lines": [LINE] * MANY, "note": "n", "more": 1}, True),
        ({"lines": [{"sku": "a", "more": 1}] * MANY}, True),
        ({"lines": [{"qty": 1}] * MANY}, False),
        ({"lines": [{"sku": "a", "at": TIME}] * MANY}, True),
        ({"lines": [*[{"sku": "a", "at": TIME}] * 100, {"sku": "a", "at": "today"}]}, False),
        ({"lines": [*[LINE] * 100, {"sku": "B", "qty": 1}]}, False),
        ({"lines": [*[LINE] * 100, {"sku": 1, "qty": 1}, {"sku": True, "qty": 1}]}, False),
        ({"lines": [*[LINE] * 100, {"sku": ["a"], "qty": 1}]}, False),
        ({"lines": [*[LINE] * 100, {"sku": "a", "qty": True}]}, False),
        ({"lines": [LINE] * MANY, "gifts": [{"sku": "a"}] * MANY}, True),
        ({"lines": [LINE] * MANY, "gifts": [{"sku": "B"}] * MANY}, False),
        ({"lines": [LINE] * MANY, "gifts": None}, False),
        ({"lines": [LINE] * MANY, "gifts": {"a": 1}}, False),
        ({"lines": [LINE] * MANY, "to": {"lines": [LINE] * MANY}}, True),
        ({"lines": [LINE] * MANY, "to": {"lines": [{"qty": 1}] * MANY}}, False),
        ({"lines": [LINE] * MANY, "to": 1}, False),
        ({"lines": [{"sku": "a", "inside": {"lines": []}}] * MANY}, True),
        ({"lines": [{"sku": "a", "inside": {}}] * MANY}, False),
        (["lines"], False),
    ],
)
def test_values_that_fit_are_seen_by_their_columns(order: Any, *, seen: bool) -> None:
    check = compile_schema({"$ref": "#/$defs/Order"}, SCHEMAS, "request")
    assert check.valid(order) is seen
    assert (check.by_columns(order) is not None) is seen


@pytest.mark.parametrize(
    "beside", [{"gifts": [{"sku": "a"}]}, {"gifts": [LINE, *[{"sku": "a"}] * MANY]}, {"lines": [LINE]}]
)
def test_what_fits_with_another_list_beside_is_left_to_the_whole_check(beside: Any) -> None:
    check = compile_schema({"$ref": "#/$defs/Order"}, SCHEMAS, "request")
    order = {"lines": [LINE] * MANY, **beside}
    assert check.valid(order)
    assert check.by_columns(order) is None


@settings(max_examples=150)
@given(st.data(), object_pairs(SCALARS))
def test_none_is_seen_to_fit_that_does_not(data: st.DataObject, pair: Pair) -> None:
    schema, value = pair
    check = compile_schema({"properties": {"all": {"type": "array", "items": schema}}}, {}, "request")
    assert bool(check.by_columns({"all": [value] * MANY})) is bool(value)
    wrong = {**value, data.draw(st.sampled_from([*schema["properties"], "else"])): data.draw(JSON)}
    for items in ([wrong] * MANY, [*[value] * MANY, wrong, value]):
        if check.by_columns({"all": items}) is not None:
            assert check.valid({"all": items})


ORDER = Body(True, (Content("application/json", {"$ref": "#/$defs/Order"}),))
OPERATION = Operation("shop", "POST", "", "/orders", "create", (), ORDER, ())


def test_bodies_with_long_lists_become_the_same_models_and_the_same_errors() -> None:
    models = build_models(Api("shop", "Shop", "1", "", (OPERATION,), SCHEMAS, {}))
    body = compile_body(OPERATION, Definitions(SCHEMAS), models.adapt)

    def decode(order: Any) -> Any:
        raw = json.dumps(order).encode()
        return body("application/json", len(raw), lambda: raw)

    lines = [{"sku": "a", "qty": 1.0, "at": TIME, "more": [number]} for number in range(200)]
    alone = [decode({"lines": [line]}).lines[0] for line in lines]
    many = decode({"lines": lines})
    assert many.lines == alone
    assert [list(line) for line in many.lines] == [list(line) for line in alone]
    assert type(many.lines) is list
    assert {type(line.qty) for line in many.lines} == {int}
    lines[150] |= {"sku": "B", "at": "today"}
    with pytest.raises(InvalidParameter) as caught:
        decode({"lines": lines})
    assert [(error.pointer, error.message) for error in caught.value.errors] == [
        ("/lines/150/sku", 'does not match "^[a-z]+$": "B"'),
        ("/lines/150/at", 'is not a valid date-time: "today"'),
    ]


@pytest.mark.parametrize(
    "change", [{"more": json.loads("[" * 300 + "]" * 300)}, {"qty": 2**70}, {"qty": 2**64 - 1}]
)
def test_what_cannot_be_written_as_columns_is_read_as_it_is_alone(change: dict[str, Any]) -> None:
    models = build_models(Api("shop", "Shop", "1", "", (OPERATION,), SCHEMAS, {}))
    body = compile_body(OPERATION, Definitions(SCHEMAS), models.adapt)
    line = {"sku": "a", "qty": 1, "at": TIME, "more": [1], **change}

    def outcome(count: int) -> Any:
        raw = json.dumps({"lines": [line] * count}, separators=(",", ":")).encode()
        try:
            return body("application/json", len(raw), lambda: raw).lines[-1]
        except InvalidParameter as error:
            return [(detail.pointer, detail.message) for detail in error.errors if "/0" in detail.pointer]

    assert outcome(200) == outcome(1)
