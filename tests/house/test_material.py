"""Material of others: what is kept of an archive, and what two runs at once leave behind."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.support import material


def archive_in(folder: Path) -> Path:
    for name in ("tests/one.json", "tests/two.txt", "setup.py"):
        file = folder / "suite-1.0" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    archive = folder / "suite-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "suite-1.0", "suite-1.0")
    return archive


def test_only_what_is_wanted_is_kept_without_the_top_folder(tmp_path: Path) -> None:
    material._unpack(archive_in(tmp_path), ("tests/*.json",), tmp_path / "kept")
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert kept == [tmp_path / "kept" / "tests" / "one.json"]


def test_an_archive_without_what_is_wanted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing of docs/\*"):
        material._unpack(archive_in(tmp_path), ("docs/*",), tmp_path / "kept")


def test_of_two_runs_at_once_the_first_stays(tmp_path: Path) -> None:
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "file").write_text(run)
        material._put(tmp_path / run, tmp_path / "folder")
    assert (tmp_path / "folder" / "file").read_text() == "first"


def test_another_version_lies_in_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MACARON_TEST_MATERIAL", "/somewhere")
    one = material.Package("npm", "@of/others", "1.0", "aa", ("*",))
    other = material.Package("npm", "@of/others", "1.0", "bb", ("*",))
    assert one.folder.parent == Path("/somewhere")
    assert one.folder != other.folder
