"""What reads requests and writes answers does it as gunicorn's own classes do."""

import re
import socket
import threading
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.server.crew import Crew
from macaron_runner.server.wire import Answer, PlainParser, SizedBody

BODIES = st.one_of(st.just(b""), st.binary(max_size=40), st.integers(9_000, 30_000).map(lambda n: b"x" * n))
READS = st.lists(st.one_of(st.none(), st.integers(-1, 50), st.integers(8_000, 40_000)), max_size=4)
PEERS = st.sampled_from([("127.0.0.1", 1), ("10.0.0.7", 1), ("::1", 1, 0, 0), ""])


def request(body: bytes, chunked: bool, forwarded: bool) -> bytes:
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    more = b"X-Forwarded-Proto: https\r\n" if forwarded else b""
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    sent = chunk + b"0\r\n\r\n" if chunked else body
    return b"POST /a?b=c HTTP/1.1\r\nHost: h\r\n" + more + length + b"\r\n\r\n" + sent


def seen(kind, peer, data: bytes, plans) -> list[object]:
    """Return all that is read of a connection's requests, each by a plan of sizes."""
    here, there = socket.socketpair()
    found: list[object] = []
    with closing(here), closing(there):
        there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(data) * 2 + 1)
        sending = threading.Thread(target=lambda: (there.sendall(data), there.shutdown(socket.SHUT_WR)))
        sending.start()
        parser = kind(Config(), here, peer)
        for plan in plans:
            try:
                message = next(parser)
            except StopIteration:
                found.append("closed")
                break
            found += [message.method, message.uri, message.headers, message.scheme]
            found += [message.body.read(size) for size in plan]
            found += [parser.finish_body(), parser.unreader.buf.getvalue()[:0], message.should_close()]
        sending.join()
    return found


@settings(deadline=None, max_examples=60)
@given(
    peer=PEERS,
    exchanges=st.lists(st.tuples(BODIES, st.booleans(), st.booleans(), READS), min_size=1, max_size=3),
    cut=st.integers(0, 20),
)
def test_requests_are_read_as_gunicorn_reads_them(peer, exchanges, cut):
    data = b"".join(request(body, chunked, forwarded) for body, chunked, forwarded, _ in exchanges)
    plans = [plan for *_, plan in exchanges]
    if cut and not exchanges[-1][1]:  # of a chunked body that ends too early, each read is a failure
        data = data[: -min(cut, len(exchanges[-1][0])) or None]
    assert seen(PlainParser, peer, data, plans) == seen(RequestParser, peer, data, plans)


def test_a_body_that_came_with_its_headers_is_not_copied():
    here, there = socket.socketpair()
    with closing(here), closing(there):
        there.sendall(request(b"abc", False, False) + request(b"defg", False, False))
        parser = PlainParser(Config(), here, ("127.0.0.1", 1))
        first = next(parser)
        assert isinstance(first.body, SizedBody)
        assert (first.body.read(), first.body.read(), first.body.is_read, parser.has_more) == (
            b"abc",
            b"",
            True,
            True,
        )
        assert (next(parser).body.read(4), parser.has_more) == (b"defg", False)


def test_a_connection_whose_body_could_not_be_read_is_not_used_again():
    here, there = socket.socketpair()
    with closing(here), closing(there):
        there.sendall(request(b"abc", False, False)[:-1])
        parser = PlainParser(Config(), here, ("127.0.0.1", 1))
        body = next(parser).body
        here.settimeout(0.01)
        with pytest.raises(TimeoutError):
            body.read()
        assert not parser.finish_body()


class Sent:
    """A socket that keeps what is sent, call by call."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.calls.append(data)


class Asked:
    """As much of a request as an answer looks at."""

    def __init__(self, method: str, version: tuple[int, int]) -> None:
        self.method = method
        self.version = version

    def should_close(self) -> bool:
        return self.version < (1, 1)


def sent(kind, method, version, status, headers, pieces) -> list[bytes]:
    sock = Sent()
    answer = kind(Asked(method, version), sock, Config())
    write = answer.start_response(status, headers)
    for piece in pieces:
        write(piece)
    answer.close()
    assert answer.headers_sent
    return [re.sub(rb"\r\nDate: [^\r]+GMT\r\n", b"\r\nDate: now\r\n", call) for call in sock.calls]


@settings(deadline=None, max_examples=150)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    version=st.sampled_from([(1, 0), (1, 1)]),
    status=st.sampled_from(
        ["200 OK", "204 No Content", "304 Not Modified", "404 Not Found", "101 Switching"]
    ),
    length=st.sampled_from([None, "first", "all", 0, 3]),
    others=st.lists(
        st.sampled_from([("X-A", " b "), ("Connection", "upgrade"), ("Upgrade", "websocket")]), max_size=2
    ),
    pieces=st.lists(st.binary(max_size=6), max_size=3),
)
def test_answers_are_written_as_gunicorn_writes_them(method, version, status, length, others, pieces):
    lengths = {"first": len(pieces[0]) if pieces else 0, "all": sum(map(len, pieces))}
    length = lengths.get(length, length)
    headers = others if length is None else [*others, ("Content-Length", str(length))]
    ours = sent(Answer, method, version, status, headers, pieces)
    theirs = sent(Response, method, version, status, headers, pieces)
    assert b"".join(ours) == b"".join(theirs)


def test_a_whole_answer_is_one_call():
    whole = sent(Answer, "GET", (1, 1), "200 OK", [("Content-Length", "3")], [b"abc"])
    assert len(whole) == 1
    assert whole[0].endswith(b"\r\nContent-Length: 3\r\n\r\nabc")


def test_an_answer_refuses_what_is_no_bytes():
    with pytest.raises(TypeError):
        sent(Answer, "GET", (1, 1), "200 OK", [("Content-Length", "3")], ["abc"])


def test_a_crew_works_side_by_side_and_finishes_what_waits():
    both = threading.Barrier(2, timeout=10)
    done: list[int] = []

    def do(number: int) -> None:
        if number < 2:
            both.wait()  # each needs the other
        done.append(number)

    crew: Crew[int] = Crew(2, do)
    before = set(threading.enumerate())
    crew.start()
    for number in range(5):
        crew.put(number)
    crew.shutdown()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(done) == [0, 1, 2, 3, 4]
