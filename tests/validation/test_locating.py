"""Our own search for what is wrong with a value finds what the engine finds, and says it in the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.validation.locating import UNDERSTOOD
from macaron_runner.validation.problems import MOST, pointer_of
from macaron_runner.validation.schema import Check, Definitions

NAMES = st.sampled_from(["a", "b", "c/d", "e~", "é", "'\"\\"])
SMALL = st.integers(-2, 3)
SCALARS = st.none() | st.booleans() | SMALL | st.floats(-2, 3).map(lambda each: round(each, 1)) | NAMES
VALUES = st.recursive(
    SCALARS | st.integers(-(2**60), 2**60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
TYPES = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
KEYWORDS: dict[str, Any] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(SCALARS, min_size=1, max_size=3, unique_by=json.dumps),
    "const": SCALARS,
    "minimum": SMALL,
    "maximum": SMALL | st.just(1.5),
    "exclusiveMinimum": SMALL,
    "exclusiveMaximum": SMALL,
    "multipleOf": st.sampled_from([1, 2, 0.5]),
    "minLength": st.integers(0, 3),
    "maxLength": st.integers(0, 3),
    "pattern": st.sampled_from(["^[a-c]", "d$", r"\w"]),
    "format": st.sampled_from(["date-time", "uuid", "byte", "of-nobody"]),
    "minItems": st.integers(0, 3),
    "maxItems": st.integers(0, 3),
    "uniqueItems": st.booleans(),
    "minProperties": st.integers(0, 3),
    "maxProperties": st.integers(0, 3),
    "required": st.lists(NAMES, max_size=3, unique=True),
}
REFERENCES = st.sampled_from(["#/$defs/Any", "#/$defs/Tree"]).map(lambda name: {"$ref": name})
TREE = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"$ref": "#/$defs/Tree"}, "b": {"$ref": "#/$defs/Any"}},
}


def schemas_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    applied = {
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "additionalProperties": inner,
        "items": inner,
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "oneOf": st.lists(inner, min_size=1, max_size=3),
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "."]), inner, max_size=1),
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
    }
    return st.fixed_dictionaries({}, optional=KEYWORDS | applied)


SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional=KEYWORDS) | st.booleans() | REFERENCES, schemas_of, max_leaves=8
)


def told(check: Check, value: Any) -> set[tuple[str, str]]:
    """Return where a value is wrong and what is said there."""
    return {(each.pointer, each.message) for each in check.problems(value)}


def told_by_the_engine(check: Check, value: Any) -> set[tuple[str, str]]:
    return {(pointer_of(finding.path), finding.message) for finding in check.findings(value)}


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=1, max_size=6))
def test_what_is_found_is_what_the_engine_finds(schema: Any, other: Any, values: list[Any]) -> None:
    _alike(schema, other, values)


@settings(max_examples=30, deadline=None)
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=1, max_size=6))
def test_what_is_found_is_what_the_engine_finds_in_a_few_cases(
    schema: Any, other: Any, values: list[Any]
) -> None:
    _alike(schema, other, values)


def _alike(schema: Any, other: Any, values: list[Any]) -> None:
    check = Definitions({"Any": other, "Tree": TREE}).check(schema, "request")
    for value in values:
        if not check.valid(value):
            assert told(check, value) == told_by_the_engine(check, value)


ORDER = {
    "type": "object",
    "required": ["sku", "lines"],
    "additionalProperties": False,
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]+$"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "note": {"oneOf": [{"type": "null"}, {"type": "string", "maxLength": 2}]},
        "day": {"type": "string", "format": "date"},
    },
}
LINE = {"type": "object", "required": ["qty"], "properties": {"qty": {"type": "integer", "minimum": 1}}}


def test_everything_is_told_at_its_place() -> None:
    check = Definitions({"Line": LINE}).check(ORDER, "request")
    value = {"sku": "a", "lines": [{"qty": 1}, {"qty": 0}, {}, 3], "note": "abc", "day": "x", "c/d": 1}
    assert told(check, value) == {
        ("/sku", 'does not match "^[A-Z]+$": "a"'),
        ("/lines/1/qty", "is less than 1: 0"),
        ("/lines/2", '"qty" is required'),
        ("/lines/3", "is not an object: 3"),
        ("/note", 'is longer than 2 characters: "abc"'),
        ("/day", 'is not a valid date: "x"'),
        ("/c~1d", 'unknown property "c/d"'),
    }


def test_a_schema_with_a_keyword_that_only_the_engine_knows_is_left_to_it() -> None:
    schema = {"properties": {"a": {"unevaluatedProperties": False}, "b": {"type": "integer"}}}
    assert "unevaluatedProperties" not in UNDERSTOOD
    check = Definitions({}).check(schema, "request")
    assert told(check, {"b": "x"}) == {("/b", 'is not an integer: "x"')}
    assert told(check, {"a": {"c": 1}, "b": "x"}) == {
        ("/a/c", 'unknown property "c"'),
        ("/b", 'is not an integer: "x"'),
    }


def test_only_so_many_are_told_wherever_they_are() -> None:
    values: list[Any] = [[1] * 10_000, {str(number): 1 for number in range(10_000)}, [[1]] * 10_000]
    for schema in (
        {"items": {"type": "string"}},
        {"additionalProperties": {"type": "string"}},
        {"items": {"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "null"}}]}},
        {"additionalProperties": False},
    ):
        check = Definitions({}).check(schema, "request")
        for value in values:
            assert len(check.problems(value)) == (0 if check.valid(value) else MOST)


def test_names_in_a_document_are_never_run() -> None:
    name = "'] or __import__('os')._exit(1) or v0['"
    schema = {"required": [name], "properties": {name: {"type": "integer", "maximum": 1}}}
    check = Definitions({}).check(schema, "request")
    assert {each.pointer for each in check.problems({name: 2})} == {pointer_of([name])}
    assert len(check.problems({})) == 1


def test_schemas_nest_as_deeply_as_they_like() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    value: Any = "x"
    for _ in range(60):
        schema, value = {"items": {"properties": {"a": schema}}}, [{"a": value}]
    check = Definitions({}).check(schema, "request")
    assert told(check, value) == {("/0/a" * 60, 'is not an integer: "x"')}
