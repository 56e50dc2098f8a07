"""Modules that importing would refuse: one file in broken/ is one case, the report of asking for `shop` last.

Importing and reading must say the same of them; where reading says nothing, the case says so by `--- only imported`.
"""

import sys
from pathlib import Path

import pytest

from macaron_runner.code.imported import ImportedCode
from macaron_runner.code.written import WrittenCode
from macaron_runner.diagnostics import Location
from macaron_runner.rendering import render_text
from tests.code.conftest import parse_case, write_files

CASES = sorted((Path(__file__).parent / "broken").glob("*.txt"))
ASKED = Location("macaron.yaml", 4, 37)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case, importable):
    files = parse_case(case.read_text())
    report, only_imported = files.pop("report", ""), files.pop("only imported", "")
    write_files(importable, files)
    read, imported = WrittenCode((importable,), sys.path, sys.meta_path), ImportedCode((importable,))
    for code in (read, imported):
        code.module("shop", ASKED)
        code.module("shop", ASKED)

    def shown(code):
        text = render_text(code.problems).replace(f"{importable}/", "").replace(str(importable), "FOLDER")
        return text.strip()

    assert shown(imported) == (report + only_imported).strip()
    assert shown(read) == report.strip()
