"""One service a case: several files in one text, and beside it everything that `inspect_service` must find.

`cases/<case>.case` begins with lines that say how it is looked at (`# environ: A=1 B=2`, `# env: prod`, `# set:
server.workers=4`, `# options: imports ports connect`); then come its files, each after a line `-- shop/orders.py --`.
`<case>.txt` is what `render_text` must give, letter by letter; paths are relative to the folder of the service. To
write the expectation of a new case, run this file as a program, then read it as the author of the files would.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.rendering import render_text
from tests.support.cases import Cases, selected
from tests.support.unpack import unpack

CASES = Cases(Path(__file__).parent / "cases")
IMPORTS = "# options: imports"
"""Stands in the cases that take a process each."""


def found_in(name: str, folder: Path) -> str:
    """Return what is found in a case, unpacked into `folder`, which is the working directory."""
    words = unpack(CASES.text(name), folder)
    selection, environ = selected(words)
    inspection = inspect_service(
        selection,
        environ={**environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        secret_keeper=lambda name: f"made-for-{name}".ljust(32, "."),
        targets="targets" in words["options"],
        ports="ports" in words["options"],
        connect="connect" in words["options"],
        imports=30.0 if "imports" in words["options"] else None,
    )
    return render_text(inspection.diagnostics).replace(str(folder), "[folder]") + "\n"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if IMPORTS in CASES.text(name) else ())
        for name in CASES.names
    ],
)
def test_a_service_gives_its_diagnostics(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_in(name, tmp_path) == CASES.expected(name)


def test_every_expectation_has_its_case() -> None:
    assert CASES.complete()


if __name__ == "__main__":
    CASES.write_new(found_in)
