"""Reading API documents: what is accepted, what is refused and how, and where things stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.openapi.document import Document, read_document

REST = "\ninfo: {title: T, version: 1}\npaths: {}\n"


def document(folder: Path, text: str | bytes, name: str = "api.yaml") -> Document:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_document(path)


def refusal(folder: Path, text: str | bytes, name: str = "api.yaml") -> Diagnostic:
    with pytest.raises(BadConfiguration) as caught:
        document(folder, text, name)
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(
    ("line", "specification"),
    [
        ('swagger: "2.0"', "2.0"),
        ("openapi: 3.0.0", "3.0"),
        ("openapi: 3.0.4", "3.0"),
        ("openapi: 3.1.0-rc1", "3.1"),
        ("openapi: 3.1.2", "3.1"),
        ("openapi: 3.2.0", "3.2"),
    ],
)
def test_the_specification_is_recognised(tmp_path: Path, line: str, specification: str) -> None:
    assert document(tmp_path, line + REST).specification == specification


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paths: {}", "neither swagger nor openapi"),
        ("- a list", "an API document is a map"),
        ("", "an API document is a map"),
        ("swagger: 2.0" + REST, "swagger must be a text"),
        ("openapi: 3.1" + REST, "openapi must be a text"),
        ("openapi: [3]" + REST, "openapi must be a text"),
        ("openapi: 4.0.0" + REST, 'openapi "4.0.0" is not known'),
        ("openapi: 3.10.0" + REST, 'openapi "3.10.0" is not known'),
        ('swagger: "1.2"' + REST, 'swagger "1.2" is not known'),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    found = refusal(tmp_path, text)
    assert found.code == "MAC303"
    assert message in found.message


def test_a_number_for_a_version_is_answered_with_the_text_to_write(tmp_path: Path) -> None:
    found = refusal(tmp_path, "openapi: 3.1" + REST)
    assert found.help == 'put it in quotes: openapi: "3.1.0"'
    assert found.location is not None
    assert (found.location.line, found.location.column, found.location.length) == (1, 10, 3)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read_document(tmp_path / "none.yaml")
    (found,) = caught.value.diagnostics
    assert found.code == "MAC301"
    assert str(found.location) == str(tmp_path / "none.yaml")


def test_broken_yaml_is_the_readers_to_explain(tmp_path: Path) -> None:
    assert refusal(tmp_path, "swagger: [").code == "MAC102"
    assert refusal(tmp_path, 'swagger: "2.0"\npaths: {}\npaths: {}').code == "MAC103"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b'{"swagger": "2.0",\n  "paths": }', "MAC302", "2:12"),
        (b'{"swagger": "\xff"}', "MAC101", "1:14"),
        (b"", "MAC302", "1:1"),
        (b'{"swagger": "2.0",\n "paths": {"/a": {"get": {}, "get": {}}}}', "MAC103", "2:30"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "MAC302", "1:206"),
    ],
)
def test_broken_json(tmp_path: Path, text: bytes, code: str, place: str | None) -> None:
    found = refusal(tmp_path, text, "api.json")
    assert found.code == code
    assert str(found.location) == f"{tmp_path / 'api.json'}" + (f":{place}" if place else "")


def test_a_number_of_any_length_is_no_accident(tmp_path: Path) -> None:
    text = '{"openapi": "3.1.0", "x-number": ' + "1" * 5000 + "}"
    with pytest.raises(BadConfiguration) as caught:
        document(tmp_path, text, "api.json")
    assert [found.code for found in caught.value.diagnostics] == ["MAC302"]


JSON = """{
  "swagger": "2.0",
  "pa\\u0074hs": {
    "/a": {"get": {"tags": ["one", "two"], "x-\\"quoted\\"": 1}},
    "/b~c/d": {}
  },
  "\\ud83d\\ude00": [[], {}]
}"""


@pytest.mark.parametrize(
    ("pointer", "key", "place"),
    [
        ("/swagger", False, (2, 14, 5)),
        ("/swagger", True, (2, 3, 9)),
        ("/paths/~1a/get/tags/1", False, (4, 36, 5)),
        ("/paths/~1a/get", True, (4, 12, 5)),
        ("/paths/~1a/get", False, (4, 12, 5)),
        ('/paths/~1a/get/x-"quoted"', False, (4, 60, 1)),
        ("/paths/~1b~0c~1d", True, (5, 5, 8)),
        ("/😀/1", False, (7, 24, 1)),
        ("/paths/~1none/get/tags", True, (3, 3, 12)),
        ("", False, (1, 1, 1)),
    ],
)
def test_places_in_json(tmp_path: Path, pointer: str, key: bool, place: tuple[int, int, int]) -> None:
    found = document(tmp_path, JSON, "api.json").locate(pointer, key=key)
    assert (found.line, found.column, found.length) == place


def test_places_in_yaml(tmp_path: Path) -> None:
    found = document(tmp_path, 'swagger: "2.0"\npaths:\n  /a:\n    get: {responses: {200: {}}}\n')
    assert str(found.locate("/paths/~1a/get/responses/200", key=True)).endswith("api.yaml:4:23")
    assert str(found.locate(("paths", "/a", "put"))).endswith("api.yaml:3:3")
