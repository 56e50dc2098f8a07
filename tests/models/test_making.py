"""Models made of checked JSON: nobody can tell them from those that pydantic makes of it."""

import copy
import json
import pickle
from collections.abc import Callable
from datetime import timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError, field_validator

from macaron_runner.models.build import Models
from macaron_runner.models.making import UNMADE, Makers
from macaron_runner.models.model import Model
from macaron_runner.validation.alike import FEW
from macaron_runner.validation.problems import Unusable
from tests.support.drawn_schemas import PAIRS, Pair, object_pairs
from tests.support.models import check_same, models_of, objects, ref

MANY = FEW + 1
"""Objects that are made by columns, where they are alike."""
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time"}
MAYBE = {"type": ["string", "null"]}


def anew(value: Any) -> Any:
    """Return a value that nothing else holds a part of, as a request's is."""
    return json.loads(json.dumps(value))


def both(models: Models, name: str, value: Any) -> tuple[Any, Any]:
    """Return what is made of a value, and what pydantic makes of it. Raises one of UNMADE."""
    adapter: TypeAdapter[Any] = TypeAdapter(models[name])
    adapter.rebuild()
    if isinstance(models[name], type):
        models[name].model_rebuild()
    schema: Any = (
        models[name].__pydantic_core_schema__ if isinstance(models[name], type) else adapter.core_schema
    )
    expected = adapter.validator.validate_python(anew(value), by_alias=True, by_name=False)
    return Makers().make(schema).make(anew(value)), expected


def of_pydantic(kind: type[Model], value: Any) -> Any:
    return kind.__pydantic_validator__.validate_python(anew(value), by_alias=True, by_name=False)


@settings(max_examples=100)
@given(PAIRS)
def test_any_value_becomes_what_pydantic_makes_of_it(pair: Pair) -> None:
    schema, value = pair
    models = models_of({"It": objects(it=schema) | {"required": ["it"]}, "Some": objects(it=schema)})
    check_same(*both(models, "It", {"it": value}))
    for given_value in ({}, {"it": value}, {"more": 1, "it": value}):
        check_same(*both(models, "Some", given_value))


@settings(max_examples=50)
@given(st.data(), object_pairs(PAIRS))
def test_so_does_any_list_of_alike_and_of_unlike_objects(data: st.DataObject, pair: Pair) -> None:
    schema, value = pair
    may_go = sorted(set(value) - set(schema["required"]))
    variants = [value, dict(reversed(value.items()))]
    variants += [{name: part for name, part in value.items() if name not in may_go[at:]} for at in range(2)]
    of_one_kind = [data.draw(st.sampled_from(variants))] * MANY
    mixed = data.draw(st.lists(st.sampled_from(variants), min_size=MANY, max_size=MANY + 2))
    models = models_of({"It": schema, "All": objects(all={"type": "array", "items": ref("It")})})
    for items in (of_one_kind, mixed):
        check_same(*both(models, "All", {"all": items}))


SHOP = models_of(
    {
        "Order": objects(
            id=WHOLE,
            at=MOMENT,
            buyer=ref("Buyer"),
            lines={"type": "array", "items": ref("Line")},
            note=TEXT,
            **{"shop-id": TEXT},
        )
        | {"required": ["id", "lines"]},
        "Buyer": objects(name=TEXT, nick=MAYBE, since={"type": "string", "format": "date"})
        | {"required": ["name"]},
        "Line": objects(sku=TEXT, quantity=WHOLE, price={"type": "number"}, ship=MOMENT, gift=TEXT)
        | {"required": ["sku", "quantity"]},
        "Node": objects(name=TEXT, inside={"type": "array", "items": ref("Node")}, one=ref("Node"))
        | {"required": ["name"]},
    }
)
LINE = {"sku": "a", "quantity": 1, "price": 2.5, "ship": "2026-11-22T10:20:30Z"}
ORDER = {
    "id": 1,
    "at": "2026-11-22T10:20:30.5+01:00",
    "buyer": {"name": "Ada", "since": "2020-02-29", "colour": {"a": [1]}},
    "lines": [LINE, {**LINE, "gift": "yes"}],
    "shop-id": "x",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Order", ORDER),
        ("Order", {"lines": [], "id": 12.0, "shop_id": "not ours", "id_": 3}),
        ("Order", {"id": 1, "lines": [LINE] * 20}),
        ("Order", {"id": 1, "lines": [{**LINE, "quantity": 2.0}] * 20}),
        ("Order", {"id": 1, "lines": [*[LINE] * 20, {"sku": "b", "quantity": 1}]}),
        ("Order", {"id": 1, "lines": [dict(reversed(LINE.items()))] * 20}),
        ("Order", {"id": 1, "lines": [{**LINE, "gift": "no", "more": 1}] * 20}),
        ("Order", {"id": 2**80, "lines": [{"sku": "a", "quantity": 2**80, "price": 2**80}] * MANY}),
        (
            "Node",
            {
                "name": "a",
                "one": {"name": "b", "one": {"name": "c"}},
                "inside": [{"name": "d", "inside": []}] * MANY,
            },
        ),
    ],
)
def test_models_are_made_as_pydantic_makes_them(name: str, value: Any) -> None:
    made, expected = both(SHOP, name, value)
    check_same(made, expected)
    assert made == expected


