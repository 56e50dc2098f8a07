"""One service a case: what its deploy targets lack, each looked at with the overlay that it is deployed with.

`target_cases/<case>.case` is read as tests/support/unpack says; `<case>.txt` is what `render_text` must give, letter by
letter. To write the expectation of a new case, run this file as a program, then read it as the author would.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from macaron_runner.configuration.load import examine
from macaron_runner.configuration.selection import Selection
from macaron_runner.configuration.targets import check_targets
from macaron_runner.rendering import render_text
from tests.support.unpack import unpack

CASES = Path(__file__).parent / "target_cases"
NAMES = sorted(path.stem for path in CASES.glob("*.case"))


def found_in(name: str, folder: Path) -> str:
    """Return what is found in a case, unpacked into `folder`, which is the working directory."""
    words = unpack((CASES / f"{name}.case").read_text("utf-8"), folder)
    environ = dict(pair.split("=", 1) for pair in words["environ"])
    selection = Selection("macaron.yaml", "".join(words["env"]), tuple(words["set"]))
    configuration, found = examine(selection, environ=environ)
    assert configuration is not None
    return render_text((*found, *check_targets(configuration, environ=environ))) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_targets_give_their_diagnostics(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_in(name, tmp_path) == (CASES / f"{name}.txt").read_text("utf-8")


def test_every_expectation_has_its_case() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(NAMES)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        for case in NAMES:
            expectation = CASES / f"{case}.txt"
            if not expectation.exists():
                folder = Path(directory, case).resolve()
                folder.mkdir()
                os.chdir(folder)
                expectation.write_text(found_in(case, folder), "utf-8")
                print(f"==== {case}\n{expectation.read_text('utf-8')}")
        os.chdir("/")
