"""One service a folder of `golden/`, and beside its files what each of its targets is rendered to, letter by letter.

    golden/<case>/macaron.yaml, macaron.<env>.yaml …    the service
    golden/<case>/<target>/…                            its files at that target

UPDATE_GOLDEN=1 writes the trees anew: to be read, with git diff, as the one who operates the target would. A file of
another mode than 644 has its mode in `modes.txt` of the tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from macaron_runner.configuration.at_target import see
from macaron_runner.configuration.model import Secret
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


def rendered(case: str, target: str, folder: Path = GOLDEN) -> dict[str, bytes]:
    files = render(plan_of(folder / case / "macaron.yaml", target))
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


@pytest.mark.parametrize(("case", "target"), CASES)
def test_nothing_of_the_machine_that_deploys_is_rendered(
    case: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a secret that it knows, nor what stands for one; nor its folders, its environment, its time zone."""
    shutil.copytree(GOLDEN / case, tmp_path / case)
    for name, secret in secrets_of(GOLDEN / case / "macaron.yaml", target).items():
        value = f"s3cret-{name}-of-the-deployer-0123456789"
        if secret.env is not None:
            monkeypatch.setenv(secret.env, value)
        elif secret.file is not None and not Path(secret.file).is_absolute():
            (tmp_path / case / secret.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / case / secret.file).write_text(value)
    for name, value in {"TZ": "Asia/Tokyo", "PORT": "9", "MACARON_ENV": "x", "WEB_CONCURRENCY": "7"}.items():
        monkeypatch.setenv(name, value)
    found = rendered(case, target, tmp_path)
    assert found == rendered(case, target)
    text = b"".join(found.values())
    assert b"s3cret-" not in text
    assert b"placeholder-of-the-secret" not in text
    assert str(tmp_path).encode() not in text


def secrets_of(file: Path, target: str) -> Mapping[str, Secret]:
    configuration = see(Selection(str(file)), target).configuration
    assert configuration is not None
    return configuration.config.secrets


SHOW_DIGESTS = """
from tests.deploy.test_golden import CASES, GOLDEN
from tests.deploy.planned import plan_of
from macaron_runner.deploy.files import digest
from macaron_runner.deploy.target import render
for case, target in CASES:
    print(case, target, digest(render(plan_of(GOLDEN / case / "macaron.yaml", target))))
"""


def test_every_process_renders_the_same() -> None:
    root = Path(__file__).parents[2]
    printed = {
        subprocess.run(
            [sys.executable, "-c", SHOW_DIGESTS],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
