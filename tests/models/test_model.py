"""What a handler does with a model: make it, read it, change it, write it."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from macaron_runner.models.model import Model
from macaron_runner.models.names import RESERVED_ATTRIBUTES
from tests.support.models import models_of, objects, ref

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
MAYBE = {"type": ["string", "null"]}
ORDER = objects(id=WHOLE, sku=TEXT, note=MAYBE, tags={"type": "array", "items": TEXT, "default": ["new"]}) | {
    "required": ["id"]
}


def one(schema: dict[str, Any]) -> Any:
    return models_of({"Order": schema})["Order"]


def test_a_model_is_made_of_keywords_and_read_by_attributes() -> None:
    order = one(ORDER)(id=1, sku="a")
    assert (order.id, order.sku, order.note, order.tags) == (1, "a", None, ["new"])


def test_a_wrong_type_is_a_value_error_that_names_the_property() -> None:
    with pytest.raises(ValueError, match=r"(?s)Order.*id.*integer"):
        one(ORDER)(id="one")


def test_a_missing_required_property_is_refused() -> None:
    with pytest.raises(ValidationError, match="id"):
        one(ORDER)(sku="a")


def test_an_unknown_keyword_is_a_type_error_with_the_near_word() -> None:
    with pytest.raises(TypeError, match=r'Order has no property "skuu"; did you mean "sku"\?'):
        one(ORDER)(id=1, skuu="a")


def test_names_of_the_document_and_of_python_both_work() -> None:
    kind = one(objects(**{"shop-id": TEXT, "class": TEXT}))
    assert kind(shop_id="a", class_="b") == kind(**{"shop-id": "a", "class": "b"})
    assert kind(shop_id="a", class_="b").to_json() == {"shop-id": "a", "class": "b"}


def test_json_is_read_by_the_names_of_the_document_only() -> None:
    order = one(objects(**{"shop-id": TEXT})).from_json({"shop_id": "x"})
    assert order.shop_id is None
    assert order.to_json() == {"shop_id": "x"}


def test_a_property_may_be_called_self_or_like_an_old_method_of_pydantic() -> None:
    words = ["self", "json", "copy", "schema", "dict", "validate", "construct", "fields", "cls", "values"]
    data = dict.fromkeys(words, "x")
    order = one(objects(**dict.fromkeys(words, TEXT)))(**data)
    assert [getattr(order, word) for word in words] == ["x"] * len(words)
    assert order.to_json() == data


@pytest.mark.parametrize("word", sorted(RESERVED_ATTRIBUTES))
def test_what_a_model_itself_uses_gets_an_underscore(word: str) -> None:
    order = one(objects(**{word: TEXT})).from_json({word: "x"})
    assert getattr(order, f"{word}_") == "x"
    assert order.to_json() == {word: "x"}


def test_every_public_name_of_a_model_is_reserved_or_deprecated() -> None:
    deprecated = {
        "construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema",
        "schema_json", "update_forward_refs", "validate",
    }  # fmt: skip
    public = {name for name in {*dir(Model), *dir(type(Model))} if not name.startswith("_")}
    assert public - set(dir(type)) - {"register"} <= RESERVED_ATTRIBUTES | deprecated


def test_absent_properties_are_left_out_and_null_is_written_only_where_it_was_given() -> None:
    kind = one(ORDER)
    assert kind(id=1, tags=[]).to_json() == {"id": 1, "tags": []}
    assert kind(id=1, tags=[], note=None).to_json() == {"id": 1, "tags": [], "note": None}
    assert kind(id=1, tags=[], sku=None).to_json() == {"id": 1, "tags": []}


def test_assigning_none_takes_a_property_away_or_makes_it_null() -> None:
    order = one(ORDER)(id=1, sku="a", note="b", tags=["x"])
    order.sku = order.note = order.tags = None
    assert order.to_json() == {"id": 1, "note": None}


def test_a_required_property_that_is_null_is_written() -> None:
    kind = one(objects(note=MAYBE) | {"required": ["note"]})
    assert kind(note=None).to_json() == {"note": None}
    with pytest.raises(ValidationError):
        kind()


def test_a_sub_class_knows_which_nulls_of_its_base_were_absent() -> None:
    models = models_of({"A": objects(a=MAYBE), "B": {"allOf": [ref("A"), objects(**{"b-c": MAYBE})]}})
    assert models["B"]().to_json() == {}
    assert models["B"](a=None, b_c=None).to_json() == {"a": None, "b-c": None}


def test_null_inside_maps_and_unknown_properties_is_kept() -> None:
    data = {"map": {"a": None}, "any": {"b": None}, "more": None}
    order = one(objects(map={"type": "object"}, any={})).from_json(data)
    assert order.to_json() == data


def test_defaults_are_copied_and_converted() -> None:
    schema = objects(
        tags={"type": "array", "items": TEXT, "default": []},
        day={"type": "string", "format": "date", "default": "2026-11-22"},
        at={"type": "object", "properties": {"city": TEXT}, "default": {"city": "Oslo"}},
        text={"type": "string", "default": 'a"\\\n'},
        ratio={"type": "number", "default": float("inf")},
    )
    first, second = one(schema)(), one(schema)()
    first.tags.append("x")
    first.at.city = "Rome"
    assert (second.tags, second.at.city, second.text) == ([], "Oslo", 'a"\\\n')
    assert second.day == date(2026, 11, 22)
    assert second.ratio == float("inf")


def test_a_default_of_a_nullable_property_stands_for_absence() -> None:
    kind = one(objects(day={"type": ["string", "null"], "format": "date", "default": "2026-11-22"}))
    assert kind().to_json() == {"day": "2026-11-22"}
    assert kind(day=None).to_json() == {"day": None}


@pytest.mark.parametrize(
    ("schema", "value", "wire"),
    [
        ({"type": "string", "format": "date"}, date(2026, 1, 2), "2026-01-02"),
        ({"type": "string", "format": "date-time"}, datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (
            {"type": "string", "format": "date-time"},
            datetime(2026, 1, 2, 3, 4, 5, 600, timezone(timedelta(hours=-3))),
            "2026-01-02T03:04:05.000600-03:00",
        ),
        ({"type": "string", "format": "uuid"}, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"type": "string", "format": "byte"}, b"\xff\x00", "/wA="),
        ({"type": "string", "format": "decimal"}, Decimal("1.10"), "1.10"),
        ({"type": "string", "format": "time"}, "10:00:00Z", "10:00:00Z"),
        ({"type": "number"}, 2**60 + 1, 2**60 + 1),
        ({"type": "number"}, 0.5, 0.5),
        ({"type": "number", "format": "double"}, 3.0, 3),
        ({"type": "integer"}, 12, 12.0),
        ({"type": "boolean"}, True, True),
        ({"type": "array", "prefixItems": [WHOLE, TEXT], "minItems": 2, "maxItems": 2}, (1, "a"), [1, "a"]),
        ({"type": "array", "prefixItems": [WHOLE], "minItems": 1, "items": False}, (1,), [1]),
        ({"type": "array", "prefixItems": [WHOLE], "minItems": 1}, [1, None], [1, None]),
        ({"type": "array", "prefixItems": [WHOLE, TEXT], "items": False}, [1], [1]),
        ({"enum": ["a", 1, None, True, 1.5, [2], {"b": 3}]}, [2], [2]),
        ({"const": "a"}, "a", "a"),
        ({"type": ["integer", "string"]}, "12", "12"),
    ],
)
def test_each_type_is_a_python_value_inside_and_json_outside(schema: Any, value: Any, wire: Any) -> None:
    kind = one(objects(it=schema))
    assert kind.from_json({"it": wire}).it == value
    assert type(kind.from_json({"it": wire}).it) is type(value)
    assert kind(it=value).to_json() == {"it": wire}


@pytest.mark.parametrize("order", [("date", "date-time"), ("date-time", "date")])
@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02T00:00:00Z"])
def test_days_and_times_are_not_mixed_up(order: tuple[str, str], text: str) -> None:
    either = {"anyOf": [{"type": "string", "format": form} for form in order]}
    made = one(objects(it=either, all={"type": "array", "items": either})).from_json(
        {"it": text, "all": [text]}
    )
    assert isinstance(made.it, datetime) == ("T" in text)
    assert made.to_json() == {"it": text, "all": [text]}


@pytest.mark.parametrize(
    "text", ["2026-01-02T00:00:00Z", "2026-01-02T00:00:00.123456789Z", "2026-01-02", "x"]
)
@pytest.mark.parametrize("form", ["date", "date-time", "uuid"])
def test_what_may_be_any_text_stays_one(form: str, text: str) -> None:
    either = {"anyOf": [{"type": "string", "format": form}, {"type": "string"}]}
    assert one(objects(it=either)).from_json({"it": text}).it == text


def test_a_time_is_no_day_and_a_number_no_time() -> None:
    kind = one(
        objects(day={"type": "string", "format": "date"}, at={"type": "string", "format": "date-time"})
    )
    for wrong in ({"day": datetime(2026, 1, 2, tzinfo=UTC)}, {"at": date(2026, 1, 2)}, {"at": 12}):
        with pytest.raises(ValidationError):
            kind(**wrong)


def test_a_time_without_zone_is_written_as_utc() -> None:
    order = one(objects(at={"type": "string", "format": "date-time"}))(at=datetime(2026, 1, 2))
    assert order.to_json() == {"at": "2026-01-02T00:00:00Z"}


def test_bytes_that_are_no_base64_are_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        one(objects(it={"type": "string", "format": "byte"})).from_json({"it": "%%%"})


def test_json_text_is_read_too() -> None:
    kind = one(ORDER)
    assert kind.from_json('{"id": 1}') == kind.from_json(b'{"id": 1}') == kind(id=1)


def test_unknown_properties_are_kept_where_the_schema_is_open() -> None:
    order = one(ORDER).from_json({"id": 1, "color": "red", "tags": []})
    assert order.color == "red"
    assert order.to_json() == {"id": 1, "color": "red", "tags": []}


def test_unknown_properties_are_refused_where_the_schema_is_closed() -> None:
    kind = one(ORDER | {"additionalProperties": False})
    with pytest.raises(ValidationError, match="color"):
        kind.from_json({"id": 1, "color": "red"})
    with pytest.raises(TypeError, match='no property "color"'):
        kind(id=1, color="red")


def test_the_constructor_takes_any_property_the_document_welcomes() -> None:
    kind = one(objects(id=WHOLE) | {"additionalProperties": {"type": "string", "format": "date"}})
    order = kind(id=1, paid="2026-01-02")
    assert order.paid == date(2026, 1, 2)
    assert order.to_json() == {"id": 1, "paid": "2026-01-02"}
    assert one(objects(id=WHOLE) | {"additionalProperties": True})(x=1).x == 1
    assert one(objects(id=WHOLE) | {"patternProperties": {"^x": {}}})(x=1).x == 1


def test_a_property_that_one_direction_lacks_is_optional() -> None:
    schemas = {
        "Order": objects(id={**WHOLE, "readOnly": True}, secret=ref("Secret"))
        | {"required": ["id", "secret"]},
        "Secret": {"type": "string", "writeOnly": True},
    }
    assert models_of(schemas)["Order"]().to_json() == {}


def test_a_required_property_without_schema_is_anything() -> None:
    order = one({"type": "object", "required": ["it"], "properties": {"a": TEXT}})(it=[1])
    assert order.it == [1]


def test_repr_leaves_out_the_absent() -> None:
    assert repr(one(ORDER)(id=1, note=None, tags=[])) == "Order(id=1, note=None, tags=[])"


def test_models_are_equal_by_value_copied_deeply_and_pickled() -> None:
    kind = models_of({"Order": objects(lines={"type": "array", "items": objects(sku=TEXT)})})["Order"]
    order = kind(lines=[{"sku": "a"}])
    for other in (copy.deepcopy(order), pickle.loads(pickle.dumps(order))):
        assert other == order
        other.lines[0].sku = "b"
        assert other != order


def test_an_assigned_value_of_a_wrong_type_is_written_as_it_is() -> None:
    order = one(objects(at=objects(city=MAYBE), day={"type": "string", "format": "date"}))()
    order.at, order.day = {"city": None}, "soon"
    assert order.to_json() == {"at": {"city": None}, "day": "soon"}


def test_models_know_where_they_come_from() -> None:
    kind = one(ORDER | {"x-persist": {"key": "id"}})
    assert (kind.__macaron_api__, kind.__macaron_name__) == ("shop", "Order")
    assert kind.__macaron_extensions__ == {"x-persist": {"key": "id"}}


def test_a_model_can_be_a_part_of_a_service_s_own_pydantic_model() -> None:
    kind = one(objects(id=WHOLE))

    class Cart(BaseModel):
        order: kind  # type: ignore[valid-type]  # known at run time only

    assert Cart.model_validate({"order": {"id": 1}}).order == kind(id=1)
