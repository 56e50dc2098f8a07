"""One service a folder of `golden/`, and beside its files what each of its targets is rendered to, letter by letter.

    golden/<case>/macaron.yaml, macaron.<env>.yaml …    the service
    golden/<case>/<target>/…                            its files at that target

UPDATE_GOLDEN=1 writes the trees anew: to be read, with git diff, as the one who operates the target would. A file of
another mode than 644 has its mode in `modes.txt` of the tree.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from macaron_runner.configuration.at_target import see
from macaron_runner.configuration.selection import Selection
from macaron_runner.deploy.files import Files
from macaron_runner.deploy.target import PLATFORMS, render
from tests.deploy.planned import plan_of

GOLDEN = Path(__file__).parent / "golden"


def targets_of(file: Path) -> list[str]:
    """Return the targets of a service that can be deployed to."""
    configuration = see(Selection(str(file)), "").configuration
    assert configuration is not None
    deploy = configuration.config.deploy
    assert deploy is not None
    return [name for name, section in deploy.targets.items() if section.type in PLATFORMS]


CASES = [
    (file.parent.name, target)
    for file in sorted(GOLDEN.glob("*/macaron.yaml"))
    for target in targets_of(file)
]


def rendered(case: str, target: str) -> dict[str, bytes]:
    files = render(plan_of(GOLDEN / case / "macaron.yaml", target))
    return {**{file.path.lstrip("/"): file.content for file in files}, **modes_of(files)}


def modes_of(files: Files) -> dict[str, bytes]:
    odd = "".join(f"{file.mode:o} {file.path}\n" for file in files if file.mode != 0o644)
    return {"modes.txt": odd.encode()} if odd else {}


def kept(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("case", "target"), CASES)
def test_a_target_is_rendered_as_kept(case: str, target: str) -> None:
    tree, now = GOLDEN / case / target, rendered(case, target)
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(tree, ignore_errors=True)
        for path, content in now.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
    before = kept(tree)
    assert sorted(now) == sorted(before)
    for path, content in now.items():
        assert content.decode() == before[path].decode(), path


def test_every_tree_has_its_target() -> None:
    trees = {(path.parent.name, path.name) for path in GOLDEN.glob("*/*") if path.is_dir()}
    assert trees == set(CASES)
