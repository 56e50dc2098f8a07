"""What stands before a process that runs alone as PID 1, as PID 1 of a namespace of its own where that may be made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from macaron_runner.processes.spawn import EXIT_NOT_FOUND
from tests.support.processes import PATIENCE, descendants, wait_for
from tests.support.supervised import ROOT

ALONE = """
import os, sys
from macaron_runner.processes.process import Process
from macaron_runner.processes.spawn import exec_process
exec_process(Process("web", "web", tuple(sys.argv[1:]), 1.0, {}, ()), os.environ)
"""
TELLS_SIGNALS = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM})
print("up", os.getpid() != 1, os.getsid(0) == os.getpid(), flush=True)
print(signal.sigwait({signal.SIGHUP}).name, signal.sigwait({signal.SIGTERM}).name, flush=True)
sys.exit(7)
"""
LEAVES_ORPHANS = """
import os, subprocess, sys
for _ in range(20):
    subprocess.run([sys.executable, "-S", "-c", "import os; os.fork() or os._exit(0)"], check=True)
print("left", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    done = subprocess.run(["unshare", "--pid", "--fork", "true"], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("process namespaces cannot be made here")


@contextmanager
def alone(*argv: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Give `unshare`, whose child is PID 1 of a namespace, and that child's pid here."""
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", ALONE, *argv]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, wait_for("PID 1", lambda: descendants(process.pid))[0].pid
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_signals_are_handed_on_and_the_code_is_the_childs() -> None:
    with alone(sys.executable, "-S", "-c", TELLS_SIGNALS) as (process, first):
        assert line_of(process) == "up True True"
        os.kill(first, signal.SIGHUP)
        os.kill(first, signal.SIGTERM)
        assert line_of(process) == "SIGHUP SIGTERM"
        assert process.wait(PATIENCE) == 7


def test_orphans_are_reaped() -> None:
    with alone(sys.executable, "-S", "-c", LEAVES_ORPHANS) as (process, first):
        assert line_of(process) == "left"
        children = Path(f"/proc/{first}/task/{first}/children")
        wait_for("all orphans' end", lambda: len(children.read_text().split()) == 1)


def test_it_is_a_small_program() -> None:
    with alone(sys.executable, "-S", "-c", LEAVES_ORPHANS) as (process, first):
        assert line_of(process) == "left"
        status = Path(f"/proc/{first}/status").read_text()
        private = next(line for line in status.splitlines() if line.startswith("RssAnon"))
        assert int(private.split()[1]) < 8192


def test_a_program_that_is_killed_and_one_that_is_not_there() -> None:
    with alone(sys.executable, "-S", "-c", "import os; os.kill(os.getpid(), 9)") as (process, _):
        assert process.wait(PATIENCE) == 128 + signal.SIGKILL
    with alone("/no/such/program") as (process, _):
        assert process.wait(PATIENCE) == EXIT_NOT_FOUND


def test_whatever_is_pid_one_hears_that_it_should_stop() -> None:
    command = [
        "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        sys.executable,
        "-m",
        "macaron_runner.cli",
        "schema",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)  # it has begun, and cannot go on: the pipe is full
        os.kill(descendants(process.pid)[0].pid, signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 128 + signal.SIGINT
