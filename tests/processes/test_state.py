"""The state directory: its place, its modes, its secrets, its lock."""

import fcntl
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from macaron_runner.errors import DependencyMissing
from macaron_runner.processes.state import StateDirectory
from tests.support.processes import PATIENCE, running


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as services have: a socket's may only have some hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="macaron-test-") as name:
        yield Path(name)


def test_it_is_beside_the_file_unless_the_environment_says_otherwise(folder: Path) -> None:
    assert StateDirectory.find(folder, {}).path == folder / ".macaron"
    assert StateDirectory.find(folder, {"MACARON_STATE_DIR": ""}).path == folder / ".macaron"
    assert StateDirectory.find(folder, {"MACARON_STATE_DIR": "/var/lib/shop"}).path == Path("/var/lib/shop")
    assert not (folder / ".macaron").exists()


def test_it_is_ours_alone_and_git_does_not_see_it(folder: Path) -> None:
    state = StateDirectory(folder / "deep" / "state").open()
    assert mode(state.path) == mode(state.broker_directory) == 0o700
    assert (state.path / ".gitignore").read_text() == "*\n"
    assert state.open() == state


def test_a_folder_that_was_there_is_taken_as_it_is(folder: Path) -> None:
    folder.chmod(0o755)
    StateDirectory(folder).open()
    assert mode(folder) == 0o755
    assert not (folder / ".gitignore").exists()


def test_a_place_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(DependencyMissing, match="file/state cannot be used: Not a directory"):
        StateDirectory(folder / "file" / "state").open()


def test_a_secret_stays_the_same_and_unread(folder: Path) -> None:
    state = StateDirectory(folder / "state")
    secret = state.secret("jwt_secret")
    assert len(secret) >= 43
    assert state.secret("jwt_secret") == secret != state.secret("other")
    assert mode(state.path / "secrets" / "jwt_secret") == 0o600
    assert {entry.name for entry in (state.path / "secrets").iterdir()} == {"jwt_secret", "other"}


def test_processes_that_ask_at_once_get_one_secret(folder: Path) -> None:
    state = StateDirectory(folder / "state")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: state.secret("jwt_secret"), range(32)))) == 1


class TestSocket:
    @pytest.fixture
    def deep(self, folder: Path) -> Iterator[StateDirectory]:
        state = StateDirectory(folder / ("x" * 100) / "state")
        yield state
        place = state.broker_socket.parent
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.exists():
            place.rmdir()

    def test_it_is_in_the_directory_where_it_fits(self, folder: Path) -> None:
        assert StateDirectory(folder).broker_socket == folder / "broker.sock"

    def test_a_long_path_gets_a_short_place_of_its_own(self, deep: StateDirectory, folder: Path) -> None:
        socket = deep.open().broker_socket
        assert len(os.fsencode(socket)) <= 100
        assert mode(socket.parent) == 0o700
        assert socket == deep.broker_socket
        assert socket != StateDirectory(folder / ("y" * 100) / "state").broker_socket

    @pytest.mark.parametrize("trap", ["open", "link", "file"])
    def test_somebody_elses_place_is_refused(self, deep: StateDirectory, folder: Path, trap: str) -> None:
        place = deep.broker_socket.parent
        if trap == "link":
            place.symlink_to(folder)
        elif trap == "file":
            place.write_text("")
        else:
            place.mkdir(mode=0o777)
            place.chmod(0o777)
        with pytest.raises(DependencyMissing, match=r"is not ours alone|File exists"):
            deep.open()


class TestLock:
    def test_a_second_run_is_told_of_the_first(self, folder: Path) -> None:
        state = StateDirectory(folder)
        first = state.lock()
        with pytest.raises(DependencyMissing, match=rf"in use by another macaron run \(pid {os.getpid()}\)"):
            state.lock()
        os.close(first)
        os.close(state.lock())

    def test_what_a_killed_run_left_is_waited_for(self, folder: Path) -> None:
        state = StateDirectory(folder)
        pauses: list[float] = []
        with (folder / "lock").open("w") as guardian:
            fcntl.flock(guardian, fcntl.LOCK_EX)
            guardian.write(f"{dead_pid()}\n")
            guardian.flush()

            def sleep(seconds: float) -> None:
                pauses.append(seconds)
                if len(pauses) == 4:
                    fcntl.flock(guardian, fcntl.LOCK_UN)

            descriptor = state.lock(sleep=sleep)
        assert pauses == sorted(pauses)
        assert os.pread(descriptor, 32, 0).decode() == f"{os.getpid()}\n"
        os.close(descriptor)

    def test_it_is_not_waited_for_for_ever(self, folder: Path) -> None:
        state = StateDirectory(folder)
        now = [0.0]
        with (folder / "lock").open("w") as guardian:
            fcntl.flock(guardian, fcntl.LOCK_EX)
            guardian.write(f"{dead_pid()}\n")
            guardian.flush()
            with pytest.raises(DependencyMissing):
                state.lock(clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
        assert 10 < now[0] < 15


def dead_pid() -> int:
    process = subprocess.Popen(["/bin/true"])
    process.wait(PATIENCE)
    assert process.pid not in running()
    return process.pid


@pytest.mark.parametrize("content", [b"\xff" * 43, b"", b"short", b"a" * 40 + b"\n"])
def test_a_damaged_secret_is_told(tmp_path: Path, content: bytes) -> None:
    state = StateDirectory(tmp_path / "state")
    state.secret("key")
    (tmp_path / "state/secrets/key").write_bytes(content)
    with pytest.raises(
        DependencyMissing, match=r"secrets/key is damaged: it should hold the secret .key.; remove it"
    ):
        state.secret("key")
