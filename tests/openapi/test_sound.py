"""What is left of a document when what breaks its specification is taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.openapi.document import Document, Pointer, read_document
from macaron_runner.openapi.sound import sound_part

TEXT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a:
    parameters:
      - {name: x, in: query, schema: {type: string}}
      - {name: y, in: query, schema: {type: objekt}}
    get:
      operationId: getA
      responses: {"200": {description: ok, content: {application/json: {schema: {type: strnig}}}}}
    post:
      operationId: postA
      responses: {"200": {description: ok}}
components:
  schemas:
    Order: {type: object, properties: {type: {type: nubmer}}}
  parameters:
    Limit: {name: limit, in: qurey, schema: {type: integer}}
"""


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "api.yaml"
    path.write_text(TEXT)
    return read_document(path)


def without(document: Document, faults: list[Pointer], *, halves: bool = False) -> Document:
    return sound_part(document, [(document.file, fault) for fault in faults], halves=halves)


def at(tree: object, *steps: str | int) -> object:
    for step in steps:
        tree = tree[step]  # type: ignore[index]
    return tree


def test_in_a_schema_only_the_keyword_goes(document: Document) -> None:
    order: Pointer = ("components", "schemas", "Order", "properties", "type", "type")
    answer: Pointer = (
        *("paths", "/a", "get", "responses", "200", "content", "application/json", "schema", "type"),
    )
    tree = without(document, [order, answer]).tree
    assert at(tree, "components", "schemas", "Order") == {"type": "object", "properties": {"type": {}}}
    assert at(tree, *answer[:-1]) == {}
    assert at(tree, "paths", "/a", "get", "operationId") == "getA"


def test_elsewhere_in_an_operation_the_operation_goes(document: Document) -> None:
    tree = without(document, [("paths", "/a", "post", "responses", "200", "description")]).tree
    assert set(at(tree, "paths", "/a")) == {"parameters", "get"}  # type: ignore[call-overload]


def test_in_what_operations_of_a_path_share_the_path_goes(document: Document) -> None:
    assert at(without(document, [("paths", "/a", "parameters", 0, "in")]).tree, "paths") == {}


def test_in_a_list_the_others_keep_their_places(document: Document) -> None:
    fault: Pointer = ("paths", "/a", "parameters", 1, "schema", "type")
    sound = without(document, [fault])
    assert at(sound.tree, *fault[:-1]) == {}
    assert sound.locate(("paths", "/a", "parameters", 1)) == document.locate(("paths", "/a", "parameters", 1))


def test_the_document_itself_is_not_changed(document: Document) -> None:
    before = repr(document.tree)
    without(document, [("paths", "/a", "get"), ("components",), (), ("nothing", "here")])
    assert repr(document.tree) == before


def test_nothing_spoilt_takes_nothing_away(document: Document) -> None:
    assert (
        without(document, [(), ("paths", "/b", "get"), ("components", "headers", "X")]).tree == document.tree
    )


def test_a_half_is_left_of_an_operation_for_its_function(document: Document) -> None:
    tree = without(document, [("paths", "/a", "post", "responses", "200", "description")], halves=True).tree
    assert at(tree, "paths", "/a", "post") == {"operationId": "postA"}


def test_in_another_file_what_is_at_fault_goes(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(TEXT.replace("{type: nubmer}", "{$ref: other.yaml#/Number}"))
    (tmp_path / "other.yaml").write_text("Number: {type: nubmer, minimum: 1}")
    document = read_document(path)
    other = document.files.load(tmp_path / "other.yaml")
    sound = sound_part(document, [(other.name, ("Number", "type"))])
    assert sound.tree == document.tree
    assert sound.files.load(tmp_path / "other.yaml").value == {"Number": {"minimum": 1}}
