"""Files are written all or none, and never over anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.errors import DependencyMissing
from macaron_runner.scaffold.files import NewFile, clashes, write

FILES = (NewFile.of("a.txt", "a"), NewFile.of("b/c/d.txt", "d"), NewFile.of("b/e.txt", "ä"))


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_are_written(tmp_path: Path) -> None:
    assert clashes(tmp_path / "new" / "one", FILES) == ()
    write(tmp_path / "new" / "one", FILES)
    assert below(tmp_path / "new" / "one") == ["a.txt", "b", "b/c", "b/c/d.txt", "b/e.txt"]
    assert (tmp_path / "new" / "one" / "b" / "e.txt").read_bytes() == "ä".encode()


def test_every_clash_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b").write_text("")
    assert clashes(tmp_path, FILES) == ("a.txt", "b (not a folder)")


def test_what_was_written_is_undone(tmp_path: Path) -> None:
    (tmp_path / "one" / "b").mkdir(parents=True)
    (tmp_path / "one" / "b" / "e.txt").write_text("mine")
    with pytest.raises(
        DependencyMissing, match=r"e\.txt cannot be written: File exists; nothing was written"
    ):
        write(tmp_path / "one", FILES)
    assert below(tmp_path / "one") == ["b", "b/e.txt"]
    assert (tmp_path / "one" / "b" / "e.txt").read_text() == "mine"


def test_new_folders_are_undone_too(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissing, match="nothing was written"):
        write(tmp_path / "one", (*FILES, NewFile.of("a.txt/x", "")))
    assert below(tmp_path) == []
