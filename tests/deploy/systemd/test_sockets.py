"""The web as its unit starts it, on a socket that somebody else holds: connections wait while it is replaced."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from macaron_runner.deploy.systemd.render import render
from tests.deploy.planned import plan_of

HELLO = Path(__file__).parents[3] / "sample_services/helloworld"
DEADLINE = 30
DEPLOY = "\nbuild: {image: hello}\ndeploy: {targets: {box: {type: systemd, host: localhost, directory: DIRECTORY}}}\n"


@pytest.fixture
def unit(tmp_path: Path) -> dict[str, list[str]]:
    """Lay a release of helloworld out as the host has it; return what its web's unit says, by key."""
    app = tmp_path / "current/app"
    shutil.copytree(HELLO, app)
    (tmp_path / "current/venv").symlink_to(sys.prefix)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/jwt_secret").write_text("passed by systemd, and long enough")
    file = app / "macaron.yaml"
    text = "".join(
        line for line in file.read_text().splitlines(keepends=True) if not line.startswith("build:")
    )
    file.write_text(text + DEPLOY.replace("DIRECTORY", str(tmp_path)))
    units = {each.path: each.text for each in render(plan_of(file, "box", version="v1"))}
    said: dict[str, list[str]] = {}
    for line in units["units/helloworld-box-web.service"].splitlines():
        key, _, value = line.partition("=")
        said.setdefault(key, []).append(value)
    return said


@contextmanager
def running(
    unit: dict[str, list[str]], listener: socket.socket, state: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Start what the unit starts, as systemd does: with the socket as descriptor 3, and its variables."""
    told = dict(shlex.split(value)[0].split("=", 1) for value in unit["Environment"])
    credentials = Path(unit["LoadCredential"][0].partition(":")[2]).parent
    process = subprocess.Popen(
        ("bash", "-c", f"exec {unit['ExecStart'][0]} 3<&{listener.fileno()}"),
        env={
            **told,
            "MACARON_STATE_DIR": str(state),
            "CREDENTIALS_DIRECTORY": str(credentials),
            "PATH": os.environ["PATH"],
        },
        cwd=unit["WorkingDirectory"][0],
        pass_fds=(listener.fileno(),),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE)


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.slow
@pytest.mark.service
def test_a_restart_loses_no_connection(unit: dict[str, list[str]], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        port = listener.getsockname()[1]
        answers: list[tuple[int, bytes]] = []
        with running(unit, listener, tmp_path / "state"):
            status, body = ask(port, "/version")
            assert (status, b'"v1"' in body) == (200, True)
            assert ask(port, "/health/ready")[0] == 200
        client = threading.Thread(target=lambda: answers.append(ask(port, "/health/ready")))
        client.start()  # nobody is there to accept it
        with running(unit, listener, tmp_path / "state"):
            client.join(DEADLINE)
            assert [status for status, _ in answers] == [200]
