"""Swagger 2.0: bravado-core as the oracle, what it is kept from, and what of 2.0 has no counterpart in OpenAPI 3."""

from __future__ import annotations

import copy
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import orjson
import pytest

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Operation, Parameter

RICH = Path(__file__).parent / "same_api" / "swagger-2.0.yaml"
HEAD = 'swagger: "2.0"\ninfo: {title: T, version: "1"}\n'
ANSWER = "responses: {200: {description: ok, schema: {}}}"


def read(folder: Path, text: str) -> Api:
    path = folder / "api.yaml"
    path.write_text(HEAD + text)
    return read_api(read_document(path), "x")


def bravado_operations(tree: dict[str, Any]) -> dict[str, Any]:
    """Return bravado-core's own reading of a whole document, by operationId."""
    from bravado_core.spec import Spec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        spec = Spec.from_dict(
            copy.deepcopy(tree), config={"validate_swagger_spec": False, "use_models": False}
        )
    return {name: found for tag in spec.resources.values() for name, found in tag.operations.items()}


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Operation, Any]]:
    document = read_document(RICH)
    # bravado-core takes an example for a reference
    text = orjson.dumps(document.tree).replace(b'"$ref":"no reference"', b'"note":1')
    oracle = bravado_operations(orjson.loads(text))
    return [(found, oracle[found.operation_id]) for found in read_api(document, "x").operations]


def test_bravado_finds_the_same_operations(pairs: list[tuple[Operation, Any]]) -> None:
    assert [(found.method.lower(), found.path) for found, _ in pairs] == [
        (theirs.http_method, theirs.path_name) for _, theirs in pairs
    ]


def test_bravado_finds_the_same_parameters(pairs: list[tuple[Operation, Any]]) -> None:
    for found, theirs in pairs:
        expected = {
            (param.name, param.location): param.required
            for param in theirs.params.values()
            if param.location in ("path", "query", "header") and param.name != "X-Key"  # an API key
        }
        assert {(p.name, p.location): p.required for p in found.parameters} == expected
        assert {p.name: p.schema.get("default") for p in found.parameters if isinstance(p.schema, dict)} == {
            param.name: param.default
            for param in theirs.params.values()
            if (param.name, param.location) in expected
        }


def test_bravado_finds_the_same_media_types_and_security(pairs: list[tuple[Operation, Any]]) -> None:
    for found, theirs in pairs:
        if found.body is not None:
            assert [content.media_type for content in found.body.content] == theirs.consumes
        for response in found.responses:
            assert [content.media_type for content in response.content] in ([], theirs.produces)
        assert [
            {use.scheme: list(use.scopes) for use in uses} for uses in found.security
        ] == theirs.security_specs


def test_names_that_bravado_takes_for_one(tmp_path: Path) -> None:
    api = read(
        tmp_path,
        f"""
paths:
  /:
    get:
      operationId: same
      parameters:
        - {{name: a-b, in: query, type: string}}
        - {{name: a_b, in: query, type: string}}
        - {{name: a_b, in: header, type: string}}
        - {{name: X-Key, in: header, type: string}}
      security: [{{key: []}}]
      {ANSWER}
    put: {{operationId: same, {ANSWER}}}
securityDefinitions: {{key: {{type: apiKey, name: X-Key, in: header}}}}
""",
    )
    first, second = api.operations
    assert [(p.name, p.location) for p in first.parameters] == [
        ("a-b", "query"),
        ("a_b", "query"),
        ("a_b", "header"),
        ("X-Key", "header"),
    ]
    assert (second.method, second.path, second.operation_id) == ("PUT", "/", "same")


