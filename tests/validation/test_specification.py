"""Documents against their specification: each mistake once, where it stands, in readable words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from macaron_runner.diagnostics import Severity
from macaron_runner.openapi.document import read_document
from macaron_runner.validation.document import check_against_specification
from macaron_runner.validation.schema import compile_schema

if TYPE_CHECKING:
    from pathlib import Path

    from macaron_runner.diagnostics import Diagnostic

HEADS = {
    "2.0": 'swagger: "2.0"\n',
    "3.0": "openapi: 3.0.3\n",
    "3.1": "openapi: 3.1.0\n",
    "3.2": "openapi: 3.2.0\n",
}
NEW = ["3.0", "3.1", "3.2"]

GOOD = """\
info: {title: Shop, version: "1", x-anything: {goes: here}}
paths:
  /orders/{id}:
    x-note: kept
    get:
      operationId: get_order
      parameters: [PARAMETER]
      responses:
        200: {description: fine}
        default: {description: not fine}
"""
PARAMETER = {
    "2.0": "{name: id, in: path, required: true, type: string}",
    "3.0": "{name: id, in: path, required: true, schema: {type: string, nullable: true}}",
    "3.1": "{name: id, in: path, required: true, schema: {type: [string, 'null']}}",
    "3.2": "{name: id, in: path, required: true, schema: {type: [string, 'null']}}",
}


def check(tmp_path: Path, text: str) -> tuple[Diagnostic, ...]:
    file = tmp_path / "api.yaml"
    file.write_text(text)
    return tuple(fault.diagnostic for fault in check_against_specification(read_document(file)))


def good(version: str) -> str:
    return HEADS[version] + GOOD.replace("PARAMETER", PARAMETER[version])


def told(found: tuple[Diagnostic, ...]) -> list[tuple[str, str, int, int, str]]:
    return [
        (one.code, one.message, one.location.line, one.location.column, one.help)
        for one in found
        if one.location
    ]


@pytest.mark.parametrize("version", HEADS)
def test_a_good_document_with_statuses_as_numbers(tmp_path: Path, version: str) -> None:
    assert check(tmp_path, good(version)) == ()


@pytest.mark.parametrize("version", HEADS)
@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("title: Shop, ", "", ("MAC371", '"info" lacks the key "title"', 2, 1, "")),
        ("operationId", "operationID",
         ("MAC370", 'unknown key "operationID"', 7, 7, 'did you mean "operationId"?')),
        ("title: Shop", "titel: Shop", ("MAC370", 'unknown key "titel"', 2, 8, 'did you mean "title"?')),
        ('version: "1"', "version: 1", ("MAC372", '"version" is not a string: 1', 2, 30, "")),
        ("in: path", "in: paht",
         ("MAC328", 'a parameter cannot be in "paht"', 8, 35, 'did you mean "path"?')),
        (", required: true", "",
         ("MAC327", 'the path parameter "id" must be required', 8, 35, "write required: true")),
        ("required: true", "required: false",
         ("MAC327", 'the path parameter "id" must be required', 8, 51, "write required: true")),
        ("/orders/{id}:", "orders/{id}:",
         ("MAC326", 'the path "orders/{id}" does not begin with a slash', 4, 3, 'write "/orders/{id}"')),
        ("operationId: get_order", "operationId: [a]",
         ("MAC372", '"operationId" is not a string: an array', 7, 20, "")),
    ],
)  # fmt: skip
def test_one_mistake_is_one_diagnostic(
    tmp_path: Path, version: str, right: str, wrong: str, expected: tuple[str, str | None, int, int, str]
) -> None:
    (found,) = told(check(tmp_path, good(version).replace(right, wrong)))
    code, message, *place = expected
    assert found == (code, message or found[1], *place)


@pytest.mark.parametrize(("version", "listed"), [
    ("2.0", {"body", "header", "formData", "query", "path"}), ("3.0", {"path", "query", "header", "cookie"}),
    ("3.1", {"path", "query", "header", "cookie"}), ("3.2", {"path", "query", "header", "cookie", "querystring"}),
])  # fmt: skip
def test_all_places_of_a_parameter_are_offered(tmp_path: Path, version: str, listed: set[str]) -> None:
    (found,) = check(tmp_path, good(version).replace("in: path", "in: paht"))
    assert set(found.label.removeprefix("not one of: ").split(", ")) == listed


def test_the_word_that_was_meant_is_offered(tmp_path: Path) -> None:
    (found,) = check(tmp_path, good("3.0").replace("type: string", "type: strin"))
    assert found.help == 'did you mean "string"?'


@pytest.mark.parametrize("version", HEADS)
def test_a_missing_description_of_a_response(tmp_path: Path, version: str) -> None:
    found = told(check(tmp_path, good(version).replace("{description: fine}", "{}")))
    assert found == ([("MAC371", '"200" lacks the key "description"', 10, 9, "")] if version != "3.2" else [])


def test_schemas_are_checked(tmp_path: Path) -> None:
    for version in NEW:
        text = good(version) + "components: {schemas: {A: {properties: {a: {minLength: x}}}}}\n"
        assert told(check(tmp_path, text)) == [
            ("MAC372", '"minLength" is not an integer: "x"', 12, 56, "")
        ], version
    text = good("2.0") + "definitions: {A: {properties: {a: {minLength: x}}}}\n"
    assert told(check(tmp_path, text)) == [("MAC372", '"minLength" is not an integer: "x"', 12, 47, "")]
    text = good("3.0") + "components: {schemas: {A: {nulable: true}}}\n"
    assert told(check(tmp_path, text)) == [
        ("MAC370", 'unknown key "nulable"', 12, 28, 'did you mean "nullable"?')
    ]


def test_a_pattern_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    text = good("3.1") + "components: {schemas: {A: {pattern: '('}}}\n"
    (found,) = check(tmp_path, text)
    assert (found.code, found.severity, found.message) == (
        "MAC380",
        Severity.WARNING,
        "this pattern is not checked",
    )


def test_a_pattern_that_only_some_can_read_is_a_warning_and_counts(tmp_path: Path) -> None:
    """It SHOULD be a regular expression of ECMA 262 (JSON Schema 2020-12 Validation, section 6.3.3)."""
    (found,) = check(tmp_path, good("3.1") + "components: {schemas: {A: {pattern: '^(?i)a$'}}}\n")
    assert (found.code, found.severity, found.message) == (
        "MAC380",
        Severity.WARNING,
        "not everybody can read this pattern",
    )
    assert not compile_schema({"pattern": "^(?i)a$"}, {}, "request").valid("b")


def test_schemas_of_another_dialect_are_not_ours_to_judge(tmp_path: Path) -> None:
    text = (
        good("3.1")
        + "jsonSchemaDialect: https://example.com/own\ncomponents: {schemas: {A: {minLength: x}}}\n"
    )
    assert check(tmp_path, text) == ()
    assert (
        len(
            check(
                tmp_path,
                text.replace("https://example.com/own", "https://spec.openapis.org/oas/3.1/dialect/base"),
            )
        )
        == 1
    )


def test_all_mistakes_are_told_in_the_order_of_the_document(tmp_path: Path) -> None:
    text = (
        good("3.1")
        .replace("title: Shop, ", "")
        .replace("operationId", "operationID")
        .replace("{description: fine}", "{}")
    )
    assert [one.code for one in check(tmp_path, text)] == ["MAC371", "MAC370", "MAC371"]


def test_it_is_fast(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(good("3.1"))
    document = read_document(file)
    check_against_specification(document)
    start = time.process_time()
    for _ in range(100):
        check_against_specification(document)
    assert time.process_time() - start < 0.5  # 5 ms each; it takes 0.05
