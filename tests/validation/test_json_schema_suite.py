"""The JSON Schema Test Suite through our own reading of documents: each schema of it stands in a document of ours.

Not for the engine, which passes the suite by itself: what is judged is the way from a document to the engine. What our
dialects do not cover is listed here with its reason, and must really fail: nothing is listed in vain. Formats, which
are remarks to JSON Schema alone, are asserted here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from macaron_runner.openapi.api import examine_api
from macaron_runner.openapi.document import read_document
from macaron_runner.validation.schema import Definitions
from tests.support.material import MATERIAL, material

SUITE: Final = "json-schema-test-suite"
HOST: Final = "http://localhost:1234/"
"""Where the suite wants its further schemas served from; here they are in the document, under these URIs."""

FETCHED = "it is the address of somebody's host, which is never asked"
NAMED = "a schema is known by its own $id, not by the address from which somebody might fetch it"
NO_ID = "the schemas of 2.0 and 3.0 have no id"
BYTE = "contentEncoding: base64 is how 3.1 writes format: byte, and asserted as that is"
META = "a meta-schema of one's own, which can say that keywords mean nothing, is not known"

NOT_COVERED: Final[dict[str, dict[tuple[str, str], str]]] = {
    "draft2020-12 in 3.1": {
        ("content", "validation of binary string-encoding"): BYTE,
        ("defs", "validate definition against metaschema"): FETCHED,
        ("ref", "remote ref, containing refs itself"): FETCHED,
        ("refRemote", "remote HTTP ref with different $id"): NAMED,
        ("refRemote", "remote HTTP ref with different URN $id"): NAMED,
        ("vocabulary", "schema that uses custom metaschema with with no validation vocabulary"): META,
    },
    "draft4 in 3.1": {
        ("definitions", "validate definition against metaschema"): FETCHED,
        ("ref", "remote ref, containing refs itself"): FETCHED,
    },
    "draft4 in 3.0": {
        ("definitions", "validate definition against metaschema"): FETCHED,
        ("ref", "remote ref, containing refs itself"): FETCHED,
        ("ref", "$ref prevents a sibling id from changing the base uri"): NO_ID,
        ("ref", "Recursive references between schemas"): NO_ID,
        ("ref", "Location-independent identifier"): NO_ID,
        ("ref", "Location-independent identifier with base URI change in subschema"): NO_ID,
        ("ref", "id must be resolved against nearest parent, not just immediate parent"): NO_ID,
        ("refRemote", "remote ref"): FETCHED,
        ("refRemote", "fragment within remote ref"): FETCHED,
        ("refRemote", "ref within remote ref"): FETCHED,
        ("refRemote", "base URI change"): NO_ID,
        ("refRemote", "base URI change - change folder"): NO_ID,
        ("refRemote", "base URI change - change folder in subschema"): NO_ID,
        ("refRemote", "root ref in remote ref"): NO_ID,
        ("refRemote", "Location-independent identifier in remote ref"): FETCHED,
    },
}
NOT_COVERED["draft4 in 2.0"] = NOT_COVERED["draft4 in 3.0"]
"""By draft and version: file and group of the suite of which at least one case comes out otherwise, and why."""


def cases() -> Iterator[Any]:
    """Yield draft, version of the document and file of the suite."""
    folder = MATERIAL[SUITE].folder / "json" / "tests"
    for where in NOT_COVERED:
        draft, _, version = where.partition(" in ")
        for path in sorted((folder / draft).glob("*.json")) or [Path("-")]:
            yield pytest.param(draft, version, path.stem, id=f"{where}-{path.stem}")


def published(draft: str) -> dict[str, Any]:
    """Return the suite's further schemas by the URI under which its cases know them."""
    folder = material(SUITE) / "json" / "remotes"
    paths = (path for path in sorted(folder.rglob("*.json")) if _is_of(path.relative_to(folder), draft))
    return {HOST + path.relative_to(folder).as_posix(): json.loads(path.read_bytes()) for path in paths}


def _is_of(path: Path, draft: str) -> bool:
    return not path.parts[0].startswith("draft") or path.parts[0] == draft


def document(folder: Path, draft: str, version: str, groups: list[dict[str, Any]]) -> Path:
    """Write a document with the schemas of a file of the suite, each in a file of its own, whose root it is."""
    schemas: dict[str, Any] = {}
    for number, group in enumerate(groups):
        (folder / f"case{number}.json").write_text(json.dumps(_in_draft(group["schema"], draft)))
        schemas[f"Case{number}"] = {"allOf": [{"$ref": f"case{number}.json"}]}
    if version == "3.1":
        identifier = "id" if draft == "draft4" else "$id"
        for number, (uri, schema) in enumerate(published(draft).items()):
            if isinstance(schema, dict):
                schemas[f"Published{number}"] = _in_draft({identifier: uri} | schema, draft)
    head = {"info": {"title": "T", "version": "1"}, "paths": {}}
    parts = {"definitions": schemas} if version == "2.0" else {"components": {"schemas": schemas}}
    name = {"swagger": version} if version == "2.0" else {"openapi": f"{version}.0"}
    path = folder / "api.json"
    path.write_text(json.dumps(name | head | parts))
    return path


def _in_draft(schema: Any, draft: str) -> Any:
    """Return a schema that says which draft it is of; those of the newer suite do, or are of the default."""
    if draft == "draft4" and isinstance(schema, dict):
        return {"$schema": "http://json-schema.org/draft-04/schema#"} | schema
    return schema


def comes_out(definitions: Definitions, number: int, test: dict[str, Any]) -> bool:
    """Tell whether a value is found valid or not as the suite says, but that formats are asserted."""
    check = definitions.check({"$ref": f"#/$defs/Case{number}"}, "request")
    remark = test["description"].endswith("string is only an annotation by default")
    return check.valid(test["data"]) is (test["valid"] and not remark)


@pytest.mark.parametrize(("draft", "version", "name"), list(cases()))
def test_required_cases(draft: str, version: str, name: str, tmp_path: Path) -> None:
    groups = json.loads((material(SUITE) / "json" / "tests" / draft / f"{name}.json").read_bytes())
    api, _ = examine_api(read_document(document(tmp_path, draft, version, groups)), "suite")
    definitions = Definitions(api.schemas)
    failed = {
        (name, group["description"]): test["description"]
        for number, group in enumerate(groups)
        for test in group["tests"]
        if not comes_out(definitions, number, test)
    }
    expected = {group for group in NOT_COVERED[f"{draft} in {version}"] if group[0] == name}
    assert failed.keys() == expected, failed
