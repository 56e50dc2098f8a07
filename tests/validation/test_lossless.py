"""Of a text whose length says so, nothing was lost: the careful reading of it finds nothing either."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.validation.alike import FEW, alike
from macaron_runner.validation.json_text import exactly, parse_json
from macaron_runner.validation.lossless import is_all_there

MANY = FEW + 2
TEXTS = st.text(max_size=4)
WHOLE = st.one_of(st.integers(-(2**63), 2**64 - 1), st.booleans())
COLUMNS = st.one_of(TEXTS, WHOLE, st.floats(allow_nan=False, allow_infinity=False), st.none(), st.just([1.5]))
REST = st.recursive(st.one_of(COLUMNS), lambda inner: st.lists(inner, max_size=2), max_leaves=4)
CHANGES = [
    ("", ""),
    (":", ": "),
    ("}", "}\n"),
    ("0", "-0"),
    ('{"a":', '{"a":1,"a":'),
    ("1", "1e3"),
    ("1", "18446744073709551616"),
    ("a", "\\u0061"),
]


def told(raw: bytes, *paths: tuple[str, ...]) -> bool:
    value = parse_json(raw)
    lists = {}
    for path in paths:
        items = value
        for key in path:
            items = items[key]
        found = alike(items)
        assert found is not None
        found.texts = frozenset(
            key for key in found.layout if all(isinstance(text, str) for text in found.column(key))
        )
        lists[path] = found
    return is_all_there(raw, value, lists)


@st.composite
def items(draw: st.DrawFn) -> list[dict[str, Any]]:
    kinds = draw(st.lists(st.sampled_from([TEXTS, WHOLE, TEXTS, WHOLE, COLUMNS]), min_size=1, max_size=3))
    names = draw(st.lists(TEXTS, min_size=len(kinds), max_size=len(kinds), unique=True))
    rows = st.lists(st.tuples(*kinds), min_size=MANY, max_size=MANY)
    return [dict(zip(names, row, strict=True)) for row in draw(rows)]


@settings(max_examples=300, deadline=None)
@given(first=items(), second=items(), rest=REST, change=st.sampled_from(CHANGES), at=st.integers(0, 30))
def test_what_is_told_is_so(
    first: list[Any], second: list[Any], rest: Any, change: tuple[str, str], at: int
) -> None:
    text = orjson.dumps({"é": rest, "in": {"list": first}, "list": second}).decode()
    parts = text.split(change[0]) if change[0] else [text]
    where = min(at + 1, len(parts))
    changed = change[0].join(parts[:where]) + change[1] * (where < len(parts)) + change[0].join(parts[where:])
    try:
        value = parse_json(raw := changed.encode())
        seen = told(raw, ("in", "list"), ("list",))
    except Exception:  # no JSON any more, or no such lists
        return
    if seen:
        assert exactly(raw, value) is value


@pytest.mark.parametrize(
    "wrap", [lambda items: {"a": "b.c", "items": items}, lambda items: {"x": {"items": items}, "n": 7}]
)
def test_it_is_told_of_usual_bodies(wrap: Any) -> None:
    body = wrap([{"sku": f"ü-{number}", "qty": -number, "gift": number % 2 == 0} for number in range(MANY)])
    path = ("items",) if "items" in body else ("x", "items")
    raw = orjson.dumps(body)
    assert told(raw, path)
    assert not told(json.dumps(body).encode(), path)
    assert not told(raw.replace(b'"qty":-1,', b'"qty":5,"qty":-1,', 1), path)
    assert not told(raw.replace(b'"qty":0,', b'"qty":-0,', 1), path)
    assert not told(raw + b" ", path)


def test_a_list_at_the_top() -> None:
    assert told(orjson.dumps([{"a": 1}] * MANY), ())


@pytest.mark.parametrize("value", ["1e2", "1.0", "18446744073709551616", "[1.5]"])
def test_where_a_float_may_be_it_is_not_told(value: str) -> None:
    ones = ["1"] * MANY
    for at in (0, MANY // 2):
        texts = [*ones[:at], value, *ones[at:]]
        items = ",".join(f'{{"a":{text}}}' for text in texts)
        assert not told(f"[{items}]".encode(), ())
    items = ",".join(['{"a":1}'] * MANY)
    assert not told(f'{{"rest":[{{"deep":[{value}]}}],"items":[{items}]}}'.encode(), ("items",))


def test_it_is_told_beside_what_is_no_float() -> None:
    for value in (None, True, False, [1], 2**64 - 1):
        assert told(orjson.dumps([*[{"a": 1}] * MANY, {"a": value}]), ())


def test_where_much_stands_beside_it_it_is_not_told() -> None:
    items = [{"a": 1}] * MANY
    assert told(orjson.dumps({"items": items, "rest": "x" * 1000}), ("items",))
    assert not told(orjson.dumps({"items": items, "rest": "x" * 3000}), ("items",))


def test_what_is_nested_deeply_beside_it_is_not_looked_at() -> None:
    deep = "[" * 300 + "]" * 300
    for texts in ([deep] * MANY, [*["1"] * MANY, deep]):
        inside = ",".join(f'{{"a":{text}}}' for text in texts)
        assert not told(f"[{inside}]".encode(), ())
    raw = f'{{"deep":{deep},"items":[' + ",".join(['{"a":1}'] * MANY) + "]}"
    assert not told(raw.encode(), ("items",))
