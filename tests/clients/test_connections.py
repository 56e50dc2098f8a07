"""Connections: kept between calls, never used by two, never inherited, never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.clients.failures import CallTimeout, ClientError, ConnectionFailed, TooManyCalls
from macaron_runner.clients.options import Options
from macaron_runner.clients.remote import Remote
from macaron_runner.clients.streamed import Streamed
from tests.support.called import caller_of, remote_at
from tests.support.misbehaving import (
    Behaviour,
    Misbehaving,
    answer,
    close,
    half_then,
    late,
    misbehaving,
    raw,
    reset,
)
from tests.support.played import request

FINE = answer(200, b"fine")
AT_ONCE = {"max": 3, "backoff": "0s"}


@contextlib.contextmanager
def called(*behaviours: Behaviour, **settings: Any) -> Iterator[tuple[Misbehaving, Remote]]:
    with misbehaving(*behaviours) as server:
        remote = remote_at(server.origin, **settings)
        with contextlib.closing(remote):
            yield server, remote
        wait_for(lambda: server.open == 0)


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 5.0
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)


def test_a_connection_is_kept_for_the_next_call() -> None:
    with called(FINE) as (server, remote):
        caller = caller_of(remote, request())
        for _ in range(20):
            assert caller(request()).body == b"fine"
        assert (server.connections, len(server.asked)) == (1, 20)


def test_threads_share_the_connections() -> None:
    with called(late(0.001, FINE), max_connections=4) as (server, remote):
        caller = caller_of(remote, request())
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(lambda _: caller(request()).body, range(300)))
        assert answers == [b"fine"] * 300
        assert server.connections <= 4


def test_one_that_the_other_side_closed_meanwhile_is_not_used() -> None:
    """Whatever the method: nothing was sent on it."""
    with called(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"), FINE, retries=0) as (
        server,
        remote,
    ):
        caller = caller_of(remote, request("POST"))
        assert caller(request("POST")).body == b"fine"
        wait_for(lambda: server.open == 0)
        assert caller(request("POST")).body == b"fine"
        assert len(server.asked) == 2


def test_one_that_says_what_nobody_asked_for_is_not_used() -> None:
    """An answer too many must never be taken for that of the next call."""
    two = raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfineHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad",
        keep=True,
    )
    with called(two, FINE, retries=0) as (server, remote):
        caller = caller_of(remote, request())
        assert [caller(request()).body for _ in range(3)] == [b"fine"] * 3
        assert server.connections == 2


@pytest.mark.parametrize("fault", [close, reset])
def test_one_that_is_closed_on_the_next_request_is_a_reason_to_ask_again_only_where_that_is_safe(
    fault: Any,
) -> None:
    with called(FINE, fault, FINE, fault, FINE, retries=AT_ONCE) as (server, remote):
        caller = caller_of(remote, request())
        assert caller(request()).body == b"fine"
        assert caller(request()).body == b"fine"
        assert len(server.asked) == 3
        post = caller_of(remote, request("POST"))
        with pytest.raises(ConnectionFailed):
            post(request("POST", body=b"{}"))
        assert [asked.line[:4] for asked in server.asked].count("POST") == 1


def test_an_answer_to_half_a_request_is_an_answer() -> None:
    """Who refuses a body need not read it (RFC 9112 section 9.3)."""
    refusal = raw(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlong")

    def refuse(connection: Any) -> None:
        refusal(connection)
        time.sleep(0.05)

    with misbehaving(FINE) as server:
        server.read_bodies = False
        server.behaviours[:] = [refuse]
        remote = remote_at(server.origin, retries=0)
        answered = caller_of(remote, request("POST"))(request("POST", body=bytes(5_000_000)))
        assert (answered.status, answered.body) == (413, b"long")
        remote.close()


def test_calls_more_than_may_be_under_way_fail_at_once() -> None:
    with called(late(0.3, FINE), max_calls=2) as (server, remote):
        caller = caller_of(remote, request())
        with ThreadPoolExecutor(2) as threads:
            running = [threads.submit(caller, request()) for _ in range(2)]
            wait_for(lambda: len(server.asked) == 2)
            with pytest.raises(TooManyCalls) as refusal:
                caller(request())
            assert refusal.value.status == 503
            assert [each.result().body for each in running] == [b"fine"] * 2
        assert caller(request()).body == b"fine"


def test_a_place_is_held_until_a_stream_is_closed() -> None:
    with called(FINE, max_calls=1) as (_, remote):
        caller = caller_of(remote, request())
        streamed = caller(request(), Options(stream=True))
        with pytest.raises(TooManyCalls):
            caller(request())
        assert b"".join(streamed.pieces()) == b"fine"
        streamed.close()
        streamed.close()
        for _ in range(3):
            assert caller(request()).body == b"fine"


def test_a_stream_that_is_not_read_costs_its_connection_and_nothing_else() -> None:
    with called(answer(200, bytes(5_000_000)), max_connections=1) as (server, remote):
        caller = caller_of(remote, request())
        for _ in range(3):
            caller(request(), Options(stream=True)).close()
        pieces = (streamed := caller(request(), Options(stream=True))).pieces()
        assert next(pieces)
        streamed.close()
        assert len(caller(request()).body) == 5_000_000
        assert server.connections == 5


def test_streams_may_take_longer_than_a_call_but_not_between_two_pieces() -> None:
    def slowly(connection: Any) -> bool | None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        for _ in range(3):
            time.sleep(0.2)
            connection.sendall(b"a")
        return late(2.0, close)(connection)

    with called(slowly, timeout="400ms") as (_, remote):
        streamed = caller_of(remote, request())(request(), Options(stream=True))
        pieces = streamed.pieces()
        assert [next(pieces) for _ in range(3)] == [b"a"] * 3
        with pytest.raises(CallTimeout):
            next(pieces)
        streamed.close()


def test_a_child_never_uses_its_parents_connections() -> None:
    """Nor closes them: the parent goes on with its own, and locks that were held at the fork hold nobody up."""
    with called(FINE, max_calls=1) as (server, remote):
        caller = caller_of(remote, request())
        assert caller(request()).body == b"fine"
        held = caller(request(), Options(stream=True))  # its place, and its connection, are the parent's
        child = os.fork()
        if child == 0:
            ended = 1
            with contextlib.suppress(BaseException):
                ended = 0 if caller(request()).body == b"fine" and caller(request()).body == b"fine" else 2
            os._exit(ended)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert server.connections == 2
        assert b"".join(held.pieces()) == b"fine"
        held.close()
        assert caller(request()).body == b"fine"
        assert server.connections == 2


def test_a_child_that_is_forked_while_threads_call_can_call() -> None:
    with called(FINE) as (_, remote):
        caller = caller_of(remote, request())
        stop = threading.Event()

        def call_on() -> None:
            while not stop.is_set():
                caller(request())

        threads = [threading.Thread(target=call_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(5):
            child = os.fork()
            if child == 0:
                threading.Timer(10.0, os._exit, [3]).start()
                ended = 1
                with contextlib.suppress(BaseException):
                    ended = 0 if caller(request()).body == b"fine" else 2
                os._exit(ended)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        stop.set()
        for thread in threads:
            thread.join()
        assert codes == [0] * 5


# Loops


def test_a_loop_has_connections_of_its_own_and_closes_them_when_it_ends() -> None:
    with called(late(0.01, FINE), max_connections=3) as (server, remote):
        caller = caller_of(remote, request())

        async def several() -> list[Any]:
            return await asyncio.gather(*(caller.aio(request()) for _ in range(9)))

        for loop in range(1, 4):
            assert [each.body for each in asyncio.run(several())] == [b"fine"] * 9
            wait_for(lambda: server.open == 0)
            assert server.connections == 3 * loop
            assert not remote.own().transports.coroutines._pools


def test_loops_of_several_threads_do_not_meet() -> None:
    with called(FINE) as (_, remote):
        caller = caller_of(remote, request())

        async def several() -> bytes:
            return b"".join([(await caller.aio(request())).body for _ in range(20)])

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: asyncio.run(several()), range(4))) == [b"fine" * 20] * 4


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    with called(late(0.5, FINE), max_calls=2, max_connections=2, timeout="2s") as (server, remote):
        caller = caller_of(remote, request())

        async def cancel() -> None:
            for _ in range(5):
                running = [asyncio.create_task(caller.aio(request())) for _ in range(2)]
                await asyncio.sleep(0.02)
                for each in running:
                    each.cancel()
                assert all(
                    isinstance(end, asyncio.CancelledError)
                    for end in await asyncio.gather(*running, return_exceptions=True)
                )
            server.behaviours[:] = [FINE]
            assert (await caller.aio(request())).body == b"fine"

        asyncio.run(cancel())


def test_a_stream_in_a_coroutine() -> None:
    with called(answer(200, bytes(3_000_000)), max_calls=1) as (_, remote):
        caller = caller_of(remote, request())

        async def read() -> int:
            streamed = await caller.aio(request(), Options(stream=True))
            length = sum([len(piece) async for piece in streamed.pieces()])
            await streamed.close()
            unread = await caller.aio(request(), Options(stream=True))
            await unread.close()
            return length

        assert asyncio.run(read()) == 3_000_000


# Ten thousand calls

FAULTS = (
    close,
    reset,
    half_then(close),
    half_then(reset),
    answer(302, Location="/v1/other"),
    answer(503),
    raw(b"nonsense\r\n\r\n"),
    answer(200, b"x" * 5000),
    answer(200, b"no gzip", Content_Encoding="gzip"),
)


@pytest.mark.slow
def test_ten_thousand_calls_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "macaron.clients")  # what is logged is kept, for tests that look at it
    script = [each for fault in FAULTS * 2000 for each in (*[FINE] * 9, fault)]
    with called(*script, max_connections=4, answer_limit="4KiB", retries=AT_ONCE, circuit_breaker="none") as (
        server,
        remote,
    ):
        caller = caller_of(remote, request())

        def call(number: int) -> None:
            with contextlib.suppress(ClientError):
                answered = caller(request(), Options(stream=number % 7 == 0))
                if isinstance(answered, Streamed):
                    with contextlib.closing(answered):
                        next(answered.pieces(), None)

        def many(count: int) -> tuple[int, int]:
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(call, range(count)))
            wait_for(lambda: server.open <= 4)
            assert len(server.asked) >= count
            server.asked.clear()
            gc.collect()
            return len(list(Path("/proc/self/fd").iterdir())), len(gc.get_objects())

        files, objects = many(500)
        files_after, objects_after = many(10_000)
        assert files_after <= files + 8
        assert objects_after < objects + 1000
