"""Which operations of a faulty document are served where its API is not strict: those that no fault is about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from macaron_runner.documents import check_with_surroundings
from macaron_runner.openapi.document import read_document

TEXT = """
openapi: 3.1.0
info: {title: T, version: "1"}
servers: [{url: "https://example.com/v1"}]
tags: [{name: all}]
paths:
  /a:
    get:
      summary: one
      parameters: [{$ref: "#/components/parameters/Limit"}, {$ref: "other.yaml#/Page"}]
      responses: {"200": {$ref: "#/components/responses/Fine"}}
    post:
      requestBody: {$ref: "#/components/requestBodies/Order"}
      security: [{token: []}]
      responses: {"201": {description: ok, headers: {X-A: {$ref: "#/components/headers/A"}}}}
  /b/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: ok}}}
    put: {responses: {"200": {description: ok}}, security: []}
components:
  parameters:
    Limit: {name: limit, in: query, description: how many, schema: {type: integer}}
  requestBodies:
    Order: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  responses:
    Fine: {description: fine}
  headers:
    A: {schema: {type: string}}
  schemas:
    Order: {type: object, minProperties: 1}
  securitySchemes:
    token: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
security: [{key: []}]
"""
OTHER = "Page: {name: page, in: query, schema: {type: integer}}\n"
EVERY = {"GET /a", "POST /a", "GET /b/{id}", "PUT /b/{id}"}


def touched(folder: Path, old: str, new: str, *, base_path_known: bool = False) -> set[str] | None:
    """Return what is not served once a text in the files is another; None where nothing would be."""
    assert old in TEXT + OTHER
    (folder / "other.yaml").write_text(OTHER.replace(old, new))
    path = folder / "api.yaml"
    path.write_text(TEXT.replace(old, new))
    found = check_with_surroundings(read_document(path)).touched(base_path_known=base_path_known)
    return None if found is None else {f"{method} {path}" for path, method in found}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("tags", "tags", set(), id="nothing wrong"),
        pytest.param("name: all", "nmae: all", set(), id="tags"),
        pytest.param("tags", "tgs", set(), id="unknown section"),
        pytest.param("summary: one", "summary: 1", set(), id="what is only said"),
        pytest.param("description: how many", "description: 7", set(), id="what is only said of a parameter"),
        pytest.param("summary", "summery", {"GET /a"}, id="unknown key of an operation"),
        pytest.param("in: query, description", "in: qurey, description", {"GET /a"}, id="shared parameter"),
        pytest.param("name: page, in: query", "name: page, in: quary", {"GET /a"}, id="other file"),
        pytest.param("other.yaml#/Page", "other.yaml#/Pages", {"GET /a"}, id="reference to a parameter"),
        pytest.param("description: fine", "descr: fine", {"GET /a"}, id="shared answer"),
        pytest.param(
            "#/components/headers/A", "#/components/headers/B", {"POST /a"}, id="header of an answer"
        ),
        pytest.param("schemas/Order", "schemas/Orders", set(), id="reference to a schema"),
        pytest.param("minProperties: 1", "minProperties: one", set(), id="in a schema"),
        pytest.param("content: {app", "contents: {app", {"POST /a"}, id="shared body"),
        pytest.param("name: id, in: path", "name: it, in: path", {"GET /b/{id}", "PUT /b/{id}"}, id="path"),
        pytest.param("/b/{id}", "b/{id}", {"GET b/{id}", "PUT b/{id}"}, id="path without slash"),
        pytest.param("token: {type: http", "token: {type: htttp", {"POST /a"}, id="scheme of one"),
        pytest.param("key: {type: a", "key: {type: b", {"GET /a", "GET /b/{id}"}, id="scheme of all others"),
        pytest.param("[{key: []}]", "[{kye: []}]", {"GET /a", "GET /b/{id}"}, id="undefined scheme"),
        pytest.param("[{key: []}]", "{key: []}", {"GET /a", "GET /b/{id}"}, id="security of the document"),
        pytest.param("[{token: []}]", "{token: []}", {"POST /a"}, id="security of an operation"),
        pytest.param("security: [{token", "securty: [{token", {"POST /a"}, id="misspelt security"),
        pytest.param("\nsecurity", "\nsecurty", None, id="misspelt security of the document"),
        pytest.param('"https://example.com/v1"', "7", None, id="base path"),
        # What the specification wants said, and we know (3.1 section 4.8.12.2, `required`).
        pytest.param("in: path, required: true", "in: path", set(), id="path parameter not required"),
        pytest.param("required: true", "required: false", set(), id="path parameter said to be optional"),
        # 3.1 section 4.8.16.2: "the uppercase wildcard character X"; nobody takes the lower-case one for anything else.
        pytest.param('"201": {', '"4xx": {description: no}, "201": {', set(), id="range in lower case"),
        pytest.param('"201": {', '"4yx": {description: no}, "201": {', {"POST /a"}, id="no status"),
        # 3.1 section 4.8.7: names of components match ^[a-zA-Z0-9.\-_]+$; references find the others all the same.
        pytest.param("Limit", "Limit!", set(), id="name of a shared parameter"),
        pytest.param("token", "to!ken", set(), id="name of a scheme"),
    ],
)
def test_what_faults_are_about(tmp_path: Path, old: str, new: str, expected: set[str] | None) -> None:
    assert touched(tmp_path, old, new) == expected


def test_a_section_that_is_no_map_is_about_all_that_refers_to_it(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(TEXT.replace("responses/Fine", "responses/0").replace("    Fine: {", "    - {"))
    (tmp_path / "other.yaml").write_text(OTHER)
    found = check_with_surroundings(read_document(path)).touched(base_path_known=False)
    assert found == {("/a", "GET")}


FINE = '{security: [], responses: {"200": {description: ok}}}'
OPERATIONS = f"{{fine: {FINE}, odd: {FINE.replace('security', 'securty')}}}"


@pytest.mark.parametrize("version", ["2.0", "3.0.4", "3.1.1", "3.2.0"])
def test_an_operation_that_stands_elsewhere_is_looked_at_there(tmp_path: Path, version: str) -> None:
    """A Path Item's operations are no references (3.1 section 4.8.9), but many who write several files have them."""
    key = "swagger" if version == "2.0" else "openapi"
    path = tmp_path / "api.yaml"
    path.write_text(f"""
{key}: "{version}"
info: {{title: T, version: "1"}}
paths:
  /a:
    get: {{$ref: "operations.yaml#/fine"}}
    post: {{$ref: "operations.yaml#/odd"}}
    put: {{$ref: "operations.yaml#/no"}}
  /b: {{get: {{$ref: "#/x-operations/fine"}}, post: {{$ref: "#/x-operations/odd"}}}}
x-operations: {OPERATIONS}
""")
    (tmp_path / "operations.yaml").write_text(OPERATIONS)
    checked = check_with_surroundings(read_document(path))
    told = Counter(each.message for each in checked.problems if each.code in ("MAC304", "MAC370", "MAC371"))
    assert told == {
        "an operation cannot be a reference": 5,
        'unknown key "securty"': 2,
        'the reference "operations.yaml#/no" leads nowhere': 1,
    }
    assert checked.touched(base_path_known=False) == {("/a", "POST"), ("/a", "PUT"), ("/b", "POST")}


