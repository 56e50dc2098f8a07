"""One service a case: several files in one text, and beside it everything that `inspect_service` must find.

`cases/<case>.case` begins with lines that say how it is looked at (`# environ: A=1 B=2`, `# env: prod`, `# set:
server.workers=4`, `# options: imports ports connect`); then come its files, each after a line `-- shop/orders.py --`.
`<case>.txt` is what `render_text` must give, letter by letter; paths are relative to the folder of the service. To
write the expectation of a new case, run this file as a program, then read it as the author of the files would.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.rendering import render_text
from tests.support.unpack import unpack

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.case"))


def found_in(name: str, folder: Path) -> str:
    """Return what is found in a case, unpacked into `folder`, which is the working directory."""
    words = unpack((CASES / f"{name}.case").read_text("utf-8"), folder)
    environ = dict(pair.split("=", 1) for pair in words["environ"])
    inspection = inspect_service(
        Selection("macaron.yaml", "".join(words["env"]), tuple(words["set"])),
        environ={**environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        secret_keeper=lambda name: f"made-for-{name}".ljust(32, "."),
        targets="targets" in words["options"],
        ports="ports" in words["options"],
        connect="connect" in words["options"],
        imports="imports" in words["options"],
    )
    return render_text(inspection.diagnostics).replace(str(folder), "[folder]") + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_service_gives_its_diagnostics(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found_in(name, tmp_path) == (CASES / f"{name}.txt").read_text("utf-8")


def test_every_expectation_has_its_case() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(NAMES)


if __name__ == "__main__":
    # gunicorn remembers the working directory in which it was imported: none goes before all are done.
    with tempfile.TemporaryDirectory() as directory:
        for case in NAMES:
            expectation = CASES / f"{case}.txt"
            if not expectation.exists():
                place = Path(directory).resolve() / case
                place.mkdir()
                os.chdir(place)
                expectation.write_text(found_in(case, place), "utf-8")
                print(f"==== {case}\n{expectation.read_text('utf-8')}")
        os.chdir("/")
