"""Addresses that are taken, and by whom."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, Severity
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.processes.addresses import InternetAddress, UnixAddress
from macaron_runner.processes.holders import Holder, holders_of

HOLDING = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(*words: str, cwd: Path | None = None) -> Iterator[tuple[int, int]]:
    """Give the port and the id of a process that listens, with further words in its argv."""
    command = [sys.executable, "-c", HOLDING, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.stdin.close()
            process.wait(60)


def found_at(bind: str) -> tuple[Diagnostic, ...]:
    """Return what is found of a service that listens on an address."""
    text = "macaron: 1\nservice: {name: shop}\napis: {crash: {spec: 'macaron:crash'}}\n"
    Path("macaron.yaml").write_text(f"{text}server: {{bind: '{bind}'}}\n")
    return inspect_service(Selection("macaron.yaml"), environ={}, ports=True).diagnostics


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_free_port() -> None:
    assert found_at("127.0.0.1:0") == ()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert found_at(f"127.0.0.1:{port}") == ()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who holds a port")
def test_a_port_that_another_program_holds() -> None:
    with holding() as (port, pid):
        (found,) = found_at(f"127.0.0.1:{port}")
    assert (found.code, found.severity, str(found.location)) == (
        "MAC256",
        Severity.WARNING,
        "macaron.yaml:4:16",
    )
    assert found.message == f"cannot listen on 127.0.0.1:{port}: the port is in use by another program"
    assert found.label == f"held by {Path(sys.executable).name} (process {pid})"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who holds a port")
@pytest.mark.parametrize(
    "words", [("macaron", "run", "macaron.yaml"), ("macaron", "run"), ("macaron", "run", ".")]
)
def test_a_port_that_the_running_service_holds(folder: Path, words: tuple[str, ...]) -> None:
    with holding(*words, cwd=folder) as (port, _):
        assert found_at(f"127.0.0.1:{port}") == ()
    with holding("macaron", "run", "other.yaml", cwd=folder.parent) as (port, _):
        assert len(found_at(f"127.0.0.1:{port}")) == 1


def test_unix_sockets(folder: Path) -> None:
    assert found_at(f"unix:{folder}/a.sock") == ()
    (folder / "b.sock").write_text("no socket")
    (found,) = found_at(f"unix:{folder}/b.sock")
    assert found.message.endswith("there is something else of this name")
    assert (folder / "b.sock").read_text() == "no socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/c.sock")
        (folder / "c.sock").chmod(0o600)
        listener.listen()
        (found,) = found_at(f"unix:{folder}/c.sock")
        assert found.message.endswith("another program listens there")
    assert found_at(f"unix:{folder}/c.sock") == ()
    assert (folder / "c.sock").exists()


def test_who_holds_a_socket(folder: Path) -> None:
    assert holders_of(InternetAddress("127.0.0.1", 1), folder) == ()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/d.sock")
        listener.listen()
        if Path("/proc/net/unix").exists():
            assert os.getpid() in {each.pid for each in holders_of(UnixAddress(f"{folder}/d.sock"))}


def test_a_holder_of_another_kind_runs_no_service() -> None:
    assert Holder(1, (), "").program == ""
    assert not Holder(1, ("vim", "macaron.yaml"), "/srv").runs(Path("/srv/other.yaml"))
    assert not Holder(1, ("nginx", "x.yaml"), "/srv").runs(Path("/srv/x.yaml"))
    entry = ("python", "-m", "macaron_runner.entries", "web", "--config", "/srv/x.yaml")
    assert Holder(1, entry, "/").runs(Path("/srv/x.yaml"))