def test_the_base_path_may_be_that_of_macaron_yaml(tmp_path: Path) -> None:
    assert touched(tmp_path, '"https://example.com/v1"', "7", base_path_known=True) == set()


def test_no_fault_is_too_many_to_count(tmp_path: Path) -> None:
    """Of one kind 100 findings are told; all of them count."""
    get = '{get: {responses: {"200": {description: ok}}}}'
    paths = "".join(f"  /p{number}: {get}\n  /q{number}/{{x}}: {get}\n" for number in range(150))
    path = tmp_path / "api.yaml"
    path.write_text(f'openapi: 3.0.3\ninfo: {{title: T, version: "1"}}\npaths:\n{paths}')
    found = check_with_surroundings(read_document(path)).touched(base_path_known=False)
    assert found == {(f"/q{number}/{{x}}", "GET") for number in range(150)}


def test_nor_is_any_fault_of_the_form(tmp_path: Path) -> None:
    fine = '{get: {responses: {"200": {description: ok}}}}'
    wrong = fine.replace("{responses", "{securty: [], responses")
    paths = "".join(f"  /p{number}: {fine}\n  /q{number}: {wrong}\n" for number in range(150))
    path = tmp_path / "api.yaml"
    path.write_text(f'openapi: 3.1.0\ninfo: {{title: T, version: "1"}}\npaths:\n{paths}')
    checked = check_with_surroundings(read_document(path))
    assert checked.touched(base_path_known=False) == {(f"/q{number}", "GET") for number in range(150)}
    assert len(checked.problems) == 100


def test_warnings_hide_no_error(tmp_path: Path) -> None:
    """Of a document with more warnings than anybody reads the mistake after them is still told."""
    schemas = "".join(f"    S{number}: {{type: string, pattern: '('}}\n" for number in range(150))
    path = tmp_path / "api.yaml"
    path.write_text(
        f'openapi: 3.1.0\ninfo: {{title: T, version: "1"}}\ncomponents:\n  schemas:\n{schemas}x: 1\n'
    )
    found = check_with_surroundings(read_document(path)).problems
    assert [each.code for each in found] == ["MAC370"] + ["MAC380"] * 100


def test_of_absurdly_many_faults_nothing_is_served(tmp_path: Path) -> None:
    paths = "".join(f"  /p{number}: {{get: {{responses: {{}}, a: 1, b: 2}}}}\n" for number in range(2600))
    path = tmp_path / "api.yaml"
    path.write_text(f'openapi: 3.1.0\ninfo: {{title: T, version: "1"}}\npaths:\n{paths}\n  /fine: {{}}\n')
    assert check_with_surroundings(read_document(path)).touched(base_path_known=False) is None
