"""One service a case: what its deploy targets lack, each looked at with the overlay that it is deployed with.

`target_cases/<case>.case` is read as tests/support/unpack says; `<case>.txt` is what `render_text` must give, letter by
letter. To write the expectation of a new case, run this file as a program, then read it as the author would.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.configuration.load import examine
from macaron_runner.configuration.targets import check_targets
from macaron_runner.rendering import render_text
from tests.support.cases import Cases, selected
from tests.support.unpack import unpack

CASES = Cases(Path(__file__).parent / "target_cases")


def found_in(name: str, folder: Path) -> str:
    """Return what is found in a case, unpacked into `folder`, which is the working directory."""
    words = unpack(CASES.text(name), folder)
    selection, environ = selected(words)
    configuration, found = examine(selection, environ=environ)
    assert configuration is not None
    return render_text(tuple(dict.fromkeys((*found, *check_targets(configuration))))) + "\n"


@pytest.mark.parametrize("name", CASES.names)
def test_targets_give_their_diagnostics(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_in(name, tmp_path) == CASES.expected(name)


def test_every_expectation_has_its_case() -> None:
    assert CASES.complete()


if __name__ == "__main__":
    CASES.write_new(found_in)
