"""A document with anything anywhere gives an API or diagnostics, never a traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macaron_runner.diagnostics import BadConfiguration, Severity
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.rules import check_document

HERE = Path(__file__).parent / "same_api"
GOOD = {path.stem: orjson.dumps(read_document(path).tree) for path in sorted(HERE.glob("*.yaml"))}
GARBAGE: tuple[Any, ...] = (
    None, True, 0, -1.5, 10**18, "", "a", "#", "#/", "#/paths", "{", [], [[]], ["a", "a"], [None], [{}],
    {}, {"": {}}, {"$ref": 1}, {"$ref": "#"}, {"$ref": "#/definitions/Order"}, {"$ref": "%"}, {"a": {"b": "c"}},
)  # fmt: skip


def places(value: Any, parent: Any = None, key: Any = None) -> Iterator[tuple[Any, Any]]:
    """Yield every container together with each of its keys or indexes."""
    if parent is not None:
        yield parent, key
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from places(member, value, name)


def spoil(tree: Any, changes: list[tuple[int, int]]) -> None:
    """Drop or replace values at the places that numbers choose, one after the other."""
    for where, what in changes:
        found = list(places(tree))
        if not found:
            return
        parent, key = found[where % len(found)]
        if what >= len(GARBAGE):
            del parent[key]
        else:
            parent[key] = orjson.loads(orjson.dumps(GARBAGE[what]))


def survive(path: Path) -> None:
    with contextlib.suppress(BadConfiguration):
        document = read_document(path)
        if not any(found.severity is Severity.ERROR for found in check_document(document)):
            read_api(document, "x")
        with contextlib.suppress(BadConfiguration):
            read_api(document, "x")  # and even where the rules have said no


@pytest.mark.parametrize("version", GOOD)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, len(GARBAGE))), min_size=1, max_size=6)
)
def test_a_spoilt_document(version: str, tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    tree = orjson.loads(GOOD[version])
    spoil(tree, changes)
    path = tmp_path / "api.json"
    path.write_bytes(orjson.dumps(tree))
    survive(path)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes(suffix: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / f"api.{suffix}"
    path.write_bytes(content)
    survive(path)


@pytest.mark.slow
@pytest.mark.parametrize("version", GOOD)
def test_every_single_place_spoilt(version: str, tmp_path: Path) -> None:
    """Each place in turn gets what has the most to do with it: nothing, a text, a list, a map, a reference."""
    path = tmp_path / "api.json"
    count = len(list(places(orjson.loads(GOOD[version]))))
    for where in range(count):
        tree = orjson.loads(GOOD[version])
        spoil(tree, [(where, (where * 7) % (len(GARBAGE) + 1))])
        path.write_bytes(orjson.dumps(tree))
        survive(path)
