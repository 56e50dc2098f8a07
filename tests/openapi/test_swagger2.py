"""Swagger 2.0: bravado-core as the oracle, where it is none, and what of 2.0 has no counterpart in OpenAPI 3."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Operation, Parameter

RICH = Path(__file__).parent / "same_api" / "swagger-2.0.yaml"
HEAD = 'swagger: "2.0"\ninfo: {title: T, version: "1"}\n'
API_KEY = "X-Key"
"""The header of an API key: to bravado-core a parameter of each operation that asks for the key."""
JSON = ["application/json"]
ANSWER = "responses: {200: {description: ok, schema: {}}}"


def read(folder: Path, text: str) -> Api:
    path = folder / "api.yaml"
    path.write_text(HEAD + text)
    return read_api(read_document(path), "x")


def bravado_operations(tree: dict[str, Any]) -> dict[str, Any]:
    """Return bravado-core's own reading of a whole document, by operationId."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "jsonschema.RefResolver", DeprecationWarning)
        from bravado_core.spec import Spec

        spec = Spec.from_dict(
            copy.deepcopy(tree), config={"validate_swagger_spec": False, "use_models": False}
        )
    return {name: found for tag in spec.resources.values() for name, found in tag.operations.items()}


def assert_same_reading(operations: tuple[Operation, ...], tree: dict[str, Any]) -> None:
    """Hold operations, each with an operationId of its own, against bravado-core's reading of their document."""
    oracle = bravado_operations(tree)
    assert {found.operation_id for found in operations} == set(oracle)
    for found in operations:
        theirs = oracle[found.operation_id]
        parameters = [param for param in theirs.params.values() if param.name != API_KEY]
        assert (found.method.lower(), found.path) == (theirs.http_method, theirs.path_name)
        assert_same_parameters(found, parameters)
        assert_same_media_types(found, theirs, {param.location for param in parameters})
        security = [{use.scheme: list(use.scopes) for use in uses} for uses in found.security]
        assert security == theirs.security_specs


def assert_same_parameters(found: Operation, theirs: list[Any]) -> None:
    outside = [param for param in theirs if param.location in ("path", "query", "header")]
    assert [
        (param.name, param.location, param.required, param.schema.get("default"))
        for param in found.parameters
        if isinstance(param.schema, dict)
    ] == [(param.name, param.location, param.required, param.default) for param in outside]
    inside = [param for param in theirs if param not in outside]
    assert (found.body is not None) == bool(inside)
    assert found.body is None or found.body.required == any(param.required for param in inside)


def assert_same_media_types(found: Operation, theirs: Any, locations: set[str]) -> None:
    """Hold media types against bravado-core's; JSON stands in for none, and forms are sent as forms."""
    if found.body is not None and "formData" not in locations:
        assert [content.media_type for content in found.body.content] == (theirs.consumes or JSON)
    for response in found.responses:
        assert [content.media_type for content in response.content] in ([], theirs.produces or JSON)


@pytest.mark.slow
def test_bravado_reads_the_rich_document_the_same_way() -> None:
    document = read_document(RICH)
    # bravado-core takes an example for a reference
    text = orjson.dumps(document.tree).replace(b'"$ref":"no reference"', b'"note":1')
    assert_same_reading(read_api(document, "x").operations, orjson.loads(text))


PARAMETERS: dict[str, dict[str, Any]] = {
    f"{location}{number}": {"in": location, "type": "string"}
    for location in ("query", "header")
    for number in range(3)
} | {"sent": {"in": "body", "schema": {"type": "object"}}}
MEDIA_TYPES = st.lists(st.sampled_from(["application/json", "text/plain", "text/csv"]), unique=True)
SECURITY = st.lists(st.dictionaries(st.sampled_from(["basic", "other"]), st.just([]), max_size=2), max_size=3)
SETTINGS = {"consumes": MEDIA_TYPES, "produces": MEDIA_TYPES, "security": SECURITY}
"""What an operation says for itself or takes from its document, drawn with both lacking it, having it, emptying it."""


@st.composite
def parameter_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Parameters of distinct names; some by reference, some required or with a default."""
    written: list[dict[str, Any]] = []
    for name in draw(st.lists(st.sampled_from(sorted(PARAMETERS)), unique=True)):
        extra = draw(st.sampled_from([{}, {"required": True}, {"default": "a"}, None]))
        if extra is None:
            written.append({"$ref": f"#/parameters/{name}"})
        else:
            written.append({"name": name, **PARAMETERS[name], **(extra if name != "sent" else {})})
    return written


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents of a few operations that inherit, replace and empty what stands above them."""

    def settings_and(**rest: Any) -> dict[str, Any]:
        return {**draw(st.fixed_dictionaries({}, optional=SETTINGS)), **rest}

    answers = {"200": {"description": "ok", "schema": {}}, "404": {"description": "gone"}}
    paths: dict[str, Any] = {}
    for path in ("/a", "/b/c"):
        paths[path] = {"parameters": draw(parameter_lists())} if draw(st.booleans()) else {}
        for method in draw(st.lists(st.sampled_from(["get", "put", "patch"]), unique=True)):
            operation = settings_and(operationId=method + path.replace("/", "_"), responses=answers)
            if draw(st.booleans()):
                operation["parameters"] = draw(parameter_lists())
            paths[path][method] = operation
    return settings_and(
        swagger="2.0",
        info={"title": "T", "version": "1"},
        paths=paths,
        parameters={name: {"name": name, **each} for name, each in PARAMETERS.items()},
        securityDefinitions={"basic": {"type": "basic"}, "other": {"type": "basic"}},
    )


@pytest.mark.slow
@settings(max_examples=150)
@given(tree=documents())
def test_bravado_inherits_and_replaces_the_same_way(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "generated-swagger.json"
    path.write_bytes(orjson.dumps(tree))
    assert_same_reading(read_api(read_document(path), "x").operations, tree)


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
