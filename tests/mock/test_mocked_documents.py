"""Documents that are served alone: what travels to the process that serves them, and what they are called there."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.entries.mock import MockedDocuments


@pytest.mark.parametrize(
    "mocked",
    [
        MockedDocuments(("/a/b c.yaml", "/-.json"), "127.0.0.1:80"),
        MockedDocuments(("/a.yaml",), "[::1]:80", "/v1", strict=False),
        MockedDocuments(("/--.yaml",), "h:1", ""),
    ],
)
def test_words_read_as_they_were_written(mocked: MockedDocuments) -> None:
    assert MockedDocuments.parse(mocked.words()) == mocked


def test_files_are_named_absolutely() -> None:
    assert MockedDocuments(("a.yaml",), "h:1").words()[1] == str(Path.cwd() / "a.yaml")


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
