"""The JSON Schema and the reference that are made from the model."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest

from macaron_runner.configuration.reference import reference
from macaron_runner.configuration.schema import FILE, json_schema, render
from macaron_runner.configuration.shape import descriptions, every_section, section_at
from macaron_runner.configuration.source import read_yaml

HERE = Path(__file__).parent
GOOD = sorted(path for path in (HERE / "good").glob("*.yaml") if path.stem != "nulls")


def test_the_committed_schema_is_fresh() -> None:
    assert FILE.read_text("utf-8") == render(), "run: python -m macaron_runner.configuration.schema"


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(json_schema())


@pytest.mark.parametrize("file", [path for path in GOOD if "." not in path.stem], ids=lambda path: path.stem)
def test_good_files_fit_the_schema(file: Path) -> None:
    value = read_yaml(file.read_bytes(), file.name).value
    assert [error.message for error in jsonschema_rs.validator_for(json_schema()).iter_errors(value)] == []


@pytest.mark.parametrize(
    "case",
    [
        "key-unknown",
        "key-missing",
        "type-number",
        "type-boolean",
        "type-choice",
        "later-http",
        "apis-empty",
    ],
)
def test_broken_files_do_not_fit_the_schema(case: str) -> None:
    value = read_yaml((HERE / "cases" / f"{case}.yaml").read_bytes(), case).value
    assert not jsonschema_rs.validator_for(json_schema()).is_valid(value)


def test_every_key_is_documented() -> None:
    for section in every_section():
        assert section.__doc__
        assert set(descriptions(section)) == set(section.model_fields), section
        assert section.__name__ in json_schema().get("$defs", {}) or section.__name__ == "MacaronConfig"


def test_the_reference_has_every_key() -> None:
    text = reference()
    for section in every_section():
        for key in section.model_fields:
            assert f"`{key}`" in text


def test_the_reference_in_the_readme_is_fresh() -> None:
    begin, end = "<!-- reference -->", "<!-- end of reference -->"
    text = (HERE.parents[1] / "README.md").read_text("utf-8")
    shown = text.partition(begin)[2].partition(end)[0]
    assert shown.strip() == reference().strip(), "run: python -m macaron_runner.configuration.reference"


def test_sections_are_found_by_path() -> None:
    assert section_at(()).__name__ == "MacaronConfig"  # type: ignore[union-attr]
    assert section_at(("auth", "users", "keys", "main")).__name__ == "JwtKey"  # type: ignore[union-attr]
    assert section_at(("tasks", "pools", "default")).__name__ == "Pool"  # type: ignore[union-attr]
    assert section_at(("config", "a")) is None
    assert section_at(("nowhere", "a")) is None
