"""Models of an API as a whole: adapting, sharing, preparing, the module they live in."""

import pickle
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from macaron_runner.models.build import build_models, schema_difference
from macaron_runner.models.model import Model
from macaron_runner.validation.problems import Unusable
from tests.support.models import api_of, models_of, objects, posting, ref, tagged

TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}
SHOP = {"Order": objects(sku=TEXT, day=DAY), "Orders": {"type": "array", "items": ref("Order")}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, {"a": None}),
        ({}, [1]),
        (TEXT, "a"),
        ({"type": "boolean"}, True),
        ({"type": "number"}, 2**60 + 1),
        ({"type": ["string", "null"]}, None),
        ({"type": "array", "items": TEXT}, ["a"]),
        ({"type": "object"}, {"a": 1}),
    ],
)
def test_plain_json_is_not_even_copied(schema: Any, value: Any) -> None:
    assert models_of({}).adapt(schema)(value) is value


def test_adapting_makes_models_and_python_types() -> None:
    models = models_of(SHOP)
    order = models["Order"](sku="a", day=date(2026, 1, 2))
    assert models.adapt(ref("Order"))({"sku": "a", "day": "2026-01-02"}) == order
    assert models.adapt(ref("Orders"))([{"sku": "a", "day": "2026-01-02"}]) == [order]
    assert models.adapt({"type": "string", "format": "date-time"})("2026-01-02T03:04:05Z") == datetime(
        2026, 1, 2, 3, 4, 5, tzinfo=UTC
    )
    assert type(models.adapt({"type": "integer"})(12.0)) is int


def test_objects_described_in_place_become_models() -> None:
    operation = posting(objects(sku=TEXT, at=objects(day=DAY)), "application/json", "application/x-yaml")
    models = models_of({}, operation)
    assert operation.body is not None
    for content in operation.body.content:
        assert content.schema is not None
        body = models.adapt(content.schema)({"sku": "a", "at": {"day": "2026-01-02"}})
        assert type(body) is models["CreateOrderBody"]
        assert body.at.day == date(2026, 1, 2)


def test_a_schema_nobody_announced_may_hide_a_class_by_a_property() -> None:
    adapt = models_of({"Order": objects(id={"type": "integer"})}).adapt(
        objects(Order=ref("Order"), other=ref("Order"))
    )
    assert adapt({"Order": {"id": 1}, "other": {"id": 2}}).other.id == 2


def test_a_schema_nobody_announced_is_adapted_too() -> None:
    models = models_of(SHOP)
    schema = {"type": "array", "items": objects(order=ref("Order"), id={"type": "string", "format": "uuid"})}
    adapt = models.adapt(schema)
    found = adapt([{"order": {"sku": "a"}}])
    assert found[0].order == models["Order"](sku="a")
    assert type(models.adapt(schema)([{}])[0]) is type(found[0]) is models["ValueItem"]


TIME = {**TEXT, "format": "date-time"}

NO_TIME = "is not a time as 2026-11-22T10:20:30Z, of the years 1 to 9999 and without leap seconds"
NO_INTEGER = "is an integer too large to be written with a fraction or an exponent"


@pytest.mark.parametrize(
    ("schema", "value", "path", "message"),
    [
        (TIME, "2016-12-31T23:59:60Z", (), NO_TIME),
        (TIME, "0000-01-01T00:00:00Z", (), NO_TIME),
        (DAY, "-001-01-01", (), "is not a date as 2026-11-22, of the years 1 to 9999"),
        (objects(**{"a-b": TIME}), {"a-b": "0000-01-01T00:00:00Z"}, ("a-b",), NO_TIME),
        ({"type": "object", "additionalProperties": DAY}, {"/": "0000-01-01"}, ("/",), None),
        ({"type": "array", "items": {"anyOf": [DAY, TIME]}}, ["0000-01-01"], (0,), None),
        (objects(n={"type": "integer"}), {"n": 1e30}, ("n",), NO_INTEGER),
        (objects(b={**TEXT, "format": "byte"}), {"b": "\xe9"}, ("b",), "is not base64"),
        (objects(d={**TEXT, "format": "decimal"}), {"d": "x"}, ("d",), "is not a decimal number"),
        (objects(d={**TEXT, "format": "decimal"}), {"d": "NaN"}, ("d",), "is not a decimal number"),
    ],
)
def test_what_python_cannot_hold_is_told_with_its_place(
    schema: Any, value: Any, path: tuple[str | int, ...], message: str | None
) -> None:
    with pytest.raises(Unusable) as caught:
        models_of({}).adapt(schema)(value)
    finding = caught.value.findings[0]
    assert finding.path == path
    assert message in (finding.message, None)
    assert message is None or message in str(caught.value)


def test_what_is_nested_too_deeply_for_a_model_is_told() -> None:
    models = models_of({"It": objects(it=ref("It"))})
    value: dict[str, Any] = {}
    for _ in range(500):
        value = {"it": value}
    with pytest.raises(Unusable, match="is nested too deeply"):
        models.adapt(ref("It"))(value)


def test_preparing_builds_everything_and_changes_nothing() -> None:
    models = models_of(SHOP)
    adapt = models.adapt(ref("Orders"))
    models.prepare()
    assert models["Order"].__pydantic_complete__
    assert adapt([{"sku": "a"}]) == [models["Order"](sku="a")]


