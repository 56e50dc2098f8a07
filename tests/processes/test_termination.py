"""What is left of a run where Kubernetes looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.processes.termination import MOST, add_word, leave_word


@pytest.fixture
def place(tmp_path: Path) -> Path:
    file = tmp_path / "termination-log"
    file.write_text("before\n")
    return file


@pytest.mark.parametrize("code", [69, 70, 78])
def test_the_last_word_takes_the_place_of_those_before(place: Path, code: int) -> None:
    leave_word("macaron: bad luck\n", code, place=place)
    assert place.read_text() == "macaron: bad luck\n"


@pytest.mark.parametrize("code", [0, 1, 2, 130])
def test_other_ends_leave_nothing(place: Path, code: int) -> None:
    leave_word("macaron: fine", code, place=place)
    add_word("macaron: fine", code, place=place)
    assert place.read_text() == "before\n"


def test_more_may_be_added(place: Path) -> None:
    add_word("macaron: given up", 70, place=place)
    assert place.read_text() == "before\nmacaron: given up\n"


def test_only_so_much_is_shown(place: Path) -> None:
    leave_word("é" * MOST, 78, place=place)
    assert place.stat().st_size <= MOST
    add_word("macaron: given up", 70, place=place)
    text = place.read_bytes().decode(errors="replace")
    assert place.stat().st_size == MOST
    assert text.startswith("éé")
    assert text.endswith("\n...\nmacaron: given up\n")


def test_where_nobody_looks_nothing_is_made(tmp_path: Path) -> None:
    leave_word("macaron: bad luck", 78, place=tmp_path / "none")
    add_word("macaron: bad luck", 78, place=tmp_path / "none")
    leave_word("macaron: bad luck", 78, place=tmp_path)  # a folder cannot be written
    assert list(tmp_path.iterdir()) == []