@pytest.mark.parametrize("many", [1, MANY])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:20:30Z",
        "2026-11-22t10:20:30z",
        "2026-11-22T10:20:30.1Z",
        "2026-11-22T10:20:30.123456789Z",
        "2026-11-22T10:20:30+00:00",
        "2026-11-22T10:20:30-00:00",
        "2026-11-22T10:20:30.999999-23:59",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59+14:00",
    ],
)
def test_a_time_is_the_same_whoever_reads_it(text: str, many: int) -> None:
    schema = {"type": "array", "items": objects(at=MOMENT) | {"required": ["at"]}}
    models = models_of({"It": objects(all=schema)})
    value = {"all": [{"at": text}] * many}
    made, expected = models.adapt(ref("It"))(anew(value)), of_pydantic(models["It"], value)
    check_same(made, expected)
    assert type(made.all[0].at.tzinfo) is timezone


def test_many_alike_objects_become_models_of_their_own() -> None:
    made, _ = both(SHOP, "Order", {"id": 1, "lines": [LINE] * MANY})
    made.lines[0].sku = "b"
    made.lines[1].gift = "c"
    assert [line.sku for line in made.lines] == ["b"] + ["a"] * (MANY - 1)
    assert [line.model_fields_set for line in made.lines[1:3]] == [{*LINE, "gift"}, {*LINE}]


def change(model: Any) -> Any:
    model.note = "new"
    model.further = 1
    return model


def lose(model: Any) -> Any:
    del model.note
    return model


def lose_what_was_given(model: Any) -> Any:
    del model.at
    return model


@pytest.mark.parametrize(
    "use",
    [
        repr,
        vars,
        dict,
        change,
        lose,
        lose_what_was_given,
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: (model.model_extra, model.model_fields_set),
        lambda model: (model.__pydantic_private__, model.__pydantic_extra__),
        lambda model: model.model_copy(update={"note": "b", "lines": []}),
        lambda model: model.model_copy(deep=True, update={"id": 3}),
        lambda model: model.model_dump(),
        lambda model: model.model_dump(by_alias=True, exclude_unset=True),
        lambda model: model.model_dump(exclude_defaults=True, include={"id", "buyer"}),
        lambda model: model.model_dump_json(exclude_unset=True),
        lambda model: model.to_json(),
        lambda model: type(model)(**dict(model)),
        lambda model: type(model).model_validate(model),
        lambda model: [hasattr(model, word) for word in ("note", "nothing", "__nothing__", "_nothing")],
        lambda model: model.buyer.colour,
        lambda model: (model == model.model_copy(), model != model.model_copy(update={"id": 5})),
    ],
)
def test_what_a_model_made_here_does_is_what_one_of_pydantic_does(use: Callable[[Any], Any]) -> None:
    used, expected = map(use, both(SHOP, "Order", ORDER))
    check_same(used, expected)
    assert used == expected


def test_an_attribute_that_is_not_there_is_told_as_ever() -> None:
    made, expected = both(SHOP, "Order", ORDER)
    for model in (made, expected):
        with pytest.raises(AttributeError, match="'Order' object has no attribute 'nothing'"):
            model.nothing  # noqa: B018


