"""Bodies over real sockets: those that a client sends only when asked, compressed ones, and large ones."""

from __future__ import annotations

import gzip
import http.client
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO

import pytest

from tests.server.conftest import ServiceFolder
from tests.support.programs import require
from tests.support.web import DEADLINE, Web, started

pytestmark = pytest.mark.service

DOCUMENT = """
paths:
  /echo:
    post:
      operationId: echo
      requestBody: {required: true, content: {text/plain: {}}}
      responses: {"200": {description: f, content: {application/json: {}}}}
  /guarded:
    post:
      operationId: guarded
      security: [{bearer: []}]
      requestBody: {content: {text/plain: {}}}
      responses: {"200": {description: f, content: {application/json: {}}}}
  /count:
    post:
      operationId: count
      x-stream-body: true
      requestBody: {required: true, content: {application/octet-stream: {}}}
      responses: {"200": {description: f, content: {application/json: {}}}}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
"""

HANDLERS = """
import resource


def echo(body):
    return len(body)


guarded = echo


def count(body):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    length = sum(len(piece) for piece in iter(lambda: body.read(65536), b""))
    return {"length": length, "grown": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before}
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = ServiceFolder(tmp_path_factory.mktemp("bodies"))
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    with started(folder.path, "server.workers=1", "http.body_limit=100kB") as running:
        yield running


def talk(web: Web, head: str, body: bytes = b"") -> tuple[list[int], bool]:
    """Send the head of a request, its body once it is asked for; return the statuses heard, and if it is over."""
    statuses = []
    with socket.create_connection(("127.0.0.1", web.port), DEADLINE) as client:
        client.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        while not statuses or statuses[-1] == 100:
            line = b""
            while not line.endswith(b"\r\n\r\n"):
                line += client.recv(1)
            statuses.append(int(line.split()[1]))
            if statuses[-1] == 100:
                client.sendall(body)
        return statuses, b"connection: close" in line.lower()


HEAD = "POST {path} HTTP/1.1\nHost: x\nContent-Type: {kind}\nContent-Length: {length}\nExpect: {expect}"


@pytest.mark.parametrize(
    ("path", "kind", "length", "expect", "statuses"),
    [
        ("/echo", "text/plain", 5, "100-continue", [100, 200]),
        ("/echo", "text/plain", 5, "100-Continue", [100, 200]),
        ("/echo", "image/png", 5, "100-continue", [415]),
        ("/echo", "text/plain", 200_000, "100-continue", [413]),
        ("/guarded", "text/plain", 5, "100-continue", [401]),
        ("/nowhere", "text/plain", 5, "100-continue", [404]),
        ("/count", "application/octet-stream", 5, "100-continue", [100, 200]),
        ("/echo", "text/plain", 5, "a-pony", [417]),
    ],
)
def test_a_body_is_asked_for_where_it_is_read(
    web: Web, path: str, kind: str, length: int, expect: str, statuses: list[int]
) -> None:
    head = HEAD.format(path=path, kind=kind, length=length, expect=expect)
    heard, is_over = talk(web, head, b"x" * length)
    assert heard == statuses
    assert is_over == (statuses[0] != 100)


def test_a_client_of_http_1_0_is_not_asked(web: Web) -> None:
    head = HEAD.format(path="/echo", kind="text/plain", length=1, expect="100-continue")
    with socket.create_connection(("127.0.0.1", web.port), DEADLINE) as client:
        client.sendall(head.replace("HTTP/1.1", "HTTP/1.0").replace("\n", "\r\n").encode() + b"\r\n\r\nx")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b"1")


def test_curl_waits_and_is_asked(web: Web, tmp_path: Path) -> None:
    require("curl")
    (tmp_path / "body").write_bytes(b"x" * 50_000)
    sent = ["-H", "Content-Type: text/plain", "-H", "Expect: 100-continue", "--expect100-timeout", "20"]
    ran = subprocess.run(
        ["curl", "-sv", *sent, "--data-binary", f"@{tmp_path}/body", f"http://127.0.0.1:{web.port}/echo"],
        capture_output=True, check=True, timeout=DEADLINE,
    )  # fmt: skip
    assert ran.stdout == b"50000"
    assert b"HTTP/1.1 100 Continue" in ran.stderr


def test_compressed_bodies(web: Web) -> None:
    kind = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    assert web.request("POST", "/echo", gzip.compress(b"x" * 90_000), **kind)[2] == b"90000"
    assert web.request("POST", "/echo", gzip.compress(bytes(10_000_000)), **kind)[0] == 413
    assert web.request("POST", "/echo", b"x", **kind)[0] == 400
    status, headers, _ = web.request("POST", "/echo", b"x", **{**kind, "Content-Encoding": "br"})
    assert (status, headers["Accept-Encoding"]) == (415, "gzip, deflate")


def test_a_large_upload_is_read_as_it_comes(web: Web) -> None:
    """Beyond the body limit, and without being held in memory; chunked and compressed as well."""
    kind = {"Content-Type": "application/octet-stream"}
    with closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=DEADLINE)) as connection:
        pieces = (bytes(1_000_000) for _ in range(50))
        connection.request("POST", "/count", pieces, kind, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        assert b'"length":50000000' in (found := answer.read())
    assert int(found.partition(b'"grown":')[2].rstrip(b"}")) < 20_000  # KiB
    bomb = gzip.compress(bytes(50_000_000))
    assert (
        b'"length":50000000' in web.request("POST", "/count", bomb, **kind, **{"Content-Encoding": "gzip"})[2]
    )


def answer_on(connection: IO[bytes]) -> tuple[int, bytes]:
    status = int(connection.readline().split()[1])
    return status, connection.read(int(http.client.parse_headers(connection)["Content-Length"]))


def test_kept_connections_take_turns(web: Web) -> None:
    head = "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"

    def asking(path: str, length: int) -> bytes:
        return head.format(path=path, length=length).encode() + b"x" * length

    with ExitStack() as stack:
        address = ("127.0.0.1", web.port)
        clients = [
            stack.enter_context(
                stack.enter_context(socket.create_connection(address, DEADLINE)).makefile("rwb", 0)
            )
            for _ in range(12)  # three for each thread
        ]
        for length in (1, 200, 20_000):
            # Two at once, one whose body nobody reads, one that comes in pieces.
            data = asking("/echo", length) + asking("/nowhere", 50) + asking("/echo", length + 1)
            for piece in (data[: length + 30], data[length + 30 :]):
                for client in clients:
                    client.write(piece)
            for client in clients:
                answers = [answer_on(client) for _ in range(3)]
                assert [status for status, _ in answers] == [200, 404, 200]
                assert [int(body) for status, body in answers if status == 200] == [length, length + 1]
