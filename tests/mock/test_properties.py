"""Whatever the schema: the value that is made up is valid, or a clear sentence says why there is none."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macaron_runner.mock.expressions import LONGEST
from macaron_runner.mock.fitting import Unfit, make_fitting
from macaron_runner.mock.merging import Merger
from macaron_runner.mock.patterns import matches, texts_of
from macaron_runner.validation.schema import Definitions, compile_schema

NAMES = st.sampled_from(["a", "b", "id", "email", "kind", "created_at"])
SMALL = st.integers(0, 4)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "b", "", "2024-01-01", 0.5])
)
PIECES = st.sampled_from(
    ["a", "[a-f]", r"\d", r"\w", ".", "[^a-z]", "x|y", "(?:ab)", "[A-Z0-9_-]", r"\.", "é"]
)
TIMES = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = [f"({piece}){draw(TIMES)}" for piece in draw(st.lists(PIECES, min_size=1, max_size=5))]
    return draw(st.sampled_from(["", "^"])) + "".join(parts) + draw(st.sampled_from(["", "$"]))


def some_of(**keywords: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=keywords)


STRINGS = some_of(
    minLength=SMALL,
    maxLength=st.integers(3, 40),
    pattern=patterns(),
    format=st.sampled_from(["date", "date-time", "email", "uuid", "uri", "ipv4", "byte", "of-our-own"]),
).map(lambda schema: {"type": "string", **schema})
NUMBERS = st.builds(
    lambda kind, schema: {"type": kind, **schema},
    st.sampled_from(["integer", "number"]),
    some_of(
        minimum=st.integers(-9, 9),
        maximum=st.integers(-3, 30),
        exclusiveMinimum=st.integers(-9, 9),
        exclusiveMaximum=st.integers(-3, 30),
        multipleOf=st.sampled_from([1, 2, 3, 0.5, 0.01, 0.3]),
    ),
)
LEAVES = st.one_of(
    STRINGS,
    NUMBERS,
    st.sampled_from([True, {}, {"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}]),
    st.lists(SCALARS, min_size=1, max_size=4).map(lambda values: {"enum": values}),
    SCALARS.map(lambda value: {"const": value}),
    st.sampled_from(["A", "B", "C"]).map(lambda name: {"$ref": f"#/$defs/{name}"}),
)


def containers(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    some = st.lists(inner, min_size=1, max_size=3)
    objects = some_of(
        properties=st.dictionaries(NAMES, inner, max_size=4),
        required=st.lists(NAMES, max_size=3, unique=True),
        additionalProperties=st.one_of(st.booleans(), inner),
        patternProperties=st.dictionaries(st.sampled_from(["^x-", "d$", "^[a-c]$"]), inner, max_size=1),
        propertyNames=st.sampled_from([{"maxLength": 9}, {"pattern": "^[a-z_-]+$"}]),
        minProperties=SMALL,
        maxProperties=st.integers(1, 6),
        dependentRequired=st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=1),
        dependentSchemas=st.dictionaries(NAMES, inner, max_size=1),
        unevaluatedProperties=st.booleans(),
    ).map(lambda schema: {"type": "object", **schema})
    arrays = some_of(
        items=inner,
        prefixItems=some,
        contains=inner,
        minContains=SMALL,
        minItems=SMALL,
        maxItems=st.integers(1, 6),
        uniqueItems=st.booleans(),
        unevaluatedItems=st.booleans(),
    ).map(lambda schema: {"type": "array", **schema})
    mixed = st.one_of(
        st.sampled_from(["allOf", "anyOf", "oneOf"]).flatmap(
            lambda word: some.map(lambda arms: {word: arms})
        ),
        inner.map(lambda schema: {"not": schema}),
        st.fixed_dictionaries({"if": inner, "then": inner}, optional={"else": inner}),
        st.builds(
            lambda schema, values: {"allOf": [schema], "examples": values},
            inner,
            st.lists(SCALARS, max_size=2),
        ),
    )
    return st.one_of(objects, arrays, mixed)


SCHEMAS = st.recursive(LEAVES, containers, max_leaves=12)
DEFINITIONS = st.fixed_dictionaries(dict.fromkeys(("A", "B", "C"), SCHEMAS))


@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, DEFINITIONS, st.booleans())
def test_what_is_made_up_is_valid_or_refused(
    schema: object, definitions: dict[str, object], shown: bool
) -> None:
    refused = ""
    try:
        value = make_fitting(schema, Merger(Definitions(definitions)), shown=shown)
    except Unfit as refusal:
        refused = str(refusal)
    if refused:
        assert re.match(r"(the whole|at /.*): (it|every value that was tried) \w", refused, re.DOTALL)
    else:
        assert compile_schema(schema, definitions, "response").valid(value)


@settings(max_examples=150)
@given(patterns(), SMALL, st.integers(0, 30))
def test_texts_of_usual_patterns_match_them(pattern: str, least: int, more: int) -> None:
    texts = list(texts_of(pattern, least, least + more))
    assert all(len(text) <= least + more or text == "" for text in texts)
    assert not texts or any(matches(pattern, text) for text in texts)


@settings(max_examples=200)
@given(st.text(alphabet="ab.^$[](){}?*+|\\-1,dwpLu<=!:x", max_size=30))
def test_no_pattern_is_too_odd(pattern: str) -> None:
    assert all(len(text) <= 2 * LONGEST for text in texts_of(pattern))
