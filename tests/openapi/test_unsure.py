"""Which operations of a faulty document may take something else than it now seems."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.documents import check_with_surroundings
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.unsure import Unsure

TEXT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a:
    get:
      parameters: [{$ref: "#/components/parameters/Limit"}, {$ref: "other.yaml#/Page"}]
      responses: {"200": {$ref: "#/components/responses/Fine"}}
    post:
      requestBody: {$ref: "#/components/requestBodies/Order"}
      responses: {"200": {description: ok}}
  /b:
    parameters: [{name: c, in: query, schema: {type: string}}]
    get: {responses: {"200": {description: ok}}}
    put: {responses: {"200": {description: ok}}}
components:
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer}}
  requestBodies:
    Order: {content: {application/json: {schema: {type: object}}}}
  responses:
    Fine: {description: ok}
  securitySchemes:
    token: {type: http, scheme: bearer}
"""
OTHER = "Page: {name: page, in: query, schema: {type: integer}}\n"


def unsure(folder: Path, old: str, new: str) -> Unsure:
    """Return what is not sure once a text in the files is another."""
    (folder / "other.yaml").write_text(OTHER.replace(old, new))
    path = folder / "api.yaml"
    path.write_text(TEXT.replace(old, new))
    return check_with_surroundings(read_document(path)).unsure


@pytest.mark.parametrize(
    ("old", "new", "operations"),
    [
        ("nothing", "else", []),
        ("Limit: {name: limit, in: query", "Limit: {name: limit, in: qurey", ["GET /a"]),
        (
            "Limit: {name: limit, in: query, schema: {type: integer",
            "Limit: {name: l, in: query, schema: {type: i",
            [],
        ),
        ("parameters/Limit", "parameters/Limits", ["GET /a"]),
        ("Page: {name: page, in: query", "Page: {name: page, in: qurey", ["GET /a"]),
        ("Order: {content", "Order: {contents", ["POST /a"]),
        ("requestBodies/Order", "requestBodies/Orders", ["POST /a"]),
        ("Fine: {description", "Fine: {descr", []),
        ("[{name: c, in: query", "[{name: c, in: qurey", ["GET /b", "PUT /b"]),
        ("get: {responses", "get: {securty: [], responses", ["GET /b"]),
        ("put: {responses", "put: {tags: 5, responses", []),
        ("  /b:", "  /b/{d}:", ["GET /b/{d}", "PUT /b/{d}"]),
    ],
)
def test_operations(old: str, new: str, operations: list[str], tmp_path: Path) -> None:
    found = unsure(tmp_path, old, new)
    assert sorted(f"{method} {path}" for path, method in found.operations) == operations
    assert not found.everything


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("paths:", "security: 5\npaths:"),
        ("paths:", "securty: []\npaths:"),
        ("  parameters:\n    Limit", "  parametrs:\n    Limit"),
    ],
)
def test_everything(old: str, new: str, tmp_path: Path) -> None:
    assert unsure(tmp_path, old, new).everything


def test_a_security_scheme(tmp_path: Path) -> None:
    assert unsure(tmp_path, "type: http", "type: htp") == Unsure(schemes=frozenset({"token"}))