@pytest.mark.parametrize(
    ("written", "style", "explode"),
    [
        ("in: query", "form", False),
        ("in: query, collectionFormat: tsv", "tabDelimited", False),
        ("in: query, collectionFormat: multi", "form", True),
        ("in: header, collectionFormat: csv", "simple", False),
        ("in: path, required: true, collectionFormat: pipes", "pipeDelimited", False),
    ],
)
def test_collection_formats(tmp_path: Path, written: str, style: str, explode: bool) -> None:
    parameter = f"{{name: a, {written}, type: array, items: {{type: string, collectionFormat: csv}}}}"
    api = read(tmp_path, f"paths: {{/: {{get: {{parameters: [{parameter}], {ANSWER}}}}}}}")
    found: Parameter = api.operations[0].parameters[0]
    assert (found.style, found.explode) == (style, explode)
    assert found.schema == {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("consumes", "fields", "expected"),
    [
        ("", "[{name: a, in: formData, type: string}]", ["application/x-www-form-urlencoded"]),
        ("", "[{name: a, in: formData, type: file}]", ["multipart/form-data"]),
        (
            "consumes: [application/json],",
            "[{name: a, in: formData, type: string}]",
            ["application/x-www-form-urlencoded"],
        ),
        (
            "consumes: [multipart/form-data, application/x-www-form-urlencoded],",
            "[{name: a, in: formData, type: string}]",
            ["multipart/form-data", "application/x-www-form-urlencoded"],
        ),
        ("", "[{name: a, in: body, schema: {}}]", ["application/json"]),
        (
            "consumes: [text/plain, image/png],",
            "[{name: a, in: body, schema: {}}]",
            ["text/plain", "image/png"],
        ),
        ("consumes: [],", "[{name: a, in: body, schema: {}}]", ["application/json"]),
    ],
)
def test_media_types_of_bodies(tmp_path: Path, consumes: str, fields: str, expected: list[str]) -> None:
    api = read(tmp_path, f"paths: {{/: {{post: {{{consumes} parameters: {fields}, {ANSWER}}}}}}}")
    body = api.operations[0].body
    assert body is not None
    assert [content.media_type for content in body.content] == expected
    assert not body.required


@pytest.mark.parametrize(
    ("written", "expected"),
    [("", ""), ("basePath: /", ""), ("basePath: /v1/", "/v1"), ("basePath: v1", "/v1")],
)
def test_base_path(tmp_path: Path, written: str, expected: str) -> None:
    assert read(tmp_path, f"{written}\npaths: {{}}").base_path == expected


def test_names_of_schemas_that_no_reference_could_hold(tmp_path: Path) -> None:
    api = read(
        tmp_path,
        """
paths: {}
definitions:
  "List«Line»": {type: array, items: {$ref: "#/definitions/Line"}}
  Lines: {$ref: "#/definitions/List%C2%ABLine%C2%BB"}
  Line: {type: object}
""",
    )
    assert api.schemas["Lines"] == {"$ref": "#/$defs/List_Line"}
    assert api.schemas["List_Line"] == {"type": "array", "items": {"$ref": "#/$defs/Line"}}


def test_methods_of_later_specifications_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, f"paths: {{/: {{trace: {{{ANSWER}}}}}}}").operations == ()


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


READ = f"""
import sys
from pathlib import Path
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.rules import check_document
document = read_document(Path({str(RICH)!r}))
check_document(document)
"""


def test_bravado_is_imported_only_for_operations_of_swagger() -> None:
    assert run(READ + "print('bravado_core' in sys.modules)") == "False"
    assert run(READ + "read_api(document, 'x'); print('bravado_core' in sys.modules)") == "True"


def test_the_grammar_of_rfc_3987_stays_out_and_whole() -> None:
    """Only where it is installed is there anything to keep out; whoever imports it later gets the real one."""
    pytest.importorskip("rfc3987_syntax")
    code = """
read_api(document, 'x')
before = 'rfc3987_syntax' in sys.modules
from jsonschema import FormatChecker
FormatChecker(["iri"]).check("https://example.com/ä", "iri")
import rfc3987_syntax
print(before, rfc3987_syntax.__file__ is not None)
"""
    assert run(READ + code) == "False True"
