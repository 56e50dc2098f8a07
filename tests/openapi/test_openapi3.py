"""OpenAPI 3: what has no counterpart in Swagger 2.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Encoding, Header, Operation
from macaron_runner.openapi.security_rules import security_schemes_are_defined
from macaron_runner.openapi.survey import Survey

ANSWER = "responses: {'200': {description: ok}}"


def read(folder: Path, text: str) -> Api:
    path = folder / "api.yaml"
    path.write_text('openapi: 3.1.0\ninfo: {title: T, version: "1"}\n' + text)
    return read_api(read_document(path), "x")


def only(folder: Path, operation: str) -> Operation:
    (found,) = read(folder, f"paths: {{/a: {{post: {{{operation}}}}}}}").operations
    return found


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ("[]", ""),
        ("[{url: /}]", ""),
        ("[{url: /v1/}]", "/v1"),
        ("[{url: 'https://example.com'}]", ""),
        ("[{url: 'https://example.com/a/b'}, {url: /second}]", "/a/b"),
        ("[{url: '{base}/x', variables: {base: {default: /v2}}}]", "/v2/x"),
        ("[{url: v1}]", "/v1"),
        ("[{url: ./}]", ""),
        ("[{url: //example.com//v1//}]", "/v1"),
        ("[{url: '//['}]", ""),
        ("7", ""),
    ],
)
def test_base_path(tmp_path: Path, servers: str, expected: str) -> None:
    assert read(tmp_path, f"servers: {servers}\npaths: {{}}").base_path == expected


def test_a_server_variable_without_default_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(
            tmp_path, "servers: [{url: 'https://{host}/{stage}', variables: {host: {default: a}}}]\npaths: {}"
        )
    assert [found.code for found in caught.value.diagnostics] == ["MAC310"]


@pytest.mark.parametrize("written", ["null", "key", "[key]", "{key: []}", "[{key: null}]", "[{key: a}]"])
@pytest.mark.parametrize("version", ['swagger: "2.0"', "openapi: 3.1.0"])
def test_security_that_is_no_list_of_requirements_is_refused(
    version: str, tmp_path: Path, written: str
) -> None:
    """Even without the published schema, for an operation that nobody can understand must not be open."""
    path = tmp_path / "api.yaml"
    path.write_text(f"{version}\npaths: {{/a: {{get: {{security: {written}, responses: {{}}}}}}}}")
    with pytest.raises(BadConfiguration) as caught:
        read_api(read_document(path), "x")
    assert [found.code for found in caught.value.diagnostics] == ["MAC372"]


@pytest.mark.parametrize(
    ("written", "style", "explode"),
    [
        ("in: query", "form", True),
        ("in: cookie", "form", True),
        ("in: path, required: true", "simple", False),
        ("in: header, explode: true", "simple", True),
        ("in: path, required: true, style: matrix", "matrix", False),
        ("in: query, style: deepObject, explode: true", "deepObject", True),
        ("in: query, style: unheard", "form", True),
    ],
)
def test_styles(tmp_path: Path, written: str, style: str, explode: bool) -> None:
    (found,) = only(tmp_path, f"parameters: [{{name: a, schema: {{}}, {written}}}], {ANSWER}").parameters
    assert (found.style, found.explode) == (style, explode)


def test_a_parameter_with_content(tmp_path: Path) -> None:
    content = "content: {application/json: {schema: {type: [string]}}}"
    (found,) = only(tmp_path, f"parameters: [{{name: a, in: query, {content}}}], {ANSWER}").parameters
    assert (found.media_type, found.schema) == ("application/json", {"type": "string"})


def test_headers_that_parameters_cannot_describe(tmp_path: Path) -> None:
    names = ("Accept", "content-type", "Authorization", "X-Other")
    parameters = ", ".join(f"{{name: {name}, in: header, schema: {{}}}}" for name in names)
    assert [p.name for p in only(tmp_path, f"parameters: [{parameters}], {ANSWER}").parameters] == ["X-Other"]


def test_encodings(tmp_path: Path) -> None:
    written = "{a: {contentType: image/png}, b: {style: pipeDelimited}, c: {style: form, explode: true}}"
    body = only(
        tmp_path, f"requestBody: {{content: {{multipart/form-data: {{encoding: {written}}}}}}}, {ANSWER}"
    ).body
    assert body is not None
    assert body.content[0].encoding == {
        "a": Encoding(content_type="image/png"),
        "b": Encoding(style="pipeDelimited", explode=False),
    }
    assert body.content[0].schema is None


def test_responses(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path,
        """
paths:
  /a:
    get:
      responses:
        4xx: {description: a}
        default:
          description: b
          headers: {X-A: {required: true, schema: true}, Content-Type: {schema: {}}}
          content:
            text/plain: {example: 1, examples: {two: {value: 2}, far: {externalValue: b}}}
        x-no: {}
""",
    ).operations
    assert [response.status for response in found.responses] == ["4XX", "default"]
    assert found.responses[1].headers == (Header("X-A", schema=True, required=True),)
    assert found.responses[1].content[0].examples == {"": 1, "two": 2}


def test_a_path_item_beside_the_paths(tmp_path: Path) -> None:
    api = read(
        tmp_path,
        f"""
paths:
  /a: {{$ref: "#/components/pathItems/shared"}}
  x-note: {{get: {{}}}}
components:
  pathItems:
    shared:
      summary: not an operation
      parameters: [{{name: q, in: query, schema: {{}}}}]
      query: {{operationId: ask, {ANSWER}}}
""",
    )
    (found,) = api.operations
    assert (found.method, found.path, found.operation_id, len(found.parameters)) == ("QUERY", "/a", "ask", 1)


def test_security_schemes(tmp_path: Path) -> None:
    api = read(
        tmp_path,
        """
paths: {}
components:
  securitySchemes:
    bearer: {type: http, scheme: BEARER, bearerFormat: JWT}
    cookie: {type: apiKey, in: cookie, name: sid}
    far: {$ref: "#/components/securitySchemes/cookie"}
    both:
      type: oauth2
      flows: {password: {tokenUrl: a, scopes: {x: X}}, implicit: {authorizationUrl: b, scopes: {x: X, y: Y}}}
""",
    )
    schemes = api.security_schemes
    assert schemes["bearer"].scheme == "bearer"
    assert (schemes["cookie"].carrier, schemes["cookie"].parameter_name) == ("cookie", "sid")
    assert schemes["far"].parameter_name == "sid"
    assert schemes["both"].scopes == ("x", "y")


@pytest.mark.parametrize(
    ("version", "schemes", "header"),
    [
        ('swagger: "2.0"', "securityDefinitions: {}", "type: integer"),
        ("openapi: 3.1.0", "components: {{securitySchemes: {}}}", "schema: {type: integer}"),
    ],
)
def test_names_of_schemes_and_headers_may_look_like_extensions(
    version: str, schemes: str, header: str, tmp_path: Path
) -> None:
    described = schemes.format("{x-key: {type: apiKey, in: header, name: X-Key}}")
    answer = f'{{"200": {{description: "", headers: {{x-left: {{{header}}}}}}}}}'
    path = tmp_path / "api.yaml"
    path.write_text(
        f"{version}\n{described}\nsecurity: [{{x-key: []}}]\npaths: {{/a: {{get: {{responses: {answer}}}}}}}"
    )
    document = read_document(path)
    api = read_api(document, "x")
    assert list(api.security_schemes) == ["x-key"]
    assert [each.name for each in api.operations[0].responses[0].headers] == ["x-left"]
    assert not list(security_schemes_are_defined(Survey(document)))
