"""Whether a broker can be reached, and what is said where it cannot; never its password."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.tasks.brokers.embedded import find_server
from macaron_runner.tasks.monitoring.reach import obstacle, store_obstacle

MACARON_YAML = """\
macaron: 1
service: {name: shop}
secrets: {part: {env: PART}}
apis: {crash: {spec: "macaron:crash"}}
"""


def reach(folder: Path, broker: str, deadline: float = 30.0, part: str = "gehe/im") -> str:
    """Return what is in the way to a broker."""
    (folder / "macaron.yaml").write_text(f"{MACARON_YAML}tasks: {{broker: '{broker}'}}\n")
    configuration = load(Selection(str(folder / "macaron.yaml")), environ={"PART": part})
    return obstacle(configuration, deadline)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the port of a Valkey that wants the password "gehe/im"."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("valkey")
    words = (
        find_server(),
        "--port",
        str(port),
        "--requirepass",
        "gehe/im",
        "--save",
        "",
        "--dir",
        str(folder),
    )
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield port
        process.terminate()
        process.wait(60)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_one_that_answers(tmp_path: Path, guarded: int) -> None:
    assert reach(tmp_path, f"redis://:${{secret:part}}@127.0.0.1:{guarded}/0") == ""


@pytest.mark.parametrize("password", ["", ":wrong@", ":${secret:part}@"])
def test_a_wrong_password(tmp_path: Path, guarded: int, password: str) -> None:
    said = reach(tmp_path, f"redis://{password}127.0.0.1:{guarded}/0", part="falsch")
    assert said == f"the broker at 127.0.0.1:{guarded} cannot be used: it refuses this user or password"


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp", "amqps"])
def test_nobody_listens(tmp_path: Path, scheme: str) -> None:
    said = reach(tmp_path, f"{scheme}://shop:geheim@127.0.0.1:1/")
    assert said == "the broker at 127.0.0.1:1 cannot be used: connection refused"


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_somebody_listens_and_says_nothing(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        said = reach(tmp_path, f"{scheme}://127.0.0.1:{port}/", deadline=1.0)
    assert said == f"the broker at 127.0.0.1:{port} cannot be used: no answer within 1 s"
    assert time.monotonic() - began < 30


def test_somebody_speaks_another_language(tmp_path: Path) -> None:
    """As a web proxy that stands between us and every host does."""
    with socket.create_server(("127.0.0.1", 0)) as web:
        port = web.getsockname()[1]
        answering = threading.Thread(target=_answer_as_a_web_server, args=(web,), daemon=True)
        answering.start()
        said = reach(tmp_path, f"redis://:geheim@127.0.0.1:{port}/0")
    assert said == f"the broker at 127.0.0.1:{port} cannot be used: what answers there does not speak redis"


def _answer_as_a_web_server(web: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the test closed it
        while True:
            connection, _ = web.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_no_such_host(tmp_path: Path) -> None:
    said = reach(tmp_path, "redis://broker.invalid/0", deadline=3.0)
    assert said.startswith("the broker at broker.invalid:6379 cannot be used: ")


def test_a_host_that_is_a_secret_is_not_shown(tmp_path: Path) -> None:
    for broker in ("${secret:part}", "redis://u:pw@${secret:part}/0"):
        part = "redis://:hidden@127.0.0.1:1/0" if broker.startswith("$") else "127.0.0.1:1"
        said = reach(tmp_path, broker, part=part)
        assert said.startswith("the broker ‹secret part› cannot be used: ")
        assert not any(word in said for word in ("hidden", "pw", "127.0.0.1"))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        (":${secret:part}@", ""),
        (":wrong@", "the store at 127.0.0.1:{port} cannot be used: it refuses this user or password"),
    ],
)
def test_a_store_is_asked_as_well(tmp_path: Path, guarded: int, password: str, said: str) -> None:
    store = f"redis://{password}127.0.0.1:{guarded}/1"
    (tmp_path / "macaron.yaml").write_text(f"{MACARON_YAML}tasks: {{broker: 'amqp://h', store: '{store}'}}\n")
    configuration = load(Selection(str(tmp_path / "macaron.yaml")), environ={"PART": "gehe/im"})
    assert store_obstacle(configuration, 30.0) == said.format(port=guarded)


def test_the_embedded_one_needs_only_its_program(tmp_path: Path) -> None:
    assert reach(tmp_path, "embedded") == ""
