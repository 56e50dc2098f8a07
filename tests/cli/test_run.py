"""`macaron run`, as far as it comes where another run has the state directory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.processes.state import StateDirectory
from macaron_runner.processes.volatile import fate_of
from tests.cli.conftest import MACARON_YAML, CommandLine


@pytest.fixture
def memory() -> Iterator[StateDirectory]:
    """Give a state directory in memory, which another run has."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="macaron-test-") as folder:
        if not fate_of(Path(folder), {}):
            pytest.skip("/dev/shm is not in memory here")
        state = StateDirectory(Path(folder) / "state")
        lock = state.lock()
        yield state
        os.close(lock)


def test_where_tasks_that_wait_are_lost_that_is_said(macaron: CommandLine, memory: StateDirectory) -> None:
    macaron.write("macaron.yaml", MACARON_YAML + "tasks: {}\n")
    done = macaron("run", MACARON_STATE_DIR=str(memory.path))
    assert done.code == 69
    said, stopped = done.err.splitlines()
    assert said.startswith("macaron: tasks that wait are lost w")
    assert said.endswith(
        f": {memory.path} is in memory (tmpfs); mount a volume there, or name another folder with MACARON_STATE_DIR"
    )
    assert "is in use by another macaron run" in stopped
