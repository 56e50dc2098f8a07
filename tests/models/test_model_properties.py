"""Any schema and any value that fits it: checked JSON becomes Python and the same JSON again."""

import string
from typing import Any

from hypothesis import given, settings

from macaron_runner.models.model import Model
from macaron_runner.validation.schema import compile_schema
from tests.support.drawn_schemas import PAIRS, SCALARS, Pair, object_pairs
from tests.support.models import models_of, objects, ref


def json_of(value: Any) -> Any:
    """What an answer's writer makes of a value: models and containers of them as JSON."""
    if isinstance(value, Model):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [json_of(item) for item in value]
    return {key: json_of(item) for key, item in value.items()} if isinstance(value, dict) else value


@settings(max_examples=300)
@given(PAIRS)
def test_a_fitting_value_survives_the_way_in_and_out(pair: Pair) -> None:
    schema, value = pair
    assert compile_schema(schema, {}, "request").valid(value), "the test draws what does not fit"
    models = models_of({"It": objects(it=schema) | {"required": ["it"]}, "Named": schema})
    adapted = models.adapt(ref("It"))({"it": value})
    assert adapted.to_json() == {"it": value}
    assert models["It"].from_json(adapted.to_json()) == adapted
    models.adapt(ref("Named"))(value)


@settings(max_examples=100)
@given(object_pairs(SCALARS))
def test_attributes_hold_what_the_properties_held(pair: Pair) -> None:
    schema, value = pair
    made = models_of({"It": schema})["It"].from_json(value)
    by_keyword = {
        name: getattr(made, name) for name in type(made).model_fields if name in made.model_fields_set
    }
    declared = {name: item for name, item in value.items() if name in schema["properties"]}
    assert type(made)(**by_keyword).to_json() == declared


def test_letters_that_look_alike_are_not_mixed_up() -> None:
    names = [f"{letter}\N{COMBINING RING ABOVE}" for letter in string.ascii_letters] + [
        "å",
        "Å",
        "\N{ANGSTROM SIGN}",
    ]
    value = {name: index for index, name in enumerate(names)}
    assert models_of({"It": objects(**dict.fromkeys(names, True))})["It"].from_json(value).to_json() == value
