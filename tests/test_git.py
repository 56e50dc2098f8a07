"""What git tells of a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from macaron_runner.git import Revision, committed_by_git, files_of, is_left_behind, revision_of
from tests.support.git import run_git

COMMITTED_AT = "2026-11-28T01:30:00+03:00"
"""In UTC it is the day before."""


@dataclass(frozen=True)
class Repository:
    """A repository in `folder`, whose commits are all made at COMMITTED_AT."""

    folder: Path

    def __call__(self, *words: str) -> str:
        return run_git(self.folder, *words, at=COMMITTED_AT)

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, *names: str) -> str:
        for name in names:
            self.write(name, "committed")
        self("add", "--all", "--force", *names)
        self("commit", "--quiet", "-m", "one")
        return self("rev-parse", "HEAD")

    def files(self, folder: str = ".") -> list[str] | None:
        found = files_of(self.folder / folder)
        return None if found is None else [str(path.relative_to(self.folder)) for path in found]


def made(folder: Path) -> Repository:
    folder.mkdir(parents=True, exist_ok=True)
    repository = Repository(folder)
    repository("init", "--quiet")
    return repository


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    return made(tmp_path)


def test_the_version_is_date_count_and_commit(git: Repository) -> None:
    git.commit("shop/macaron.yaml")
    commit = git.commit("shop/api.py")
    found = revision_of(git.folder / "shop")
    assert found == Revision(commit, datetime(2026, 11, 27, 22, 30, tzinfo=UTC), 2)
    assert found.version == f"20261127-2-{commit[:7]}"


@pytest.mark.parametrize("name", ["shop/macaron.yaml", "shop/new.py", "shop/new/er.py"])
def test_changes_and_new_files_make_it_dirty(git: Repository, name: str) -> None:
    git.commit("shop/macaron.yaml")
    git.write(name, "changed")
    found = revision_of(git.folder / "shop")
    assert found is not None
    assert found.dirty
    assert found.version.endswith("-dirty")


def test_what_is_ignored_left_behind_or_elsewhere_does_not(git: Repository) -> None:
    git.commit("shop/macaron.yaml", "other/api.py")
    for name in ("shop/__pycache__/a.pyc", "shop/.env", "shop/venv/lib/a.py", "other/api.py"):
        git.write(name, "changed")
    git.write("shop/.gitignore", "*.log\n")
    git.write("shop/a.log")
    found = revision_of(git.folder / "shop")
    assert found is not None
    assert not found.dirty
    more = revision_of(git.folder / "shop", git.folder / "other", Path("/nowhere/outside"))
    assert more is not None
    assert more.dirty


def test_a_shallow_clone_says_so(git: Repository) -> None:
    git.commit("a")
    git.commit("b")
    git("clone", "--quiet", "--depth", "1", f"file://{git.folder}", "clone")
    found = revision_of(git.folder / "clone")
    assert found is not None
    assert (found.count, found.shallow) == (1, True)


def test_files_are_those_git_keeps_or_would_keep(git: Repository) -> None:
    git.commit("shop/.flaskenv", "shop/gone.py", "shop/api.py", "shop/build/kept.py", "other.py")
    (git.folder / "shop/gone.py").unlink()
    git.write("shop/.gitignore", "*.log\nkeys/\n")
    for name in ("shop/new.py", "shop/a.log", "shop/keys/main", "shop/.env", "shop/build/lib/api.py"):
        git.write(name)
    (git.folder / "shop/link").symlink_to("api.py")
    assert git.files("shop") == [
        "shop/.flaskenv",
        "shop/api.py",
        "shop/build/kept.py",
        "shop/link",
        "shop/new.py",
    ]


def test_files_of_submodules_are_among_them(git: Repository) -> None:
    made(git.folder / "lib").commit("shared.py")
    git("submodule", "--quiet", "add", str(git.folder / "lib"), "shop/lib")
    assert git.files("shop") == ["shop/lib/shared.py"]


@pytest.mark.parametrize("name", ["ä.py", "with space.py", "new\nline.py", os.fsdecode(b"\xff.py")])
def test_odd_names(git: Repository, name: str) -> None:
    git.write(name)
    assert git.files() == [name]
    git.commit(name)
    assert git.files() == [name]


def test_without_a_repository_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision_of(tmp_path) is None
    assert files_of(tmp_path) is None
    assert committed_by_git(tmp_path, [tmp_path / "a"]) == frozenset()


def test_without_git_nothing_is_known(git: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    git.commit("a")
    monkeypatch.setenv("PATH", "/nowhere")
    assert revision_of(git.folder) is None
    assert files_of(git.folder) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("shop/api.py", False), (".env", True), ("a/.venv/b.py", True), ("shop.egg-info/PKG-INFO", True)],
)
def test_what_programs_leave_behind(name: str, expected: bool) -> None:
    assert is_left_behind(name) is expected
