"""What a document refers to in other files, or in its own extensions, is held against the specification too."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.surroundings import read_surroundings
from macaron_runner.validation.document import check_against_specification

HERE = Path(__file__).parent
SOUND = [
    *sorted((HERE / "same_api").glob("*.yaml")),
    *sorted((HERE / "same_api_in_files").glob("*.yaml")),
    HERE / "several_files" / "api.yaml",
]
ANSWER = "responses: {'200': {description: ok}}"


def found_around(folder: Path, version: str, text: str, neighbour: str) -> tuple[Diagnostic, ...]:
    (folder / "other.yaml").write_text(neighbour)
    path = folder / "api.yaml"
    path.write_text(f'{version}\ninfo: {{title: T, version: "1"}}\n{text}')
    document = read_document(path)
    assert check_against_specification(document) == ()
    surroundings = read_surroundings(document)
    assert surroundings is not None
    return tuple(fault.diagnostic for fault in check_against_specification(surroundings.document))


@pytest.mark.parametrize("path", SOUND, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_found_around_a_sound_document(path: Path) -> None:
    surroundings = read_surroundings(read_document(path))
    assert surroundings is None or check_against_specification(surroundings.document) == ()


def test_a_document_of_one_file_has_no_surroundings() -> None:
    assert read_surroundings(read_document(HERE / "same_api" / "openapi-3.1.yaml")) is None


@pytest.mark.parametrize("version", ['swagger: "2.0"', "openapi: 3.0.3", "openapi: 3.1.0"])
@pytest.mark.parametrize(
    ("neighbour", "code", "place"),
    [
        ("get: {securty: [], ANSWER}", "MAC370", "1:7"),
        ("get: {security: null, ANSWER}", "MAC372", "1:17"),
        ("get: {security: key, ANSWER}", "MAC372", "1:17"),
        ("security: []\nget: {ANSWER}", "MAC370", "1:1"),
        ("GET: {ANSWER}", "MAC370", "1:1"),
        ("[]", "MAC372", "1:1"),
    ],
)
def test_a_slip_in_a_neighbouring_file(
    tmp_path: Path, version: str, neighbour: str, code: str, place: str
) -> None:
    paths = "paths: {/a: {$ref: other.yaml}}"
    (found,) = found_around(tmp_path, version, paths, neighbour.replace("ANSWER", ANSWER))
    assert (found.code, str(found.location)) == (code, f"{tmp_path / 'other.yaml'}:{place}")


def test_a_slip_in_an_extension(tmp_path: Path) -> None:
    text = f"paths: {{/a: {{$ref: '#/x-paths/a'}}}}\nx-paths: {{a: {{get: {{securty: [], {ANSWER}}}}}}}"
    (found,) = found_around(tmp_path, "openapi: 3.0.3", text, "{}")
    assert (found.code, found.message) == ("MAC370", 'unknown key "securty"')
    assert str(found.location) == f"{tmp_path / 'api.yaml'}:4:21"


@pytest.mark.parametrize(
    ("collection", "neighbour", "code"),
    [
        ("schemas", "{type: strng}", "MAC372"),
        ("parameters", "{name: a, in: query, requird: true, schema: {}}", "MAC370"),
        ("responses", "{descripton: ok}", "MAC370"),
        ("requestBodies", "{content: {}, require: true}", "MAC370"),
        ("headers", "{schema: {type: strng}}", "MAC372"),
        ("securitySchemes", "{type: apiKey, in: body, name: key}", "MAC372"),
    ],
)
def test_every_kind_of_component_is_looked_at(
    tmp_path: Path, collection: str, neighbour: str, code: str
) -> None:
    text = f"paths: {{}}\ncomponents: {{{collection}: {{a: {{$ref: other.yaml}}}}}}"
    found = found_around(tmp_path, "openapi: 3.0.3", text, neighbour)
    assert code in {each.code for each in found}
    assert {Path(each.location.file).name for each in found if each.location} == {"other.yaml"}


def test_what_a_neighbour_refers_to_is_looked_at_as_well(tmp_path: Path) -> None:
    (tmp_path / "third.yaml").write_text("type: strng")
    text = "paths: {}\ncomponents: {schemas: {A: {$ref: other.yaml}}}"
    found = found_around(tmp_path, "openapi: 3.1.0", text, "{properties: {a: {$ref: third.yaml}}}")
    assert [str(each.location) for each in found] == [f"{tmp_path / 'third.yaml'}:1:7"]


@pytest.mark.parametrize("version", ["openapi: 3.0.3", "openapi: 3.1.0"])
def test_a_neighbour_may_be_a_json_schema_of_its_own(tmp_path: Path, version: str) -> None:
    text = "paths: {}\ncomponents: {schemas: {A: {$ref: other.yaml}}}"
    neighbour = """
$schema: https://json-schema.org/draft/2020-12/schema
$id: https://example.com/other
properties: {a: {$ref: "#/definitions/inner"}, b: {$ref: "#/beside"}}
definitions: {inner: {type: string}}
beside: {type: strng}
"""
    found = found_around(tmp_path, version, text, neighbour)
    assert [str(each.location).rpartition("other.yaml")[2] for each in found] == [":6:16"]
