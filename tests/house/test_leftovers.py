"""Tests that are aborted leave nothing behind, however they were told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE, Running, running, wait_for

ROOT = Path(__file__).parents[2]

ENDLESS = """\
import time
from pathlib import Path

import pytest

from tests.support.service import RunningService
from tests.support.supervised import STUBBORN, python, supervised


@pytest.mark.parametrize("number", [1, 2])
def test_that_never_ends(number):
    with (
        RunningService("sample_services/helloworld/macaron.yaml"),
        supervised(python("worker", STUBBORN, grace=600.0)) as service,
    ):
        service.sees("| up")
        (Path(__file__).parent / f"ready{number}").touch()
        time.sleep(600)
"""
"""Two services a test: one that stops when it is asked to, and one that does not."""


def of(folder: Path) -> list[Running]:
    """Return the processes that have the folder in their words or in their surroundings."""
    name = str(folder)
    return [each for each in running().values() if name in each.line or name in surroundings(each.pid)]


def surroundings(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text("utf-8", "replace")
    except OSError:
        return ""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short path, as those of sockets must be; whatever is left in it at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="macaron-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)
        for each in of(Path(name)):
            os.kill(each.pid, signal.SIGKILL)


@pytest.mark.service
@pytest.mark.parametrize(("how", "workers"), [(signal.SIGTERM, 2), (signal.SIGKILL, 0)])
def test_nothing_is_left_of_an_aborted_run(how: signal.Signals, workers: int, folder: Path) -> None:
    file = folder / "test_endless.py"
    file.write_text(ENDLESS)
    settings = ("-p", "no:cacheprovider", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml"))
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *settings, "-n", str(workers), str(file)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    for number in range(1, max(workers, 1) + 1):
        wait_for(f"test {number}", (folder / f"ready{number}").exists)
    assert any("valkey" in each.line for each in of(folder))
    run.send_signal(how)
    run.wait(PATIENCE)
    wait_for("everything has gone", lambda: not of(folder))
