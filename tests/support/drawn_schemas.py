"""Schemas of all kinds, each with a JSON value that fits it, drawn by hypothesis."""

from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.support.models import objects

Pair: TypeAlias = tuple[dict[str, Any], Any]
"""A schema and a JSON value that fits it."""

NAMES = st.one_of(
    st.sampled_from(
        [
            "id",
            "shop-id",
            "class",
            "json",
            "copy",
            "to_json",
            "_id",
            "model_config",
            "str",
            "date",
            "Model",
            "self",
            "optional",
        ]
    ),
    st.text(max_size=8).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
BIG = 2**63 - 1
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-BIG, BIG) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: dict[str, Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return values.map(lambda value: (schema, value))


SCALARS: st.SearchStrategy[Pair] = st.one_of(
    fitting({"type": "string"}, TEXTS),
    fitting({"type": "integer"}, st.integers(-BIG, BIG)),
    fitting({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-BIG, BIG)),
    fitting({"type": "boolean"}, st.booleans()),
    fitting({"type": ["string", "integer", "null"]}, TEXTS | st.integers(-9, 9) | st.none()),
    fitting({"type": "string", "format": "date"}, st.dates().map(str)),
    fitting(
        {"type": "string", "format": "date-time"}, st.datetimes().map(lambda time: f"{time.isoformat()}Z")
    ),
    fitting({"type": "string", "format": "uuid"}, st.uuids().map(str)),
    fitting({"type": "string", "format": "byte"}, st.sampled_from(["", "AA==", "/wA="])),
    fitting({"type": "string", "format": "email"}, st.just("a@example.com")),
    fitting({}, JSON),
    fitting({"type": "object"}, st.dictionaries(TEXTS, JSON, max_size=3)),
    st.lists(JSON, min_size=1, max_size=4).flatmap(
        lambda values: fitting({"enum": values}, st.sampled_from(values))
    ),
    JSON.map(lambda value: ({"const": value}, value)),
)


@st.composite
def object_pairs(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    members = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))
    required = draw(st.sets(st.sampled_from(sorted(members))))
    present = required | draw(st.sets(st.sampled_from(sorted(members))))
    schema = objects(**{name: schema for name, (schema, _) in members.items()}) | {
        "required": sorted(required)
    }
    value = {name: members[name][1] for name in members if name in present}
    if draw(st.booleans()):
        schema["additionalProperties"] = False
    else:
        value |= {
            name: more
            for name, more in draw(st.dictionaries(NAMES, JSON, max_size=2)).items()
            if name not in members
        }
    return schema, value


@st.composite
def merged_pairs(draw: st.DrawFn, inner: st.SearchStrategy[Pair]) -> Pair:
    (first, one), (second, other) = draw(object_pairs(inner)), draw(object_pairs(inner))
    for schema in (first, second):
        schema.pop("additionalProperties", None)
    for name in first["properties"].keys() & second["properties"].keys():
        second["properties"][name] = first["properties"][name]
        other.pop(name, None)
    one = {
        name: value
        for name, value in one.items()
        if name in first["properties"] or name not in second["properties"]
    }
    other = {name: value for name, value in other.items() if name not in first["properties"]}
    second["required"] = [name for name in second["required"] if name in {**one, **other}]
    return {"allOf": [first, second]}, other | one


def containers(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.one_of(
        object_pairs(inner),
        merged_pairs(inner),
        st.tuples(inner, st.integers(0, 3)).map(
            lambda drawn: ({"type": "array", "items": drawn[0][0]}, [drawn[0][1]] * drawn[1])
        ),
        st.tuples(inner, TEXTS).map(
            lambda drawn: ({"type": "object", "additionalProperties": drawn[0][0]}, {drawn[1]: drawn[0][1]})
        ),
        st.tuples(inner, inner).map(lambda drawn: ({"anyOf": [drawn[0][0], drawn[1][0]]}, drawn[0][1])),
        st.tuples(inner, inner).map(lambda drawn: ({"anyOf": [drawn[0][0], drawn[1][0]]}, drawn[1][1])),
        inner.map(lambda drawn: ({"anyOf": [drawn[0], {"type": "null"}]}, None)),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda pairs: (
                {
                    "type": "array",
                    "prefixItems": [one for one, _ in pairs],
                    "minItems": len(pairs),
                    "items": False,
                },
                [value for _, value in pairs],
            )
        ),
    )


PAIRS = st.recursive(SCALARS, containers, max_leaves=8)
