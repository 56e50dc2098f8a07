"""Faults between client and server: each ends in its own error, in time, and nothing is sent that must not be."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from macaron_runner.clients.failures import (
    CallTimeout,
    CircuitOpen,
    ClientError,
    ConnectionFailed,
    InvalidAnswer,
    TooManyRedirects,
)
from macaron_runner.clients.options import Options
from macaron_runner.clients.outgoing import Answer
from tests.support.called import caller_of, in_a_coroutine, in_a_thread, remote_at
from tests.support.misbehaving import (
    Behaviour,
    answer,
    close,
    dribble,
    flood,
    half_then,
    late,
    misbehaving,
    raw,
    reset,
)
from tests.support.played import request

FINE = answer(200, b"fine")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
LIMIT = "200KiB"
BOTH = pytest.mark.parametrize("ask", [in_a_thread, in_a_coroutine])


@contextmanager
def in_time(most: float = 4.0) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < most


FAULTS: dict[str, tuple[Behaviour, type[ClientError]]] = {
    "delay": (late(15.0, FINE), CallTimeout),
    "reset": (reset, ConnectionFailed),
    "closed": (close, ConnectionFailed),
    "half, then closed": (half_then(close), InvalidAnswer),
    "half, then reset": (half_then(reset), InvalidAnswer),
    "half, then silence": (half_then(late(15.0, close)), CallTimeout),
    "half a head": (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), ConnectionFailed),
    "half a chunk": (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"), InvalidAnswer),
    "no end of chunks": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        InvalidAnswer,
    ),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), InvalidAnswer),
    "bytes": (raw(bytes(range(256)) * 4), InvalidAnswer),
    "two lengths": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        InvalidAnswer,
    ),
    "a header that is none": (raw(b"HTTP/1.1 200 OK\r\nX y: 1\r\n\r\n"), InvalidAnswer),
    "a head without end": (flood(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 1000 + b"\r\n"), InvalidAnswer),
    "a dribbling head": (dribble(b"HTTP/1.1 200 OK\r\nX: "), CallTimeout),
    "a dribbling body": (dribble(HEAD), CallTimeout),
    "continue without end": (flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), CallTimeout),
    "too long": (flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), InvalidAnswer),
    "too long by its head": (answer(200, b"x" * 300_000), InvalidAnswer),
    "a bomb": (answer(200, gzip.compress(bytes(100_000_000)), Content_Encoding="gzip"), InvalidAnswer),
    "no gzip": (answer(200, b"no gzip", Content_Encoding="gzip"), InvalidAnswer),
    "half a gzip": (answer(200, gzip.compress(b"x" * 999)[:20], Content_Encoding="gzip"), InvalidAnswer),
    "gzip by the thousand": (answer(200, gzip.compress(b"x") * 1000, Content_Encoding="gzip"), InvalidAnswer),
    "another coding": (answer(200, b"x", Content_Encoding="br"), InvalidAnswer),
    "a loop": (answer(302, b"", Location="/v1/items"), TooManyRedirects),
    "no end of redirects": (answer(302, b"", Location="?again"), TooManyRedirects),
}


@BOTH
@pytest.mark.parametrize("name", FAULTS)
def test_a_post_ends_in_its_error_after_one_request(name: str, ask: Callable[..., Any]) -> None:
    behaviour, error = FAULTS[name]
    method = "GET" if error is TooManyRedirects else "POST"
    outgoing = request(method, body=b"{}" if method == "POST" else None)
    with misbehaving(behaviour) as server:
        remote = remote_at(server.origin, timeout="400ms", answer_limit=LIMIT, retries=3)
        with in_time(), pytest.raises(error) as failure:
            ask(caller_of(remote, outgoing), outgoing)
        assert type(failure.value) is error
        assert len(server.asked) == (1 if method == "POST" else len(server.asked))
        told = f"{failure.value}{failure.value.to_json()}"
        assert "127.0.0.1" not in told
        assert str(server.port) not in told
        assert failure.value.path == ("stock.items",)
        remote.close()
        no_connection_stays(server)


@BOTH
@pytest.mark.parametrize("name", ["reset", "closed", "half, then closed", "half, then reset", "half a chunk"])
def test_a_get_is_tried_again_meanwhile(name: str, ask: Callable[..., Any]) -> None:
    with misbehaving(FAULTS[name][0], FAULTS[name][0], FINE) as server:
        remote = remote_at(server.origin, timeout="5s", retries={"max": 3, "backoff": "10ms"})
        assert ask(caller_of(remote, request()), request()) == Answer(
            200, (("Content-Length", "4"),), b"fine"
        )
        assert len(server.asked) == 3
        remote.close()
        no_connection_stays(server)


def no_connection_stays(server: Any) -> None:
    until = time.monotonic() + 2.0
    while server.open and time.monotonic() < until:
        time.sleep(0.01)
    assert server.open == 0


@BOTH
def test_later_is_later(ask: Callable[..., Any]) -> None:
    with misbehaving(answer(503, Retry_After="1"), FINE) as server:
        remote = remote_at(server.origin, timeout="5s")
        began = time.monotonic()
        assert ask(caller_of(remote, request()), request()).body == b"fine"
        assert 1.0 <= time.monotonic() - began < 4.0
        remote.close()


@BOTH
def test_nobody_there(ask: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    remote = remote_at(f"http://127.0.0.1:{port}", retries={"max": 2, "backoff": "10ms"})
    with in_time(), pytest.raises(ConnectionFailed):
        ask(caller_of(remote, request("POST")), request("POST"))


@BOTH
def test_nobody_accepts(ask: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        remote = remote_at(
            f"http://127.0.0.1:{listener.getsockname()[1]}", connect_timeout="200ms", retries=0
        )
        with in_time(), pytest.raises(CallTimeout):
            ask(caller_of(remote, request()), request())
        for each in waiting:
            each.close()


@BOTH
def test_a_name_that_is_nobodys(ask: Callable[..., Any]) -> None:
    remote = remote_at("http://nobody.invalid:80", timeout="3s", retries=0)
    with in_time(8.0), pytest.raises((ConnectionFailed, CallTimeout)) as failure:
        ask(caller_of(remote, request()), request())
    assert "invalid" not in str(failure.value)


@BOTH
def test_the_circuit_opens_and_closes_again(ask: Callable[..., Any]) -> None:
    with misbehaving(close, close, FINE) as server:
        remote = remote_at(
            server.origin, retries=0, circuit_breaker={"failures": 2, "within": "30s", "open": "300ms"}
        )
        caller = caller_of(remote, request())
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                ask(caller, request())
        with pytest.raises(CircuitOpen):
            ask(caller, request())
        assert len(server.asked) == 2
        time.sleep(0.3)
        assert ask(caller, request()).body == b"fine"
        remote.close()


@BOTH
def test_who_waits_for_less_time_than_the_client_opens_no_circuit_for_others(ask: Callable[..., Any]) -> None:
    slow = late(0.4, FINE)
    with misbehaving(slow, slow, slow) as server:
        breaker = {"failures": 2, "within": "30s", "open": "30s"}
        remote = remote_at(server.origin, retries=0, timeout="10s", circuit_breaker=breaker)
        caller = caller_of(remote, request())
        for _ in range(2):
            with pytest.raises(CallTimeout):
                ask(caller, request(), Options(timeout=0.05))
        assert ask(caller, request()).body == b"fine"
        remote.close()


@BOTH
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"x" * 131_072)),
        ("GZIP", gzip.compress(b"x" * 65_536) * 2),
        ("x-gzip", gzip.compress(b"x" * 131_072)),
        ("deflate", zlib.compress(b"x" * 131_072)),
        ("deflate", zlib.compress(b"x" * 131_072)[2:-4]),
        ("identity", b"x" * 131_072),
    ],
)
def test_codings_are_taken_off(coding: str, body: bytes, ask: Callable[..., Any]) -> None:
    with misbehaving(answer(200, body, Content_Encoding=coding)) as server:
        remote = remote_at(server.origin, answer_limit="128KiB")
        assert ask(caller_of(remote, request()), request()).body == b"x" * 131_072
        assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"
        remote.close()


@BOTH
def test_answers_without_a_body_have_none(ask: Callable[..., Any]) -> None:
    head = b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n"
    with misbehaving(
        raw(b"HTTP/1.1 200 OK\r\n" + head, keep=True), raw(b"HTTP/1.1 304 Not Modified\r\n" + head, keep=True)
    ) as server:
        remote = remote_at(server.origin)
        assert ask(caller_of(remote, request("HEAD")), request("HEAD")).body == b""
        assert ask(caller_of(remote, request()), request()).status == 304
        remote.close()
