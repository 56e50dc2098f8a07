"""What is kept on the disk is there whatever happens, and a disk that takes no more is an error."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from macaron_runner.tasks.sending.outbox import Outbox
from tests.tasks.workshop import ROOT, START_DEADLINE

KEEPS = """
import sys
from pathlib import Path
from macaron_runner.tasks.sending.outbox import Outbox
outbox, number = Outbox(Path(sys.argv[1])), 0
while True:
    outbox.keep(f"{sys.argv[2]}-{number}")
    sys.stdout.write(f"{sys.argv[2]}-{number}\\n")
    sys.stdout.flush()
    number += 1
"""


@pytest.fixture
def outbox(tmp_path):
    return Outbox(tmp_path / "outbox.db")


def calls_in(outbox, count=100_000):
    return [call for _, call in outbox.take(count)]


def test_calls_come_out_in_their_order_until_they_are_forgotten(outbox):
    assert outbox.is_empty()
    for number in range(5):
        outbox.keep(f"call {number}")
    first = outbox.take(2)
    assert [call for _, call in first] == ["call 0", "call 1"]
    assert calls_in(outbox, 2) == ["call 0", "call 1"]
    outbox.forget(number for number, _ in first)
    outbox.keep("call 5")
    assert calls_in(outbox) == ["call 2", "call 3", "call 4", "call 5"]
    assert not outbox.is_empty()


def test_one_that_is_set_aside_is_kept_and_not_sent(outbox, tmp_path):
    outbox.keep("good")
    outbox.keep("bad")
    outbox.set_aside(outbox.take(2)[1][0], "no queue of this name")
    assert calls_in(outbox) == ["good"]
    assert b"no queue of this name" in b"".join(file.read_bytes() for file in tmp_path.glob("outbox.db*"))


def test_what_was_set_aside_leaves_a_full_outbox(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db", largest=100_000)
    outbox.keep("x" * 60_000)
    with pytest.raises(OSError, match="full"):
        outbox.keep("y" * 60_000)
    outbox.set_aside(outbox.take(1)[0][0], "too large")
    outbox.keep("y" * 60_000)
    assert calls_in(outbox) == ["y" * 60_000]


def test_it_is_for_our_eyes_only(outbox, tmp_path):
    outbox.keep("secret")
    with outbox.alone():
        assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}


def test_one_at_a_time_sends(outbox, tmp_path):
    with outbox.alone() as first, Outbox(tmp_path / "outbox.db").alone() as second:
        assert (first, second) == (True, False)
    with outbox.alone() as again:
        assert again


@pytest.mark.parametrize("problem", [None, ConnectionError])
def test_a_fork_does_not_hold_the_right_to_send(outbox, problem):
    with contextlib.suppress(ConnectionError), outbox.alone():
        child = os.fork()
        if child == 0:
            time.sleep(START_DEADLINE)
            os._exit(0)
        if problem is not None:
            raise problem
    with outbox.alone() as again:
        assert again
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_it_has_a_largest_size(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db", largest=200_000)
    for _ in range(12):
        outbox.keep("x" * 10_000)
    with pytest.raises(OSError, match="full"):
        outbox.keep("x" * 100_000)
    calls = outbox.take(100)
    assert len(calls) == len(outbox.take(100)) == 12
    outbox.forget(number for number, _ in calls)
    outbox.keep("x" * 100_000)


def test_no_directory_is_an_error(tmp_path):
    with pytest.raises(OSError, match="no/where"):
        Outbox(tmp_path / "no" / "where.db").keep("call")


@pytest.mark.slow
def test_what_was_kept_survives_kill_9_at_any_moment(outbox, tmp_path):
    said = []
    for round_ in range(6):
        names = [f"{round_}{letter}" for letter in "ab"]
        keepers = [
            subprocess.Popen(
                [sys.executable, "-c", KEEPS, str(tmp_path / "outbox.db"), name],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in names
        ]
        first = [keeper.stdout.readline() for keeper in keepers]
        time.sleep(0.03 * round_)
        for keeper, line in zip(keepers, first, strict=True):
            keeper.kill()
            said += [line.strip(), *keeper.communicate(timeout=START_DEADLINE)[0].split()]
    kept = calls_in(outbox)
    assert len(said) > 12
    assert set(said) <= set(kept)
    assert len(set(kept)) == len(kept)
