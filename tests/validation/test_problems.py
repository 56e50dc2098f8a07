"""What is said about a wrong value: one line a case, keyword by keyword."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from macaron_runner.errors import ErrorDetail
from macaron_runner.validation.engine import readable_pattern
from macaron_runner.validation.problems import MOST, invalid, pointer_of, shown
from macaron_runner.validation.schema import compile_schema

CASES: list[tuple[Any, Any, list[tuple[str, str]]]] = [
    ({"type": "integer"}, "a", [("", 'is not an integer: "a"')]),
    ({"type": "integer"}, True, [("", "is not an integer: true")]),
    ({"type": "integer"}, "1", [("", 'is not an integer: "1"')]),
    ({"type": "integer"}, 1.5, [("", "is not an integer: 1.5")]),
    ({"type": "number"}, None, [("", "is not a number: null")]),
    ({"type": ["string", "null"]}, 1, [("", "is not a string or null: 1")]),
    ({"type": "string"}, {"a": 1}, [("", "is not a string: an object")]),
    ({"type": "object"}, [1], [("", "is not an object: an array")]),
    ({"type": "object", "required": ["qty", "sku"]}, {}, [("", '"qty" is required'), ("", '"sku" is required')]),
    ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, [("/a", '"b" is required')]),
    ({"additionalProperties": False}, {"a/b": 1}, [("/a~1b", 'unknown property "a/b"')]),
    ({"unevaluatedProperties": False, "allOf": [{"properties": {"a": True}}]}, {"a": 1, "b~": 2},
     [("/b~0", 'unknown property "b~"')]),
    ({"propertyNames": {"pattern": "^x"}}, {"a": 1}, [("", 'the name of the property does not match "^x": "a"')]),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [("", '"b" is required')]),
    ({"minProperties": 1}, {}, [("", "has fewer than 1 property")]),
    ({"maxProperties": 0}, {"a": 1}, [("", "has more than 0 properties")]),
    ({"properties": {"a": False}}, {"a": 1}, [("/a", "is not allowed")]),
    ({"enum": ["a", 1, None]}, "b", [("", 'is not one of "a", 1, null: "b"')]),
    ({"enum": list(range(12))}, "b", [("", 'is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 … (12 in all): "b"')]),
    ({"const": "x"}, "y", [("", 'is not "x": "y"')]),
    ({"minimum": 1}, 0, [("", "is less than 1: 0")]),
    ({"maximum": 1}, 2, [("", "is greater than 1: 2")]),
    ({"exclusiveMinimum": 1}, 1, [("", "is not greater than 1: 1")]),
    ({"exclusiveMaximum": 1}, 1, [("", "is not less than 1: 1")]),
    ({"multipleOf": 2}, 3, [("", "is not a multiple of 2: 3")]),
    ({"minLength": 1}, "", [("", 'is shorter than 1 character: ""')]),
    ({"maxLength": 2}, "abc", [("", 'is longer than 2 characters: "abc"')]),
    ({"pattern": "^a$"}, "b", [("", 'does not match "^a$": "b"')]),
    ({"format": "date-time"}, "yesterday", [("", 'is not a valid date-time: "yesterday"')]),
    ({"format": "uuid"}, "1", [("", 'is not a valid uuid: "1"')]),
    ({"items": {"type": "integer"}}, [1, "x"], [("/1", 'is not an integer: "x"')]),
    ({"minItems": 2}, [1], [("", "has fewer than 2 items")]),
    ({"maxItems": 1}, [1, 2], [("", "has more than 1 item")]),
    ({"uniqueItems": True}, [1, 1], [("", "has the same item twice")]),
    ({"contains": {"type": "string"}}, [1], [("", "has no item, or too many or too few, of the kind asked for")]),
    ({"not": {"type": "string"}}, "a", [("", 'is of a kind that is not allowed: "a"')]),
    # The alternative that was meant is the one that speaks.
    ({"oneOf": [{"type": "integer"}, {"type": "object", "properties": {"a": {"type": "integer"}}}]}, {"a": "x"},
     [("/a", 'is not an integer: "x"')]),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", [("", 'is not an integer or null: "x"')]),
    ({"oneOf": [{"minimum": 1}, {"minimum": 0}]}, 2,
     [("", "fits more than one of the alternatives, where exactly one is asked for")]),
    ({"oneOf": [
        {"required": ["a"], "properties": {"k": {"const": "A"}}},
        {"required": ["b"], "properties": {"k": {"const": "B"}}}]}, {"k": "B"}, [("", '"b" is required')]),
    ({"oneOf": [{"properties": {"k": {"const": "A"}}}, {"properties": {"k": {"enum": ["B", "C"]}}}]}, {"k": "X"},
     [("/k", 'is not one of "A", "B", "C": "X"')]),
    # Long values and lists are shortened.
    ({"type": "integer"}, "x" * 200, [("", 'is not an integer: "' + "x" * 58 + "…")]),
    ({"type": "string"}, 2**80, [("", "is not a string: 1208925819614629174706176")]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "expected"), CASES)
def test_every_keyword_speaks_plainly(schema: Any, value: Any, expected: list[tuple[str, str]]) -> None:
    check = compile_schema(schema, {}, "request")
    assert not check.valid(value)
    assert [(detail.pointer, detail.message) for detail in check.problems(value)] == expected


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, 2**80),
        ({"format": "date-time"}, 5),
        ({"format": "of-our-own"}, "x"),
        ({"pattern": "^[a-z]{1,2097152}$"}, "abc"),
        (True, None),
    ],
)
def test_what_is_fine_has_no_problems(schema: Any, value: Any) -> None:
    check = compile_schema(schema, {}, "request")
    assert check.valid(value)
    assert check.problems(value) == ()


def test_problems_stand_where_the_caller_says() -> None:
    check = compile_schema({"items": {"type": "integer"}}, {}, "request")
    assert check.problems(["a"], "query", "/ids") == (
        ErrorDetail("query", "/ids/0", 'is not an integer: "a"'),
    )


def test_the_number_of_problems_is_bounded() -> None:
    check = compile_schema({"items": {"type": "integer"}}, {}, "request")
    assert len(check.problems(["a"] * 10_000)) == MOST


def test_pointers_are_escaped() -> None:
    assert pointer_of(("a/b", 0, "c~d", "")) == "/a~1b/0/c~0d/"


def test_unreadable_patterns_are_left_out() -> None:
    assert not readable_pattern(r"\Z(")
    check = compile_schema({"type": "string", "pattern": r"\Z(", "minLength": 1}, {}, "request")
    assert check.valid("anything")
    assert not check.valid("")


def test_patterns_that_look_around_are_asserted_beside_others() -> None:
    properties = {"a": {"pattern": "^(?!x)"}, "b": {"pattern": "^(.)\\1$"}, "c": {"pattern": "^[A-Z]$"}}
    check = compile_schema({"properties": properties}, {}, "request")
    assert check.valid({"a": "yx", "b": "aa", "c": "Q"})
    for wrong in ({"a": "xy"}, {"b": "ab"}, {"c": "q"}):
        assert not check.valid(wrong)
        assert [each.pointer for each in check.problems(wrong)] == [f"/{next(iter(wrong))}"]


def test_property_patterns_that_cannot_be_read_forbid_nothing() -> None:
    check = compile_schema({"patternProperties": {"(": {}}, "additionalProperties": False}, {}, "request")
    assert check.valid({"a": 1})


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^.{1,2097152}$", "a", ""),
        ("^.{1200}$", "a" * 1200, "a" * 1199),
        ("^[A-Z]{1500,}$", "A" * 1500, "A" * 1499),
        (r"^\d{0,4096}$", "12", "a"),
    ],
)
def test_long_repetitions_become_lengths(pattern: str, good: str, bad: str) -> None:
    check = compile_schema({"pattern": pattern}, {}, "request")
    assert check.valid(good)
    assert not check.valid(bad)


def test_a_huge_wrong_value_is_told_quickly_and_of_few_things() -> None:
    check = compile_schema({"type": "array", "items": {"type": "string"}}, {}, "request")
    begun = time.process_time()
    assert len(check.problems([1] * 1_000_000)) == MOST
    assert [one.pointer for one in check.problems(["a"] * 100_000 + [1])] == ["/100000"]
    assert time.process_time() - begun < 1


def test_of_a_huge_wrong_value_that_only_the_engine_understands_one_thing_is_told() -> None:
    check = compile_schema({"prefixItems": [True], "items": {"type": "string"}}, {}, "request")
    begun = time.process_time()
    assert [one.pointer for one in check.problems([1] * 100_000)] == ["/1"]
    assert time.process_time() - begun < 1


NESTED = {
    "Tree": {"required": ["x"], "properties": {"kid": {"$ref": "#/$defs/Tree"}, "x": {"type": "string"}}}
}


@pytest.mark.parametrize(
    ("depth", "message"),
    [(100, '"x" is required'), (1020, "does not fit, and is nested too deeply to say where")],
)
def test_a_deep_wrong_value_is_told(depth: int, message: str) -> None:
    check = compile_schema({"$ref": "#/$defs/Tree"}, NESTED, "request")
    value: dict[str, Any] = {"x": "y" * 100}
    for _ in range(depth):
        value = {"kid": value}
    problem, *others = check.problems(value)
    assert (problem.pointer, problem.message) == ("", message)
    assert bool(others) == (depth == 100)


def _joined(word: str) -> dict[str, Any]:
    return {
        "required": ["op"],
        "properties": {"op": {"const": word}, "of": {"items": {"$ref": "#/$defs/Filter"}}},
    }


BRANCHING: dict[str, Any] = {
    "Filter": {"oneOf": [{"$ref": "#/$defs/And"}, {"$ref": "#/$defs/Or"}, {"type": "integer"}]},
    "And": _joined("and"),
    "Or": _joined("or"),
    "Pet": {
        "type": "object",
        "discriminator": {"propertyName": "op", "mapping": {"Pet": "#/$defs/Pet", "Cat": "#/$defs/Cat"}},
        "properties": {"op": {"type": "string"}, "of": {"items": {"$ref": "#/$defs/Pet"}}},
    },
    "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"bad": {"type": "integer"}}}]},
}


@pytest.mark.parametrize(("name", "op"), [("Filter", "and"), ("Pet", "Cat")])
def test_a_schema_that_branches_and_comes_back_costs_no_more_the_deeper_a_value_is(
    name: str, op: str
) -> None:
    check = compile_schema({"$ref": f"#/$defs/{name}"}, BRANCHING, "request")
    value: Any = {"op": op, "bad": "x", "of": ["x"]}
    begun = time.process_time()
    for level in range(40):
        assert not check.valid(value)
        problems = check.problems(value)
        assert problems
        if level < 3:
            assert all("too deeply" not in one.message for one in problems)
        value = {"op": op, "of": [value]}
    assert problems == (ErrorDetail("body", "", "does not fit, and is nested too deeply to say where"),)
    assert time.process_time() - begun < 5


def test_an_answer_does_not_repeat_a_long_name_without_end() -> None:
    check = compile_schema({"additionalProperties": {"items": {"type": "string"}}}, {}, "request")
    name = "n" * 6_000
    problems = check.problems({name: [1] * 50})
    assert [one.pointer for one in problems] == [f"/{name}/0"]
    assert len(invalid(problems).description) < 500


def test_numbers_beyond_64_bits_in_a_schema() -> None:
    check = compile_schema({"enum": [2**70], "maximum": 2**80}, {}, "request")
    assert (check.valid(2**70), check.valid(2**70 + 1)) == (True, False)


@pytest.mark.parametrize(
    ("value", "text"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")]
)
def test_what_no_json_holds_is_called_what_it_is(value: float, text: str) -> None:
    assert shown(value) == text
