"""One YAML file a case: broken ones with their diagnostics, good ones with their values.

`cases/<case>.yaml` may have comments that say how it is loaded (`# environ: A=1 B=2`, `# env: prod`, `# set:
server.workers=4`); `<case>.<env>.yaml` is its overlay; `<case>.txt` is what `render_text` must give, letter
by letter. The same in `good/`, with `<case>.json`: the keys that are not at their defaults. To write the
expectation of a new case, run this file as a program, then read it as the author of the YAML would.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from macaron_runner.configuration.load import Configuration, load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.rendering import render_text

HERE = Path(__file__).parent
CASES, GOOD = HERE / "cases", HERE / "good"


def names(folder: Path) -> list[str]:
    """Return the cases of a folder; a second dot marks an overlay."""
    return sorted(path.stem for path in folder.glob("*.yaml") if "." not in path.stem)


def load_case(file: Path) -> Configuration:
    """Load a case as its comments say; the working directory is its folder."""
    words: dict[str, list[str]] = {"environ": [], "env": [], "set": []}
    for line in file.read_text("utf-8", errors="replace").splitlines():
        option, colon, rest = line.removeprefix("# ").partition(": ")
        if line.startswith("# ") and colon and option in words:
            words[option] += rest.split() if option == "environ" else [rest]
    environ = dict(pair.split("=", 1) for pair in words["environ"])
    selection = Selection(file.name, "".join(words["env"]), tuple(words["set"]))
    return load(selection, environ=environ, secret_keeper=lambda name: f"made-for-{name}".ljust(32, "."))


def diagnostics_of(file: Path) -> str:
    """Return what loading a case says."""
    try:
        found = load_case(file).warnings
    except BadConfiguration as error:
        found = error.diagnostics
    return render_text(found) + "\n"


def values_of(file: Path) -> str:
    """Return the values of a case as JSON, without those that are at their defaults."""
    dumped = load_case(file).config.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(dumped, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", names(CASES))
def test_a_broken_file_gives_its_diagnostics(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    assert diagnostics_of(CASES / f"{name}.yaml") == (CASES / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", names(GOOD))
def test_a_good_file_gives_its_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOOD)
    assert values_of(GOOD / f"{name}.yaml") == (GOOD / f"{name}.json").read_text("utf-8")


def test_every_expectation_has_its_case() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == set(names(CASES))
    assert {path.stem for path in GOOD.glob("*.json")} == set(names(GOOD))


if __name__ == "__main__":
    for folder, ending, result in ((CASES, "txt", diagnostics_of), (GOOD, "json", values_of)):
        os.chdir(folder)
        for case in names(folder):
            expectation = folder / f"{case}.{ending}"
            if not expectation.exists():
                expectation.write_text(result(folder / f"{case}.yaml"), "utf-8")
                print(f"{expectation.name}\n{expectation.read_text('utf-8')}")
