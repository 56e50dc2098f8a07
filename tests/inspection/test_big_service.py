"""A thousand operations are looked through in bounded memory, and with work that grows as they do."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.inspect import inspect_service
from tests.support.big_service import ENVIRON, write_big_service

pytestmark = pytest.mark.slow

MOST_MEMORY = 300  # MiB
PEAK = """
import sys
from macaron_runner.cli import main
from tests.support.memory import peak_memory
code = main(["check", "--no-ports", sys.argv[1]])
print(code, round(peak_memory()))
"""


def test_a_thousand_operations_need_little_memory(tmp_path: Path) -> None:
    file = write_big_service(tmp_path, 1000)
    words = (sys.executable, "-c", PEAK, str(file))
    done = subprocess.run(
        words, env={**ENVIRON, "PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, timeout=120
    )
    code, peak = map(int, done.stdout.split())
    assert code == 0, done.stdout + done.stderr
    assert peak < MOST_MEMORY


def calls_made(folder: Path, operations: int) -> int:
    """Return how many calls of our own functions it takes to look through a service."""
    folder.mkdir()
    file = write_big_service(folder, operations)
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and "macaron_runner" in frame.f_code.co_filename:
            calls["ours"] += 1

    sys.setprofile(count)
    try:
        inspection = inspect_service(Selection(str(file)), environ=ENVIRON)
    finally:
        sys.setprofile(None)
    assert inspection.diagnostics == ()
    return calls["ours"]


def test_the_work_grows_as_the_operations_do(tmp_path: Path) -> None:
    calls_made(tmp_path / "first", 10)  # what happens once only, happens here
    small, large = calls_made(tmp_path / "small", 100), calls_made(tmp_path / "large", 400)
    assert large < 5 * small
