"""Objects that nothing but their schemas tells apart, with the like of themselves inside: which class, at what cost."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from macaron_runner.models.build import Models
from macaron_runner.validation.problems import Unusable
from macaron_runner.validation.schema import compile_schema
from tests.support.models import check_same, models_of, objects, ref

TEXT = {"type": "string"}
ANY = {"anyOf": [ref("Plain"), ref("Counted"), {"type": "string"}]}
MOMENT = {"type": "string", "format": "date-time"}
OVERLAPPING = {
    "Any": ANY,
    "Plain": objects(name=TEXT, left=ref("Any"), right=ref("Any"), at=MOMENT),
    "Counted": objects(name=TEXT, left=ref("Any"), right=ref("Any"), at=MOMENT, count={"type": "integer"}),
}
NAMELESS = {
    "Any": {
        "oneOf": [
            objects(op={"const": word}, of={"type": "array", "items": ref("Any")}, n={"type": "integer"})
            | {"required": ["op"]}
            for word in (1, 2)
        ]
    }
}


OVERLAPPING_MODELS, NAMELESS_MODELS = models_of(OVERLAPPING), models_of(NAMELESS)


def overlapping_values(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    optional: dict[str, Any] = {
        "left": inner,
        "right": inner,
        "count": st.integers(0, 3),
        "more": st.booleans(),
    }
    return st.fixed_dictionaries({"name": st.sampled_from("ab")}, optional=optional)


def nameless_values(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    optional: dict[str, Any] = {"of": st.lists(inner, max_size=3), "n": st.integers(0, 3)}
    return st.fixed_dictionaries({"op": st.sampled_from([1, 2])}, optional=optional)


def check_as_pydantic(models: Models, value: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(models["Any"])
    expected = adapter.validator.validate_python(json.loads(json.dumps(value)), by_alias=True, by_name=False)
    check_same(models.adapt(ref("Any"))(value), expected)


@settings(max_examples=80)
@given(st.recursive(st.just("leaf"), overlapping_values, max_leaves=6))
def test_what_fits_several_is_of_the_class_that_pydantic_chooses(value: Any) -> None:
    assert compile_schema(ref("Any"), OVERLAPPING, "request").valid(value), "the test draws what does not fit"
    check_as_pydantic(OVERLAPPING_MODELS, value)


@settings(max_examples=80)
@given(st.recursive(st.just({"op": 1}), nameless_values, max_leaves=6))
def test_so_it_is_where_they_have_no_names(value: Any) -> None:
    assert compile_schema(ref("Any"), NAMELESS, "request").valid(value), "the test draws what does not fit"
    check_as_pydantic(NAMELESS_MODELS, value)


@pytest.mark.parametrize(
    ("models", "value", "wrap"),
    [
        (OVERLAPPING_MODELS, {"name": "a"}, lambda value: {"name": "a", "left": value}),
        (NAMELESS_MODELS, {"op": 1}, lambda value: {"op": 2, "of": [value]}),
    ],
)
def test_levels_do_not_multiply(models: Models, value: Any, wrap: Any) -> None:
    for _ in range(60):  # 2**60 trials would never end
        value = wrap(value)
    made = models.adapt(ref("Any"))(value)
    for _ in range(60):
        made = made.left if models is OVERLAPPING_MODELS else made.of[0]
    assert type(made).__name__ == ("Plain" if models is OVERLAPPING_MODELS else "AnyChoice1")


def test_nor_do_they_where_something_cannot_be_made() -> None:
    adapt = OVERLAPPING_MODELS.adapt(ref("Any"))
    value = {"name": "a", "at": "2026-12-31T23:59:60Z"}
    with pytest.raises(Unusable) as shallow:
        adapt({"name": "a", "left": value})
    assert ("left", "at") in [finding.path for finding in shallow.value.findings]
    for _ in range(60):
        value = {"name": "a", "left": value}
    with pytest.raises(Unusable, match="nested too deeply to say where"):
        adapt(value)
