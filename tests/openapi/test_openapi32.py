"""OpenAPI 3.2: what it added is read and kept, and references may go by the document's own name."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Encoding, Header, Link, Server, ServerVariable, Tag
from macaron_runner.openapi.rules import check_document
from macaron_runner.validation.document import check_against_specification

HEAD = 'openapi: 3.2.0\ninfo: {title: T, version: "1"}\n'
OK = "responses: {'200': {description: ok}}"
ALL_OF_IT = (
    Path(__file__).parent / "same_api_of_3" / "openapi-3.2.yaml",
    Path(__file__).parent / "all_of_3.2.yaml",
)


def read(folder: Path, text: str) -> Api:
    path = folder / "api.yaml"
    path.write_text(HEAD + text)
    return read_api(read_document(path), "x")


@pytest.mark.parametrize("path", ALL_OF_IT, ids=lambda path: path.stem)
def test_a_document_that_uses_all_of_it_is_sound(path: Path) -> None:
    document = read_document(path)
    assert check_against_specification(document) == ()
    assert {found.code for found in check_document(document)} <= {"MAC332"}  # servers of paths and operations


def test_any_method_may_have_an_operation() -> None:
    api = read_api(read_document(ALL_OF_IT[1]), "x")
    assert [(found.method, found.name) for found in api.operations] == [
        ("QUERY", "x.search"),
        ("COPY", "x.copy"),
        ("GET", "x.follow"),
    ]


def test_a_parameter_may_be_a_form_with_encodings(tmp_path: Path) -> None:
    form = "{application/x-www-form-urlencoded: {schema: {type: object}, encoding: {tags: {explode: false}}}}"
    parameters = f"parameters: [{{name: all, in: querystring, content: {form}}}]"
    (operation,) = read(tmp_path, f"paths: {{/a: {{get: {{{parameters}, {OK}}}}}}}").operations
    assert operation.parameters[0].encoding == {"tags": Encoding(explode=False)}


def test_what_is_new_of_an_operation() -> None:
    search, _, follow = read_api(read_document(ALL_OF_IT[1]), "x").operations
    whole, session = search.parameters
    assert (whole.location, whole.media_type, whole.schema) == (
        "querystring",
        "application/json",
        {"type": "object"},
    )
    assert (session.location, session.style, session.explode) == ("cookie", "cookie", True)
    (content,) = search.body.content if search.body else ()
    assert (content.media_type, content.schema) == ("multipart/mixed", {"type": "array"})
    assert content.prefix_encoding == (Encoding(content_type="application/json"),)
    assert content.item_encoding == Encoding(
        headers=(Header("X-Page", {"type": "integer"}),), encoding={"a": Encoding(content_type="image/*")}
    )
    (lines, events) = follow.responses[0].content
    assert lines.item_schema == events.item_schema == {"$ref": "#/$defs/Line"}
    assert (lines.schema, lines.examples) == (None, {"one": [{"n": 1}]})
    assert follow.responses[0].summary == "What happens"


def test_what_is_new_of_the_document() -> None:
    api = read_api(read_document(ALL_OF_IT[1]), "x")
    assert api.specification == "3.2"
    assert api.tags == (
        Tag("goods", "Goods", "What is sold"),
        Tag("books", parent="goods", kind="nav"),
    )
    assert api.servers == (
        Server("https://{host}/v1", {"host": ServerVariable("a.example.com", ("a.example.com",))}, "main"),
    )
    assert api.base_path == "/v1"
    assert (api.security_schemes["device"].scopes, api.security_schemes["device"].deprecated) == (
        ("read",),
        True,
    )


def test_links_callbacks_and_webhooks_are_kept() -> None:
    api = read_api(read_document(ALL_OF_IT[0]), "x")
    order, cancel = api.operations
    status, by_reference = order.responses[0].links
    assert status == Link(
        "status", "cancel", parameters={"id": "$response.body#/id"}, description="How it goes"
    )
    assert by_reference == Link(
        "cancel",
        operation_ref="#/paths/~1orders/delete",
        parameters={"query.id": "$response.body#/id", "hard": "true"},
        request_body={"reason": "$request.body#/reason"},
        server=Server("https://cancel.example.com"),
    )
    (shipped,) = order.callbacks["shipped"]
    (endless,) = order.callbacks["endless"]
    assert (shipped.method, shipped.route, shipped.operation_id) == (
        "POST",
        "{$request.body#/url}",
        "shipped",
    )
    assert shipped.body is not None
    assert shipped.body.content[0].schema == {"$ref": "#/$defs/Order"}
    assert endless.path == "{$request.query.url}"
    assert not shipped.callbacks
    assert not endless.callbacks
    assert [(found.method, found.path, found.name) for found in api.webhooks] == [("POST", "sold", "x.sold")]
    assert (order.servers, cancel.servers) == (
        (Server("https://orders.example.com"),),
        (Server("/elsewhere"),),
    )


def test_only_its_own_name_leads_into_a_document(tmp_path: Path) -> None:
    text = "$self: https://example.com/a.yaml\npaths: {/a: {get: {parameters: [{$ref: 'REF'}], " + OK
    text += "}}}\ncomponents: {parameters: {q: {name: q, in: query, schema: {}}}}"
    api = read(tmp_path, text.replace("REF", "https://example.com/a.yaml#/components/parameters/q"))
    assert [found.name for found in api.operations[0].parameters] == ["q"]
    (tmp_path / "api.yaml").write_text(
        HEAD + text.replace("REF", "https://example.com/b.yaml#/components/parameters/q")
    )
    assert [found.code for found in check_document(read_document(tmp_path / "api.yaml"))] == ["MAC305"]


def test_what_is_called_as_an_extension_is_kept_where_names_are_free(tmp_path: Path) -> None:
    post = '{post: {responses: {"200": {description: ok}}}}'
    path = tmp_path / "api.yaml"
    path.write_text(f"""
openapi: 3.1.0
info: {{title: T, version: "1"}}
webhooks: {{x-sold: {post}}}
paths:
  /a:
    post:
      responses: {{"200": {{description: ok, links: {{x-next: {{operationId: next}}}}}}}}
      callbacks: {{x-done: {{"{{$url}}": {post}, x-kept: {post}}}}}
""")
    api = read_api(read_document(path), "x")
    (operation,) = api.operations
    assert [each.path for each in api.webhooks] == ["x-sold"]
    assert [each.name for each in operation.responses[0].links] == ["x-next"]
    assert {name: [each.path for each in found] for name, found in operation.callbacks.items()} == {
        "x-done": ["{$url}"]
    }
