"""Documents that are served alone: what they are called, and what is served of a faulty one."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.entries.mock import MockedDocuments, read_mocks


def test_each_document_is_an_api_of_its_own() -> None:
    files = (
        "/a/shop.yaml",
        "/b/shop.json",
        "/ping.yaml",
        "/2 x.yaml",
        "/${HOME}.yaml",
        "/" + "long" * 30 + ".yaml",
    )
    config = MockedDocuments(files, "127.0.0.1:80").configure({}).config
    names = {name: api.spec for name, api in config.apis.items()}
    assert tuple(names.values()) == files
    assert list(names)[:5] == ["shop", "shop_2", "ping_2", "api_2_x", "_HOME_"]
    assert {api.on_missing_handler for api in config.apis.values()} == {"mock"}


def test_an_address_must_be_one() -> None:
    with pytest.raises(BadConfiguration) as caught:
        MockedDocuments(("/a.yaml",), "no address").configure({})
    assert [each.code for each in caught.value.diagnostics] == ["MAC211"]


FAULTY = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /a: {get: {responses: {"200": {$ref: "#/components/responses/No"}}}}
  /b: {get: {responses: {"200": {description: sound}}}}
"""


def test_of_a_faulty_document_only_the_sound_operations_are_served(tmp_path: Path) -> None:
    (file := tmp_path / "faulty.yaml").write_text(FAULTY)
    (api,), doubts = read_mocks(MockedDocuments((str(file),), "127.0.0.1:80", strict=False).configure({}))
    assert [operation.path for operation in api.operations] == ["/b"]
    assert "MAC304" in [each.code for each in doubts]
    with pytest.raises(BadConfiguration):
        read_mocks(MockedDocuments((str(file),), "127.0.0.1:80").configure({}))
