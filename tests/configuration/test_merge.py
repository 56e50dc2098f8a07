"""Layers become one tree, and each value knows where it came from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.configuration.merge import Layer, merge, merge_layers
from macaron_runner.diagnostics import Location

KEYS = st.sampled_from("abc")
SCALARS = st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.recursive(leaves, lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=8)
    return st.dictionaries(KEYS, inner, max_size=3)


SOLID = trees(SCALARS)
PATCHES = trees(SCALARS | st.none())


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_the_examples_of_rfc_7396(below: Any, above: Any, merged: Any) -> None:
    assert merge(below, above) == merged


@given(SOLID, PATCHES)
def test_merging_changes_neither_side_and_again_changes_nothing(below: Any, above: Any) -> None:
    before = repr((below, above))
    once = merge(below, above)
    assert merge(once, above) == once
    assert repr((below, above)) == before


@given(SOLID)
def test_an_empty_layer_changes_nothing(tree: Any) -> None:
    assert merge(tree, {}) == merge({}, tree) == merge(tree, tree) == tree


@given(SOLID, PATCHES, PATCHES)
def test_every_leaf_came_from_the_last_layer_that_has_it(one: Any, two: Any, three: Any) -> None:
    layers = tuple(Layer.nowhere(str(number), tree) for number, tree in enumerate((one, two, three)))
    merged = merge_layers(layers)
    for path, value in leaves(merged.value):
        origins = merged.origins(path)
        assert origins, path
        if not isinstance(value, dict):
            assert len(origins) == 1
            assert origins[0].reach(path) == (len(path), value)


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, dict):
        return [(path, value)]
    return [
        found for key, item in value.items() for found in [((*path, key), item), *leaves(item, (*path, key))]
    ]


def test_places_and_origins() -> None:
    merged = merge_layers(
        (
            Layer.nowhere("base", {"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}),
            Layer.nowhere("overlay", {"a": {"c": [3]}, "d": None, "e": 5}),
            Layer.nowhere("set", {"d": {"x": 1}, "e": {"g": 1}}),
        )
    )
    assert merged.value == {"a": {"b": 1, "c": [3]}, "d": {"x": 1}, "e": {"g": 1}}
    assert merged.locate(("a", "b")) == Location("base")
    assert merged.locate(("a", "c", 0)) == Location("overlay")
    assert merged.locate(("a", "c", 1)) == Location("overlay"), "the base's second item is gone"
    assert merged.locate(("a", "zzz")) == Location("base")
    assert merged.locate(("d",)) == Location("set")
    assert merged.locate(("e", "g")) == Location("set")
    assert [layer.name for layer in merged.origins(("a",))] == ["base", "overlay"]
    assert [layer.name for layer in merged.origins(("e",))] == ["set"]
    assert merged.locate(()) == Location("base")


def test_a_null_has_a_place_too() -> None:
    merged = merge_layers(
        (Layer.nowhere("base", {"a": {"b": 1, "c": None}}), Layer.nowhere("set", {"a": {"b": None}}))
    )
    assert merged.locate(("a", "b")) == Location("set")
    assert merged.locate(("a", "c")) == Location("base")