def test_names_map_to_classes_and_aliases() -> None:
    models = models_of(SHOP)
    assert set(models) == {"Order", "Orders"}
    assert len(models) == 2
    assert models["Orders"].__args__ == (models["Order"],)
    assert "Ordr" not in models


def test_shared_classes_are_the_same_class() -> None:
    first = models_of(
        {
            **SHOP,
            "Only": objects(at=objects()),
            "Pet": objects(kind=TEXT) | tagged("kind", "Pet"),
        }
    )
    second = build_models(
        api_of(
            {
                **SHOP,
                "Pet": objects(kind=TEXT) | tagged("kind", "Pet", "Cat"),
                "Cat": {"allOf": [ref("Pet"), objects(meow=TEXT)]},
                "Cart": objects(order=ref("Order"), pet=ref("Pet")),
            },
            name="cart",
        ),
        shared=first,
    )
    assert second["Order"] is first["Order"]
    assert second["Order"].__macaron_api__ == "shop"
    assert issubclass(second["Cat"], first["Pet"])
    cart = second["Cart"].from_json({"order": {"sku": "a"}, "pet": {"kind": "Cat", "meow": "x"}})
    assert (type(cart.order), type(cart.pet)) == (first["Order"], second["Cat"])
    assert set(second) == {"Order", "Orders", "Pet", "Cat", "Cart"}
    assert second["Orders"].__args__ == (first["Order"],)
    assert "from macaron_runner.apipool.shop" in second.source


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (objects(a=TEXT), objects(a=TEXT), ""),
        (True, True, ""),
        ({"minimum": 1}, {"minimum": 2}, "Order: /minimum is 1 in one and 2 in the other"),
        (
            objects(a=TEXT),
            objects(),
            'Order: /properties/a is {"type":"string"} in one and absent in the other',
        ),
        ({"enum": [1, 2]}, {"enum": [1, 3]}, "Order: /enum/1 is 2 in one and 3 in the other"),
        ({"enum": [1]}, {"enum": [1, 2]}, "Order: /enum is [1] in one and [1,2] in the other"),
        ({"const": 1}, {"const": True}, "Order: /const is 1 in one and true in the other"),
        ({"x/y": "ä"}, {"x/y": None}, 'Order: /x~1y is "ä" in one and null in the other'),
        (True, {}, "Order: the schema is true in one and {} in the other"),
    ],
)
def test_the_first_difference_of_two_schemas_is_said(first: Any, second: Any, said: str) -> None:
    assert schema_difference("Order", first, second) == said


def test_two_builds_of_one_name_do_not_meet() -> None:
    first = models_of(
        {"Order": objects(line=ref("Line")), "Line": objects(a=TEXT)},
    )
    second = models_of({"Order": objects(line=ref("Line")), "Line": objects(b=TEXT)})
    assert type(first["Order"].from_json({"line": {}}).line) is first["Line"]
    assert type(second["Order"].from_json({"line": {}}).line) is second["Line"]
    assert first["Line"].__module__ != second["Line"].__module__


def test_classes_are_found_where_they_say_they_are() -> None:
    models = build_models(api_of(SHOP, name="my-shop"))
    kind = models["Order"]
    assert kind.__module__.startswith("macaron_runner.apipool.my_shop")
    assert getattr(sys.modules[kind.__module__], "Order") is kind  # noqa: B009 - mypy knows no attribute of it
    assert pickle.loads(pickle.dumps(kind)) is kind


def test_three_hundred_schemas_take_well_under_a_second() -> None:
    schemas = {
        f"Thing{number}": objects(
            id={"type": "integer"},
            other=ref(f"Thing{number * 7 % 300}"),
            **{f"text{index}": {**TEXT, "description": "A text."} for index in range(8)},
        )
        for number in range(300)
    }
    started = time.process_time()
    models = models_of(schemas)
    assert time.process_time() - started < 2  # 0.2 s measured; room for slow machines
    assert len(models) == 300
    assert all(issubclass(model, Model) for model in models.values())


def _joined(word: str) -> dict[str, Any]:
    of = {"type": "array", "items": ref("Filter")}
    return {**objects(op={"const": word}, of=of), "required": ["op"]}


def test_a_value_that_each_alternative_requires_for_itself_chooses_its_model() -> None:
    """Also deep inside: pydantic tried both at each level, which took an hour at thirty levels."""
    filters = {"oneOf": [ref("And"), ref("Or"), {"type": "integer"}]}
    models = models_of({"Filter": filters, "And": _joined("and"), "Or": _joined("or")})
    value: Any = 7
    for level in range(40):
        value = {"op": "or" if level % 2 else "and", "of": [value]}
    made = models.adapt(ref("Filter"))(value)
    for level in reversed(range(40)):
        assert type(made).__name__ == ("Or" if level % 2 else "And")
        (made,) = made.of
    assert made == 7


def test_alternatives_that_share_a_value_are_told_apart_by_their_shape() -> None:
    one = {**objects(op={"enum": ["a", "b"]}, x={"type": "integer"}), "required": ["op", "x"]}
    two = {**objects(op={"enum": ["b", "c"]}, y={"type": "integer"}), "required": ["op", "y"]}
    make = models_of({"One": one, "Two": two, "Any": {"oneOf": [ref("One"), ref("Two")]}}).adapt(ref("Any"))
    assert type(make({"op": "b", "x": 1})).__name__ == "One"
    assert type(make({"op": "b", "y": 1})).__name__ == "Two"
