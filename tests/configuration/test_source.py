"""The YAML reader: YAML 1.2's scalars, places, and bounds on time and memory whatever the text."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.configuration.source import LARGEST, read_yaml
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def value_of(text: str) -> Any:
    return read_yaml(text.encode(), "a.yaml").value


def problems_of(text: bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(BadConfiguration) as caught:
        read_yaml(text, "a.yaml")
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("08:30", "08:30"),
        ("190:20:30", "190:20:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("014", 14),
        ("0o14", 12),
        ("0x1f", 31),
        ("-0", 0),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("-.5", -0.5),
        (".", "."),
        ("-.inf", -math.inf),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("True", True),
        ("tRUE", "tRUE"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("=", "="),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(text: str, value: object) -> None:
    found = value_of(f"key: {text}\n")["key"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_texts() -> None:
    assert value_of("200: a\non: b\n~: c\n1.50: d\n") == {"200": "a", "on": "b", "~": "c", "1.50": "d"}


@given(JSON)
def test_what_a_dumper_writes_is_read_back(value: object) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=False)
    read = value_of(text)["value"]
    assert read == yaml.safe_load(text)["value"] == value


@given(st.binary(max_size=200) | st.text("ab:- \n{}[]&*!'\"#?,|>%@`\t$", max_size=60).map(str.encode))
def test_any_bytes_give_a_value_or_a_diagnostic(text: bytes) -> None:
    codes = set()
    try:
        read_yaml(text, "a.yaml")
    except BadConfiguration as error:
        codes = {problem.code for problem in error.diagnostics}
    assert codes <= {"MAC101", "MAC102", "MAC103"}


def test_places() -> None:
    text = 'a:\n  - b: 1\n    c: "two"\n  - [x, y]\nempty:\nblock: |\n  one ${A}\n  two ${B}\n'
    text += "ümlaut: {ключ: 値, z: 1}\n"
    tree = read_yaml(text.encode(), "a.yaml")
    assert tree.locate(("a", 0, "c")) == Location("a.yaml", 3, 8, 5)
    assert tree.locate(("a", 0, "c"), key=True) == Location("a.yaml", 3, 5, 1)
    assert tree.locate(("a", 1, 1)) == Location("a.yaml", 4, 9, 1)
    assert tree.locate(("a", "1", "1")) == Location("a.yaml", 4, 9, 1)
    assert tree.locate(("a",)) == Location("a.yaml", 1, 1, 1), "a map over several lines is shown at its key"
    assert tree.locate(("empty",)) == Location("a.yaml", 5, 1, 5)
    assert tree.locate(("a", 0, "missing", "deeper")) == Location("a.yaml", 2, 5, 1)
    assert tree.locate(("missing",)) == Location("a.yaml", 1, 1, 1)
    assert tree.locate_text(("block",), "${", 1) == Location("a.yaml", 8, 7, 4)
    assert tree.locate(("ümlaut", "ключ")) == Location("a.yaml", 9, 16, 1)


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_places_count_lines_as_editors_do(line_break: str) -> None:
    text = line_break.join(["a: x\u2028y", "b: \x85z", "c: 1", ""])
    tree = read_yaml(b"\xef\xbb\xbf" + text.encode(), "a.yaml")
    assert tree.locate(("c",)) == Location("a.yaml", 3, 4, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[" * 1_000_000, "MAC102"),
        (b"- " * 100_000, "MAC102"),
        (b"{a: " * 100_000, "MAC102"),
        (
            b"a: &a ["
            + b"x," * 1000
            + b"]\n"
            + b"b: &b ["
            + b"*a," * 1000
            + b"]\nc: ["
            + b"*b," * 1000
            + b"]",
            "MAC102",
        ),
        (b"a0: &a0 [1]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (n, n, n - 1) for n in range(1, 300)), "MAC102"),
        (b"&a [*a]", "MAC102"),
        (b"a: 1\n" * 200_000, "MAC103"),
        (b"a: !!float x\n" + b"".join(b"a%d: !no 1\n" % n for n in range(50_000)), "MAC102"),
        (b"x" * (LARGEST + 1), "MAC101"),
        (b"a: " + b"9" * 1_000_000, "MAC102"),
    ],
    ids=["lists", "block", "maps", "bomb", "chain", "loop", "doubles", "tags", "size", "number"],
)
def test_hostile_text_costs_little(text: bytes, code: str) -> None:
    begin = time.process_time()
    problems = problems_of(text)
    assert {problem.code for problem in problems} == {code}
    assert len(problems) <= 100
    assert time.process_time() - begin < 5


def test_nesting_of_200_is_fine() -> None:
    assert value_of("[" * 200 + "]" * 200)
    assert problems_of(b"[" * 201 + b"]" * 201)[0].message.startswith("the YAML is nested too deep")


def test_a_large_document_reads_as_fast_as_a_plain_load() -> None:
    operation = {"get": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}]}}
    text = yaml.dump(
        {"paths": {f"/things/{n}": operation for n in range(400)}}, Dumper=_WithoutAliases
    ).encode()

    def seconds(read: Any) -> float:
        begin = time.process_time()
        read()
        return time.process_time() - begin

    plain = ours = math.inf
    for _ in range(25):  # what else the machine does only ever adds
        plain = min(plain, seconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader)))
        ours = min(ours, seconds(lambda: read_yaml(text, "a.yaml")))
        if ours < plain * 1.2:
            return
    pytest.fail(f"{ours / plain:.2f} times as long")


class _WithoutAliases(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