def test_a_property_taken_away_stays_among_those_that_were_given() -> None:
    made, expected = (lose_what_was_given(model) for model in both(SHOP, "Order", ORDER))
    assert made.model_fields_set == expected.model_fields_set == {"id", "at", "buyer", "lines", "shop_id"}


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"id": 1, "lines": [], "at": "2026-12-31T23:59:60Z"}, [("at",)]),
        ({"id": 1e30, "lines": [{**LINE, "ship": "0000-01-01T00:00:00Z"}]}, [("id",), ("lines", 0, "ship")]),
        (
            {"id": 1, "lines": [*[LINE] * 20, {**LINE, "ship": "2026-12-31T23:59:60Z"}]},
            [("lines", 20, "ship")],
        ),
        ({"id": 1, "at": "0000-01-01T00:00:00Z", "lines": [LINE] * 20}, [("at",)]),
        (
            {"id": 1, "lines": [{**LINE, "quantity": 1e30}] * MANY},
            [("lines", number, "quantity") for number in range(MANY)],
        ),
        ({"id": 1, "lines": [], "buyer": {"name": "a", "since": "0000-01-01"}}, [("buyer", "since")]),
    ],
)
def test_what_cannot_be_made_is_told_where_and_why_as_pydantic_tells_it(value: Any, places: Any) -> None:
    adapt = SHOP.adapt(ref("Order"))
    with pytest.raises(Unusable) as caught:
        adapt(anew(value))
    with pytest.raises(ValidationError) as expected:
        of_pydantic(SHOP["Order"], value)
    assert [finding.path for finding in caught.value.findings] == places
    told = [each["type"] for each in expected.value.errors()]
    assert [finding.keyword for finding in caught.value.findings] == told


def test_text_of_a_document_stays_text() -> None:
    names = [
        "'",
        '"',
        "\\",
        "\n",
        "{}",
        "f'{x}'",
        "__import__",
        "\x00",
        "\u2028",
        "f0",
        "given",
        "v",
        "made",
        "new",
        "x",
    ]
    properties: dict[str, Any] = {name: {"type": "integer", "default": 3} for name in names}
    models = models_of({"It": objects(**properties), "'": objects(a=ref("It"))})
    check_same(*both(models, "It", dict.fromkeys(names, 1)))
    check_same(*both(models, "'", {"a": {}}))


class Strict:
    """What a service may put under a model: pydantic then makes all of it."""

    @field_validator("id")
    @classmethod
    def check_id(cls, value: int) -> int:
        return value + 1


class Dynamic:
    def __getattr__(self, name: str) -> str:
        return f"no {name}"


class Plain:
    def twice(self) -> int:
        return 2 * self.id  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("parent", [Strict, Dynamic, Plain])
def test_what_a_parent_class_brings_is_there(parent: type) -> None:
    schema = objects(id=WHOLE, note=TEXT) | {"x-parent": "some.Parent"}
    models = models_of(
        {"It": schema, "All": objects(all={"type": "array", "items": ref("It")})},
        import_name=lambda _: parent,
    )
    made, expected = both(models, "All", {"all": [{"id": 2}] * MANY})
    assert [one.__dict__ for one in made.all] == [one.__dict__ for one in expected.all]
    assert [one.model_fields_set for one in made.all] == [{"id"}] * MANY
    assert made == expected
    assert made.all[0].id == (3 if parent is Strict else 2)
    if parent is Plain:
        assert made.all[0].twice() == 4


def test_a_property_of_which_only_some_alternatives_speak_is_left_to_pydantic() -> None:
    schema = objects(kind=TEXT) | {"anyOf": [objects(size=TEXT), objects(kind={"const": "b"})]}
    adapt = models_of({"It": schema}).adapt(ref("It"))
    assert adapt({"kind": "a", "size": "s"}).size == "s"
    with pytest.raises(Unusable):  # it fits the schema, by the second alternative
        adapt({"kind": "b", "size": 5})


def test_models_nested_as_deeply_as_may_be_are_made() -> None:
    value: dict[str, Any] = {"name": "a"}
    for _ in range(200):
        value = {"name": "a", "one": value}
    made, expected = both(SHOP, "Node", value)
    assert made == expected
    for _ in range(100):
        value = {"name": "a", "one": value}
    with pytest.raises(UNMADE):
        Makers().make(SHOP["Node"].__pydantic_core_schema__).make(value)
