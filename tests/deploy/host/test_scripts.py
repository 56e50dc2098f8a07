"""What a host's shell is asked to do, done by a real shell in a folder of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from macaron_runner.deploy.files import File, in_order
from macaron_runner.deploy.host import scripts
from macaron_runner.deploy.host.archive import packed, unpacked
from macaron_runner.deploy.host.places import Places, secret_file

ODD = 'it\'s a "folder" with $HOME and  blanks'
FILES = in_order([File("compose.yaml", b"a: 1\n"), File("config/app/x", b"\0\xff", 0o755)])

TAR = packed(FILES)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(str(tmp_path / ODD))


def sh(line: str, stdin: bytes = b"", code: int = 0) -> str:
    done = subprocess.run(("sh", "-c", line), input=stdin, capture_output=True, timeout=20, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout.decode()


def test_files_arrive_as_a_whole(places: Places) -> None:
    folder = places.release(7)
    sh(scripts.put(folder, len(TAR)), TAR)
    content = subprocess.run(("sh", "-c", scripts.read_tree(folder)), capture_output=True, check=True).stdout
    assert unpacked(content) == FILES
    assert not Path(f"{folder}.new").exists()


@pytest.mark.parametrize("cut", [0, 1000, 1024, 2048])
def test_files_that_do_not_all_arrive_are_not_put(places: Places, cut: int) -> None:
    folder, content = places.release(7), TAR
    sh(scripts.put(folder, len(content)), content[:cut], code=1)
    assert not Path(folder).exists()


def test_what_was_made_on_the_host_is_copied_and_not_read_back(places: Places) -> None:
    sh(scripts.put(places.release(1), len(TAR)), TAR)
    (Path(places.release(1)) / "venv").mkdir()
    (Path(places.release(1)) / "venv/python").write_text("there")
    sh(scripts.copy(places.release(1), places.release(2)))
    assert (Path(places.release(2)) / "venv/python").read_text() == "there"
    content = subprocess.run(
        ("sh", "-c", scripts.read_tree(places.release(2))), capture_output=True, check=True
    ).stdout
    assert unpacked(content) == FILES


def test_nothing_is_read_where_there_is_nothing(places: Places) -> None:
    assert sh(scripts.read_tree(places.current)) == ""
    assert sh(scripts.records(places)) == ""
    assert sh(scripts.where(places.current)) == ""
    assert sh(scripts.holder(places)) == ""


def test_a_link_points_to_one_release_or_the_other(places: Places) -> None:
    Path(places.releases).mkdir(parents=True)
    for number in (1, 2):
        sh(scripts.point(places.current, places.release(number)))
        assert sh(scripts.where(places.current)) == f"releases/{number}\n"
    assert {each.name for each in Path(places.directory).iterdir()} == {"releases", "current"}


def test_a_record_is_replaced(places: Places) -> None:
    sh(scripts.write(places.record(1), 5), b"first")
    sh(scripts.write(places.record(1), 6), b"second")
    assert sh(scripts.records(places)) == "second\n"


@pytest.mark.parametrize("cut", [b"", b"sec"])
def test_a_record_that_does_not_all_arrive_replaces_none(places: Places, cut: bytes) -> None:
    sh(scripts.write(places.record(1), 5), b"first")
    sh(scripts.write(places.record(1), 6), cut, code=1)
    assert sh(scripts.records(places)) == "first\n"


def take(places: Places, token: str, who: str = "ann@box", seconds: float = 600) -> str:
    return sh(scripts.take_lock(places, token, who, "2026-11-28T12:00:00Z", seconds))


def test_a_lock_is_held_by_one(places: Places) -> None:
    assert take(places, "one") == ""
    assert take(places, "two", "bob") == "2026-11-28T12:00:00Z ann@box\n"
    assert take(places, "one") == ""  # it lasts longer
    sh(scripts.give_lock_back(places, "two"))
    assert take(places, "two", "bob") != ""
    sh(scripts.give_lock_back(places, "one"))
    assert take(places, "two", "bob it's me") == ""
    assert sh(scripts.holder(places)).splitlines()[4] == "bob it's me"


def test_a_lock_that_has_ended_is_anybodys(places: Places) -> None:
    take(places, "one", seconds=-1)
    assert take(places, "two", "bob") == ""
    assert sh(scripts.holder(places)).splitlines()[4] == "bob"


@pytest.mark.parametrize(
    "damaged", ["", "one", "one\n\n\n\n", "one\nnever\nsince\nwho\n", "a\nb; touch broken\nc\nd\n"]
)
def test_a_lock_that_is_damaged_is_anybodys(places: Places, damaged: str) -> None:
    Path(places.directory).mkdir(parents=True)
    Path(places.lock).write_text(damaged)
    assert take(places, "two", "bob") == ""


def test_secrets_that_are_not_there_are_told_and_none_is_read(places: Places, tmp_path: Path) -> None:
    there, empty = tmp_path / "it's there", tmp_path / "empty"
    there.write_text("of no concern")
    there.chmod(0)
    empty.touch()
    wanted = (str(there), str(empty), str(tmp_path / "nowhere"))
    assert sh(scripts.absent(wanted)).splitlines() == [str(empty), str(tmp_path / "nowhere")]


def test_where_a_secret_is() -> None:
    assert secret_file("/srv/shop", "key") == "/srv/shop/secrets/key"
    assert secret_file("/srv/shop", "key", "keys/main") == "/srv/shop/keys/main"
    assert secret_file("/srv/shop", "key", "/etc/key") == "/etc/key"


def test_an_archive_is_always_the_same() -> None:
    assert packed(FILES) == packed(in_order(reversed(FILES)))
    with pytest.raises(ValueError, match="no tar"):
        unpacked(b"x" * 600)
