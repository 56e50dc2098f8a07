"""Each document in cases/ and what `check_document` says about it, as a user sees it (the .txt beside it)."""

from __future__ import annotations

import os
import re
from pathlib import Path

import orjson
import pytest

from macaron_runner.codes import CODES
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.rules import RULES, check_document
from macaron_runner.rendering import render_text

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def shown(diagnostics: tuple[Diagnostic, ...]) -> str:
    """Return the text of diagnostics, with names of files as a user in the folder of the cases sees them."""
    text = render_text(diagnostics)
    return text.replace(f"{CASES[0].parent}{os.sep}", "") + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    assert shown(check_document(read_document(case))) == case.with_suffix(".txt").read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_json_is_judged_like_yaml(case: Path, tmp_path: Path) -> None:
    document = read_document(case)
    as_json = tmp_path / f"{case.stem}.json"
    as_json.write_bytes(orjson.dumps(document.tree, option=orjson.OPT_INDENT_2))
    found = check_document(read_document(as_json))
    assert sorted((d.code, d.message, d.severity) for d in found) == sorted(
        (d.code, d.message, d.severity) for d in check_document(document)
    )
    assert all(d.location is not None and d.location.line > 1 for d in found)


def test_every_rule_has_a_case() -> None:
    codes = {code for case in CASES for code in re.findall(r"MAC\d+", case.with_suffix(".txt").read_text())}
    told_by_form = {"MAC326", "MAC327", "MAC328"}  # validation.slips
    rules = {code for code in CODES if "MAC311" <= code <= "MAC349"} - told_by_form
    assert codes == {"MAC304", "MAC305", "MAC306"} | rules
    assert len(RULES) == len(set(RULES))
