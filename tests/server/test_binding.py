"""Diagnostics about handlers: one file in binding/ is one case, its files under `--- name`, the report last."""

import re
from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.rendering import render_text

CASES = sorted((Path(__file__).parent / "binding").glob("*.txt"))


def parse_case(text: str) -> dict[str, str]:
    parts = re.split(r"^--- (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case, folder):
    files = parse_case(case.read_text())
    expected = files.pop("report")
    folder.write(files)
    with pytest.raises(BadConfiguration) as caught:
        folder.app()
    report = render_text(caught.value.diagnostics)
    shown = report.replace(f"{folder.path}/", "").replace(str(folder.path), "FOLDER")
    assert shown.strip() == expected.strip()
