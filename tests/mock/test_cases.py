"""One schema a case, and the value that is made up for it, or why there is none, to the letter.

A case is a YAML file: `schema`, the named `schemas` that it refers to, `gives` a value, or `refuses` in words. To write
what new cases give, run this file as a program, then read it as somebody would who gets that answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from macaron_runner.mock.fitting import Unfit, make_fitting
from macaron_runner.mock.merging import Merger
from macaron_runner.validation.schema import Definitions, compile_schema

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read(name: str) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return case


def made_for(case: dict[str, Any], *, shown: bool = True) -> dict[str, Any]:
    merger = Merger(Definitions(case.get("schemas", {})))
    try:
        return {"gives": make_fitting(case["schema"], merger, shown=shown)}
    except Unfit as error:
        return {"refuses": str(error)}


@pytest.mark.parametrize("name", CASES)
def test_a_schema_gives_its_value(name: str) -> None:
    case = read(name)
    expected = {key: case[key] for key in ("gives", "refuses") if key in case}
    assert made_for(case) == expected
    assert made_for(case) == expected, "it is the same every time"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("shown", [True, False])
def test_what_is_given_fits(name: str, shown: bool) -> None:
    case = read(name)
    made = made_for(case, shown=shown)
    if "gives" in made:
        assert compile_schema(case["schema"], case.get("schemas", {}), "response").valid(made["gives"])
    assert ("gives" in made) == ("gives" in case), "examples are a help, not a condition"


def write_new() -> None:
    """Add to each case without one what it gives."""
    for name in CASES:
        case = read(name)
        if not {"gives", "refuses"} & set(case):
            text = yaml.safe_dump(made_for(case), sort_keys=False, allow_unicode=True, width=110)
            with (FOLDER / f"{name}.yaml").open("a", encoding="utf-8") as file:
                file.write(text)
            print(f"==== {name}\n{text}")


if __name__ == "__main__":
    write_new()
