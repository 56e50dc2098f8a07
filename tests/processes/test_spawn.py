"""Programs started in sessions of their own, and in our place."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from macaron_runner.processes.sessions import children_of, groups_of, session_alive, signal_session
from tests.support.processes import PATIENCE, wait_for
from tests.support.supervised import ROOT

REPORT = """
import json, os, signal, socket, sys
ignored = [int(n) for n in signal.valid_signals() if signal.getsignal(n) is signal.SIG_IGN]
listeners = [socket.socket(fileno=int(n)).getsockname() for n in os.environ["MACARON_LISTENERS"].split(",")]
print(json.dumps({
    "pid": os.getpid(), "session": os.getsid(0), "ignored": ignored, "listeners": listeners,
    "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, ())), "own": os.environ["OWN"],
    "lock": os.readlink("/proc/self/fd/" + os.environ["LOCK"]),
}))
"""

BECOME = """
import os, sys
lock = os.open(os.devnull, os.O_RDONLY)
os.environ["LOCK"] = str(lock)
from macaron_runner.processes.process import Process
from macaron_runner.processes.spawn import exec_process
exec_process(Process("web", "web", tuple(sys.argv[1:]), 1.0, {"OWN": "yes"}, ("127.0.0.1:0",)), os.environ, keep=[lock])
"""


def become(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BECOME, *argv],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_one_alone_takes_our_place() -> None:
    done = become(sys.executable, "-S", "-c", REPORT)
    report = json.loads(done.stdout)
    assert report["own"] == "yes"
    assert report["lock"] == os.devnull
    assert report["listeners"][0][0] == "127.0.0.1"
    # Python's own start ignores these two again; nothing else is, and nothing is blocked.
    assert set(report["ignored"]) <= {signal.SIGPIPE, signal.SIGXFSZ}
    assert report["blocked"] == 0


def test_a_program_that_is_not_there() -> None:
    done = become("/no/such/program")
    assert (done.returncode, done.stderr) == (127, "cannot run /no/such/program: No such file or directory\n")


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    done = become(str(tmp_path / "text"))
    assert (done.returncode, done.stderr) == (126, f"cannot run {tmp_path}/text: Permission denied\n")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
class TestSessions:
    # A name with a space and a parenthesis, to be read correctly in /proc.
    JOBS = (
        "import os, subprocess, sys, time\n"
        "open('/proc/self/comm', 'w').write(') S 1 (')\n"
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'], process_group=0)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)"
    )

    @pytest.fixture
    def leader(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-S", "-c", self.JOBS]
        process = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
        return process

    def test_all_of_its_groups_are_seen_and_signalled(self, leader: subprocess.Popen[bytes]) -> None:
        assert leader.pid in groups_of(leader.pid)
        assert len(groups_of(leader.pid)) == 2
        assert leader.pid in children_of(os.getpid())
        assert len(children_of(leader.pid)) == 1
        assert signal_session(leader.pid, signal.SIGKILL)
        wait_for("the session's end", lambda: not session_alive(leader.pid))
        # Its leader is a zombie still, which is as good as gone.
        assert not signal_session(leader.pid, signal.SIGKILL)
        assert leader.wait(PATIENCE) == -signal.SIGKILL
