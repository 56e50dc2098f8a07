"""A release is let in where it answers, says its own version, and the service's own command says yes."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from macaron_runner.deploy.acceptance import Acceptance, accept, fetch
from macaron_runner.deploy.failures import DeploymentFailed, Failure, Refused
from macaron_runner.deploy.target import Address
from tests.deploy.fakes.memory import MemoryBed
from tests.deploy.test_release import TWO

NONE = Acceptance((), "", 60.0)


@contextmanager
def answering(answers: dict[str, tuple[int, str]], token: str = "") -> Iterator[str]:
    """Give the URL of a server that answers paths so; without the token, with 403."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = not token or self.headers.get("X-Auth") == f"Bearer {token}"
            status, text = answers.get(self.path, (404, "")) if allowed else (403, "")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


GOOD = {"/health/ready": (200, "{}"), "/version": (200, json.dumps({"version": "v2"}))}


def test_a_release_that_answers_with_its_version_is_let_in(tmp_path: Path) -> None:
    told: list[str] = []
    with answering(GOOD, token="t0ken-of-mine") as url:
        accept(
            MemoryBed(tmp_path).hands(told.append), TWO, "live", Address(url, "t0ken-of-mine", "X-Auth"), NONE
        )
    assert told == [f"$ curl --fail {url}/health/ready", f"$ curl --fail {url}/version"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({**GOOD, "/version": (200, '{"version": "v1"}')}, "v1"),
        ({**GOOD, "/version": (200, "[]")}, "/version"),
        ({**GOOD, "/version": (200, "<html>")}, "<html>"),
        ({**GOOD, "/health/ready": (503, "the broker is away")}, "503 the broker is away"),
        ({}, "404"),
    ],
)
def test_one_that_does_not_is_refused_with_what_it_answered(
    answers: dict[str, tuple[int, str]], why: str, tmp_path: Path
) -> None:
    bed = MemoryBed(tmp_path)
    with answering(answers) as url, pytest.raises(Refused, match=why):
        accept(bed.hands(lambda _: None), TWO, "live", Address(url), NONE)
    assert bed.time == 60


def test_nobody_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="refused"):
        accept(MemoryBed(tmp_path).hands(lambda _: None), TWO, "live", Address("http://127.0.0.1:1"), NONE)


def test_the_own_command_is_told_whom_to_ask_and_its_no_counts(tmp_path: Path) -> None:
    told: list[str] = []
    hands = MemoryBed(tmp_path).hands(told.append)
    names = ["MACARON_URL", "MACARON_VERSION", "MACARON_TARGET", "MACARON_TOKEN"]
    code = f"import os; print(*map(os.environ.get, {names})); print(os.getcwd())"
    with answering(GOOD) as url:
        own = Acceptance((sys.executable, "-c", code), str(tmp_path), 60.0)
        accept(hands, TWO, "live", Address(url, "t0ken-of-mine"), own)
        assert told[-2:] == [f"  {url} v2 live t0ken-of-mine", f"  {tmp_path}"]
        assert told[-3].startswith(
            f"$ MACARON_TARGET=live MACARON_TOKEN=… MACARON_URL={url} MACARON_VERSION=v2 "
        )
        with pytest.raises(Failure, match="ended with 3\n  no orders"):
            accept(
                hands, TWO, "live", Address(url), Acceptance(("sh", "-c", "echo no orders; exit 3"), "", 60.0)
            )


def test_a_release_that_is_refused_gets_no_traffic(tmp_path: Path) -> None:
    bed = MemoryBed(tmp_path)
    bed.pipeline(lambda _: None).deploy(bed.wanted("v1"))
    with answering({**GOOD, "/version": (200, '{"version": "v1"}')}) as url:
        bed.addresses["v2"] = Address(url)
        told: list[str] = []
        with pytest.raises(DeploymentFailed, match=r"release 2 \(v2\) was not deployed; release 1"):
            bed.pipeline(told.append).deploy(bed.wanted("v2"))
    assert bed.serving() == "v1"
    assert "$ memory switch 2" not in told
    with answering(GOOD) as url:
        bed.addresses["v2"] = Address(url)
        bed.pipeline(lambda _: None).deploy(bed.wanted("v2"))
    assert bed.serving() == "v2"


def test_what_answers_no_http_is_not_ready() -> None:
    """A way that is half open, or somebody else's port: it is asked again, and nothing breaks."""

    def answer(door: socket.socket) -> None:
        client, _ = door.accept()
        with client:
            client.recv(65536)
            client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=answer, args=(door,))
        thread.start()
        ready, why = fetch(f"http://127.0.0.1:{door.getsockname()[1]}/health/ready", {})
        thread.join()
    assert not ready
    assert "SSH-2.0" in why


def test_a_token_does_not_go_where_an_answer_leads() -> None:
    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{elsewhere}/health/ready")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with answering(GOOD, token="t0ken") as elsewhere, HTTPServer(("127.0.0.1", 0), Leading) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/health/ready"
        assert fetch(url, {"X-Auth": "Bearer t0ken"}) == (False, "403 ")
        thread.join()
        assert fetch(f"{elsewhere}/health/ready", {"X-Auth": "Bearer t0ken"}) == (True, "{}")
