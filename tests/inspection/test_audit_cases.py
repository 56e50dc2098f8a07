"""One service a case: what `macaron audit` finds in it, and what it leaves out.

`audit_cases/<case>.case` is read as tests/support/unpack says; a line `# mode: FILE OCTAL` sets a file's mode,
`# committed: FILE` says that git would commit it. `<case>.txt` is what `render_text` must give, letter by letter; below
it stand the findings that are ignored, and what is absent. To write the expectation of a new case, run this file as a
program, then read it as the author of the files would.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from macaron_runner.codes import CODES
from macaron_runner.inspection.audit import CHECKED, RULES, Report, audit
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.rendering import render_text
from tests.support.cases import Cases, selected
from tests.support.unpack import unpack

CASES = Cases(Path(__file__).parent / "audit_cases")


def audited(text: str, folder: Path) -> Report:
    """Return what an audit says of a service, unpacked into `folder`, which is the working directory."""
    words = unpack(text, folder)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for name, mode in re.findall(r"^# mode: (\S+) (\d+)$", text, re.MULTILINE):
        (folder / name).chmod(int(mode, 8))
    committed = {folder / name for name in re.findall(r"^# committed: (\S+)$", text, re.MULTILINE)}

    def committed_by_git(_: Path, files: Sequence[Path]) -> frozenset[Path]:
        return frozenset(file for file in files if file in committed)

    selection, environ = selected(words)
    return audit(inspect_service(selection, environ=environ), committed=committed_by_git)


def found_in(name: str, folder: Path) -> str:
    """Return what is found in a case, as its expectation has it."""
    report = audited(CASES.text(name), folder)
    ignored = [f"ignored: {each.finding.code} {each.reason}" for each in report.ignored]
    absent = [f"absent: {each.message}" for each in report.absent]
    return "\n".join([render_text(report.findings), *ignored, *absent]) + "\n"


@pytest.mark.parametrize("name", CASES.names)
def test_a_service_gives_its_findings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_in(name, tmp_path) == CASES.expected(name)


def test_every_expectation_has_its_case() -> None:
    assert CASES.complete()


def test_every_rule_has_a_case_and_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert sorted({*codes, "MAC749"}) == [code for code in CODES if code.startswith("MAC7")]
    assert len(set(codes)) == len(codes)
    shown = "".join(CASES.expected(name) for name in CASES.names)
    assert not [code for code in [*codes, *CHECKED, "MAC749"] if f"[{code}]" not in shown]


if __name__ == "__main__":
    CASES.write_new(found_in)
