"""References in values: what they mean, and what no variable can do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.configuration.interpolate import (
    Failed,
    Reference,
    Scope,
    TemplateError,
    interpolate,
    parse_template,
)
from macaron_runner.configuration.model import Variable
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.variables import Variables
from macaron_runner.diagnostics import Location

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


def follow(value: Any, environ: dict[str, str] | None = None, **declared: Variable) -> Any:
    scope = Scope(Variables(declared, environ or {}), lambda name: f"value of {name}")
    return interpolate(value, scope, lambda path, text, occurrence: Location("a.yaml", occurrence + 1, 1))


def test_a_template_is_parsed() -> None:
    assert parse_template("redis://:${secret:pw}@${HOST:-${REDIS_HOST}}:6379") == (
        "redis://:",
        Reference("pw", secret=True, offset=9),
        "@",
        Reference("HOST", default=(Reference("REDIS_HOST", offset=30),), offset=22),
        ":6379",
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "a"),
        ("x${A}y${B}", "xay"),
        ("${B}", ""),
        ("${B:-b}", "b"),
        ("${C:-}", ""),
        ("${C:-${D:-${E:-e}}}", "e"),
        ("${C:-a $${A} b}", "a ${A} b"),
        ("${A:?never}", "a"),
        ("$", "$"),
        ("$A", "$A"),
        ("$$A", "$A"),
        ("$$${A}", "$a"),
        ("a}b", "a}b"),
        ('${C:-{"a": {"b": 1}}}!', '{"a": {"b": 1}}!'),
        ("${secret_name:-x}", "x"),
    ],
)
def test_a_reference_is_followed(text: str, value: str) -> None:
    assert follow(text, {"A": "a", "B": ""}) == value


@pytest.mark.parametrize(
    "text",
    ["${", "${A", "${}", "${ A }", "${1}", "${A-b}", "${A:b}", "${A:-${B}", "${secret:}", "${secret:a:-b}"],
)
def test_a_broken_reference_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        parse_template(text)


def test_defaults_are_bounded() -> None:
    assert follow("${A:-" * 20 + "}" * 20) == ""
    assert isinstance(follow("${A:-" * 5000 + "}" * 5000), Failed)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-5", -5),
        ("number", "2.5e1", 25.0),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("port", "08080", 8080),
        ("string", "5", "5"),
        ("host", "::1", "::1"),
        ("url", "amqp://a:b@c", "amqp://a:b@c"),
        ("path", "a b", "a b"),
    ],
)
def test_a_whole_value_has_its_variables_type(kind: Any, text: str, value: object) -> None:
    found = follow("${V}", {"V": text}, V=Variable(type=kind))
    assert (found, type(found)) == (value, type(value))
    assert follow("<${V}>", {"V": text}, V=Variable(type=kind)) == f"<{text}>"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "5.0"),
        ("integer", "9" * 30),
        ("number", "nan"),
        ("number", "1e999"),
        ("boolean", "yes"),
        ("port", "65536"),
        ("port", "-1"),
        ("host", "a b"),
        ("host", "-a"),
        ("url", "example.com"),
        ("url", "http://"),
    ],
)
def test_a_text_of_another_type_is_refused(kind: Any, text: str) -> None:
    for template in ("${V}", "x${V}", "${V:-1}"):
        failed = follow(template, {"V": text}, V=Variable(type=kind))
        assert isinstance(failed, Failed)
        assert failed.diagnostics[0].code == "MAC111"
        assert "V" in failed.diagnostics[0].message


def test_a_declared_default_stands_in_for_unset_and_empty() -> None:
    variable = Variable(type="integer", default=7)
    assert follow(["${V}", "${V:-8}"], {}, V=variable) == [7, 7]
    assert follow("${V}", {"V": ""}, V=variable) == 7


def test_secrets_make_a_text_sensitive() -> None:
    found = follow({"a": ["x${secret:pw}y", "${NONE:-${secret:pw}}"]})
    assert found["a"][0] == Sensitive(("x", ("pw", "value of pw"), "y"))
    assert found["a"][1].names == ("pw",)
    assert "value" not in repr(found)


def test_every_problem_of_a_value_is_told() -> None:
    failed = follow("${A} ${B:-x} ${C}")
    assert [(problem.code, problem.location) for problem in failed.diagnostics] == [
        ("MAC110", Location("a.yaml", 1, 1)),
        ("MAC110", Location("a.yaml", 3, 1)),
    ]


@given(st.text())
def test_escaped_text_comes_out_as_it_was(text: str) -> None:
    assert follow(text.replace("$", "$$")) == text


@given(st.text("${}:-?aA_ \n"))
def test_any_text_is_a_template_or_an_error(text: str) -> None:
    try:
        offsets = [part.offset for part in parse_template(text) if isinstance(part, Reference)]
    except TemplateError as error:
        offsets = [error.offset]
    assert all(text[offset : offset + 2] == "${" for offset in offsets)


@given(NAMES, VALUES, st.text("ab ."), st.text("ab ."))
def test_a_variable_is_put_in_letter_by_letter(name: str, value: str, before: str, after: str) -> None:
    text = f"{before}${{{name}}}{after}"
    assert follow({"k": [text]}, {name: value}, **{name: Variable()}) == {"k": [before + value + after]}


@given(NAMES, VALUES)
def test_a_default_is_used_exactly_when_there_is_nothing(name: str, value: str) -> None:
    declared = {name: Variable()}
    assert follow(f"${{{name}:-default}}", {name: value}, **declared) == value
    assert follow(f"${{{name}:-default}}", {name: ""}, **declared) == "default"
    assert follow(f"${{{name}:-default}}", {}, **declared) == "default"
