"""The guardian by itself: its protocol, its grace, and what happens when it hangs."""

import os
import signal
import subprocess
import sys

import pytest

from macaron_runner.processes.guardian import GRACE, Guardian, end, listen
from tests.support.processes import PATIENCE, wait_for
from tests.support.supervised import SLEEPER, STUBBORN

# The guardian is made before any thread; a test runner may have some.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

NOBODY = 9_000_000
"""A number above any pid (PID_MAX_LIMIT is 4 194 304)."""


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        (b"", {}),
        (b"+5\n+6 last\n", {5: False, 6: True}),
        (b"+5\n+6\n-5\n", {6: False}),
        (b"-7\n+5\n-5\n", {}),
        (b"+5\n+6", {5: False}),  # cut short: whoever wrote it had not become a session of its own
    ],
)
def test_it_knows_who_is_left_at_the_end_of_file(messages: bytes, left: dict[int, bool]) -> None:
    reading, writing = os.pipe()
    os.write(writing, messages)
    os.close(writing)
    assert listen(reading) == left
    os.close(reading)


def test_a_message_may_come_in_pieces() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"".join(b"+%d\n" % number for number in range(NOBODY, NOBODY + 1500)))
    os.close(writing)
    assert len(listen(reading)) == 1500
    os.close(reading)


class TestEnd:
    @staticmethod
    def start(code: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-S", "-c", code]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
        return process

    def test_it_asks_first(self) -> None:
        process = self.start(SLEEPER)
        end({process.pid: False})
        assert process.wait(PATIENCE) == -signal.SIGTERM

    def test_it_kills_what_stays_and_looks_often_at_first(self) -> None:
        process = self.start(STUBBORN)
        now = [0.0]
        pauses = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            now[0] += seconds

        end({process.pid: False, NOBODY: True}, clock=lambda: now[0], sleep=sleep)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        assert pauses[0] < 0.01
        assert sum(pauses) == pytest.approx(GRACE)


@FORKS
def test_one_that_does_not_read_is_killed_so_that_it_will_be_replaced() -> None:
    guardian = Guardian()
    os.kill(guardian.pid, signal.SIGSTOP)
    for number in range(20_000):  # more than its pipe holds
        guardian.announce(NOBODY + number, last=False)
    wait_for("it is killed", lambda: os.waitpid(guardian.pid, os.WNOHANG) != (0, 0))
    guardian.replace()
    guardian.dismiss()


@FORKS
def test_it_goes_when_it_is_dismissed() -> None:
    guardian = Guardian()
    guardian.remember(NOBODY, last=True)
    guardian.dismiss()
    with pytest.raises(ProcessLookupError):
        os.kill(guardian.pid, 0)
