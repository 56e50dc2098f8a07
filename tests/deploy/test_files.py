"""What a deployment puts somewhere: files in one order, YAML that everybody reads alike, and no secret in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.deploy.files import File, digest, in_order, json_text, yaml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def test_files_are_sorted_and_each_path_is_there_once() -> None:
    assert [file.path for file in in_order([File("b", b""), File("a/c", b"")])] == ["a/c", "b"]
    for paths in (["a", "a"], [""], ["a/../b"], ["a\0"]):
        with pytest.raises(ValueError, match=r"path|twice"):
            in_order(File(path, b"") for path in paths)


@pytest.mark.parametrize("other", [File("a", b"1", 0o755), File("a", b"2"), File("b", b"1"), File("a1", b"")])
def test_a_digest_changes_with_path_content_and_mode(other: File) -> None:
    assert digest((File("a", b"1"),)) == digest((File("a", b"1"),))
    assert digest((File("a", b"1"),)) != digest((other,))


@given(DATA)
def test_yaml_is_read_back_as_it_was(value: Any) -> None:
    text = yaml_text(value)
    assert yaml.safe_load(text) == value
    assert yaml_text(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "No",
        "y",
        "~",
        "1e3",
        "0o17",
        "0x1f",
        "08:30",
        "1_000",
        ".inf",
        "1.",
        "=",
        "<<",
        "2026-11-28",
        "",
        "- a",
        "null",
    ],
)
def test_a_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert yaml_text({"a": text}).strip()[3:].strip()[0] in "\"'"


def test_lists_are_indented_and_texts_of_several_lines_are_blocks() -> None:
    assert yaml_text({"a": [1, {"b": "x\ny\n"}]}, {}) == "a:\n  - 1\n  - b: |\n      x\n      y\n---\n{}\n"


def test_the_same_map_twice_is_written_twice() -> None:
    labels = {"app": "shop"}
    assert "&" not in yaml_text({"a": labels, "b": labels})


@pytest.mark.parametrize("write", [yaml_text, json_text])
def test_a_secret_is_refused_with_its_place_and_without_its_value(write: Any) -> None:
    with pytest.raises(TypeError) as caught:
        write({"a": [{"password": Sensitive((("pw", "hunter2hunter2"),))}]})
    assert str(caught.value) == "a.0.password is no plain data: Sensitive"


def test_keys_are_texts() -> None:
    with pytest.raises(TypeError, match="no text: 1"):
        yaml_text({1: 2})


def test_json_is_json() -> None:
    assert json.loads(json_text({"é": (1, None)})) == {"é": [1, None]}
