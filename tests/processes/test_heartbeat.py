"""Heartbeats in their files: written whole, read by anybody, believed as long as the process lives."""

import os
import subprocess
import sys

import pytest

from macaron_runner.processes import heartbeat
from macaron_runner.processes.heartbeat import SILENCE, Condition, Heartbeat

US = os.getpid()


def beat(condition=Condition.CONSUMING, *, pid=US, name="worker-default", at=1000.0):
    return Heartbeat(name, pid, condition, "so it is", at)


@pytest.fixture
def folder(tmp_path):
    heartbeat.clear(tmp_path / "health", "worker-default")
    return tmp_path / "health"


@pytest.fixture
def gone():
    """Give the pid of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_what_is_written_is_read(folder):
    heartbeat.write(folder, beat(Condition.BUSY))
    heartbeat.write(folder, beat())
    assert list(heartbeat.read_all(folder, "worker-")) == [beat()]
    assert [place.name for place in folder.iterdir()] == [f"worker-default.{US}"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"condition": "odd"}', '{"condition": "busy"}', "\xe9"]
)
def test_what_is_no_heartbeat_is_none(folder, text):
    (folder / f"worker-default.{US}").write_text(text, "latin-1")
    assert list(heartbeat.read_all(folder, "worker-")) == []
    assert heartbeat.fault_of(folder, "worker-default", US) == ""


def test_the_dead_tell_nothing_and_are_cleared_away(folder, gone):
    heartbeat.write(folder, beat(pid=gone))
    heartbeat.write(folder, beat(pid=gone, name="worker-slow"))
    heartbeat.write(folder, beat())
    assert list(heartbeat.read_all(folder, "worker-")) == [beat()]
    heartbeat.clear(folder, "worker-default")
    assert sorted(place.name for place in folder.iterdir()) == [f"worker-default.{US}", f"worker-slow.{gone}"]


def test_without_a_folder_there_is_nothing(tmp_path):
    assert list(heartbeat.read_all(tmp_path / "none", "worker-")) == []
    assert heartbeat.fault_of(tmp_path / "none", "worker-default", US) == ""


def test_who_is_silent_too_long_is_at_fault(folder):
    heartbeat.write(folder, beat())
    later = 1000.0 + SILENCE
    assert heartbeat.fault_of(folder, "worker-default", US, lambda: later) == ""
    assert (
        heartbeat.fault_of(folder, "worker-default", US, lambda: later + 3)
        == "it gave no sign of life for 63 s"
    )


@pytest.mark.parametrize("condition", Condition)
def test_only_the_deaf_are_at_fault_and_only_who_works_is_ready(condition):
    found = beat(condition)
    assert found.fault(1001.0) == ("so it is" if condition is Condition.DEAF else "")
    assert found.is_ready(1001.0) == (condition in (Condition.CONSUMING, Condition.BUSY))
    assert not found.is_ready(1001.0 + SILENCE)
