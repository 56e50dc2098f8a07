"""Calls within the process: an application is asked as over a socket, and nothing else of the caller reaches it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, Response, g, has_request_context
from flask import request as flask_request
from werkzeug.wsgi import ClosingIterator

from macaron_runner import context
from macaron_runner.clients.failures import CallTimeout, ConnectionFailed, DeadlineExceeded, InvalidAnswer
from macaron_runner.clients.options import Options
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.clients.remote import Remote, in_process
from macaron_runner.configuration.clients import Client
from macaron_runner.context import Context
from tests.support.called import caller_of, in_a_coroutine, in_a_thread
from tests.support.played import operation, request

BOTH = pytest.mark.parametrize("ask", [in_a_thread, in_a_coroutine])
MARK: ContextVar[str] = ContextVar("mark", default="")


def remote_of(application: Any, **settings: Any) -> Remote:
    return Remote(
        "shop", Client(retries=0, circuit_breaker="none", **settings), in_process(lambda: application), {}
    )


def ask_of(
    application: Any, outgoing: Outgoing, ask: Callable[..., Any] = in_a_thread, **settings: Any
) -> Any:
    return ask(caller_of(remote_of(application, **settings), outgoing), outgoing)


def echo() -> Flask:
    """Return an application that tells how it was asked."""
    app = Flask("echo")

    @app.route("/v1/items", methods=["GET", "POST"])
    @app.route("/v1/<path:name>", methods=["GET", "POST"])
    def tell(name: str = "") -> Any:
        return {
            "method": flask_request.method,
            "name": name,
            "raw": flask_request.environ["RAW_URI"],
            "args": flask_request.args.to_dict(flat=False),
            "headers": {
                key: value
                for key, value in flask_request.headers.items()
                if key.startswith(("X-One", "Content", "Host"))
            },
            "body": flask_request.get_data().decode("latin-1"),
            "mark": MARK.get(),
            "user": getattr(g, "user", None),
            "context": context.current() is not None,
        }

    return app


@BOTH
def test_the_request_is_what_a_server_would_give(ask: Callable[..., Any]) -> None:
    outgoing = Outgoing(
        operation("POST"),
        "/v1/caf%C3%A9%2Fau%20lait",
        "a=1&b=%C3%A9",
        headers=(("X-One", "1"), ("X-One", "2"), ("Content-Type", "text/plain; charset=latin-1")),
        body=b"br\xfbl\xe9e",
    )
    told = json_of(ask_of(echo(), outgoing, ask))
    assert told == {
        "method": "POST",
        "name": "café/au lait",
        "raw": "/v1/caf%C3%A9%2Fau%20lait?a=1&b=%C3%A9",
        "args": {"a": ["1"], "b": ["é"]},
        "headers": {
            "X-One": "1,2",
            "Content-Type": "text/plain; charset=latin-1",
            "Content-Length": "6",
            "Host": "localhost",
        },
        "body": "brûlée",
        "mark": "",
        "user": None,
        "context": False,
    }


def json_of(answered: Any) -> Any:
    return json.loads(answered.body)


@BOTH
def test_a_body_may_come_piece_by_piece_made_where_the_caller_is(ask: Callable[..., Any]) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(3):
            yield f"{number}{MARK.get()}{'x' * 5000 * number}".encode()

    MARK.set("caller")
    told = json_of(ask_of(echo(), request("POST", body=pieces()), ask))
    assert told["body"] == "0caller" + "1caller" + "x" * 5000 + "2caller" + "x" * 10000
    assert told["mark"] == ""


@BOTH
def test_nothing_of_the_caller_reaches_it_and_nothing_comes_back(ask: Callable[..., Any]) -> None:
    outside = Flask("outside")
    with outside.test_request_context("/outside"), context.entered(Context("1f0c", user_id="alice")):
        g.user = "alice"
        told = json_of(ask_of(echo(), request(), ask))
        assert (told["user"], told["context"], told["raw"]) == (None, False, "/v1/items")
        assert (g.user, flask_request.path) == ("alice", "/outside")
    assert not has_request_context()


def test_it_may_ask_itself() -> None:
    app = Flask("recursive")
    remote = remote_of(app)

    @app.get("/v1/items")
    def again() -> str:
        depth = int(flask_request.args["depth"])
        if depth == 0:
            return "bottom"
        return str(caller(deep(depth - 1)).body.decode()) + f" {depth}"

    def deep(depth: int) -> Outgoing:
        return Outgoing(operation(), "/v1/items", f"depth={depth}")

    caller = caller_of(remote, deep(0))
    assert caller(deep(3)).body == b"bottom 1 2 3"


def test_where_a_loop_runs_it_answers_in_another_thread() -> None:
    """So that a handler that is a coroutine may run there, on a loop of that thread."""

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        async def handler() -> bytes:
            return b"fine"

        body = asyncio.run(handler())
        start_response("200 OK", [])
        return [body]

    async def outer() -> Any:
        return ask_of(app, request())  # blocks the loop, as any blocking call in it does

    assert asyncio.run(outer()).body == b"fine"


@BOTH
def test_what_it_raises_is_its_own(ask: Callable[..., Any], caplog: Any) -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError("inside")

    answered = ask_of(app, request(), ask)
    assert (answered.status, answered.body) == (500, b"")
    assert "inside" in caplog.text


@BOTH
def test_an_answer_that_fails_half_way(ask: Callable[..., Any], caplog: Any) -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise ZeroDivisionError("inside")

        def close(self) -> None:
            closed.append(MARK.get())

    def app(environ: Any, start_response: Any) -> Any:
        MARK.set("inside")
        start_response("200 OK", [])
        return Body()

    with pytest.raises(ConnectionFailed):
        ask_of(app, request(), ask)
    assert closed == ["inside"]
    assert "inside" in caplog.text


@BOTH
def test_answers_have_the_limits_of_all_answers(ask: Callable[..., Any]) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("X-One", "1")])(b"written, ")
        return (b"x" * 1000 for _ in range(10))

    answered = ask_of(app, request(), ask)
    assert answered.body == b"written, " + b"x" * 10_000
    assert answered.headers == (("X-One", "1"),)
    with pytest.raises(InvalidAnswer):
        ask_of(app, request(), ask, answer_limit="2KiB")


@BOTH
def test_an_answer_may_be_read_as_it_comes(ask: Callable[..., Any]) -> None:
    made = []

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return (made.append(n) or b"x" for n in range(3))

    outgoing = request()
    caller = caller_of(remote_of(app), outgoing)
    if ask is in_a_thread:
        streamed = caller(outgoing, Options(stream=True))
        assert next(streamed.pieces()) == b"x"
        assert made == [0]
        streamed.close()
    else:

        async def read() -> bytes:
            streamed = await caller.aio(outgoing, Options(stream=True))
            whole = b"".join([piece async for piece in streamed.pieces()])
            await streamed.close()
            return whole

        assert asyncio.run(read()) == b"xxx"


def test_a_coroutine_waits_no_longer_than_its_deadline() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        time.sleep(1.5)
        start_response("200 OK", [])
        return []

    began = time.monotonic()
    with pytest.raises(CallTimeout):
        ask_of(app, request(), in_a_coroutine, timeout="50ms")
    assert time.monotonic() - began < 1.5


def test_nor_for_a_piece() -> None:
    def slowly() -> Iterator[bytes]:
        yield b"first"
        time.sleep(1.0)
        yield b"second"

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return slowly()

    async def read() -> bytes:
        caller = caller_of(remote_of(app, timeout="100ms"), request())
        streamed = await caller.aio(request(), Options(stream=True))
        pieces = streamed.pieces()
        first = await anext(pieces)
        with pytest.raises(CallTimeout):
            await anext(pieces)
        await streamed.close()
        return first

    assert asyncio.run(read()) == b"first"


def test_an_answer_that_nobody_waits_for_is_closed_when_it_is_done() -> None:
    """As PEP 3333 wants it, however it ends; and whoever stops waiting is not told of it."""
    closed, go_on = threading.Event(), threading.Event()

    def app(environ: Any, start_response: Any) -> Any:
        slow_head = environ["QUERY_STRING"] == "head"
        if slow_head:
            go_on.wait(10)
        start_response("200 OK", [])
        return ClosingIterator(
            iter([b"x"]) if slow_head else (go_on.wait(10) and b"x" for _ in "x"), closed.set
        )

    async def read(query: str, *, stream: bool) -> None:
        outgoing = replace(request(), query=query)
        answer = await caller_of(remote_of(app), outgoing).aio(outgoing, Options(timeout=0.05, stream=stream))
        try:
            async for _ in answer.pieces():
                pass
        finally:
            await answer.close()

    for query, stream in [("head", False), ("body", False), ("body", True)]:
        closed.clear()
        go_on.clear()
        with pytest.raises(CallTimeout):
            asyncio.run(read(query, stream=stream))
        assert not closed.is_set()
        go_on.set()
        assert closed.wait(10)


def test_a_request_whose_time_is_up_is_not_made_but_a_task_goes_on() -> None:
    late = Context("1f0c", call_id="1", deadline=time.time() - 1.0)
    with context.entered(late), pytest.raises(DeadlineExceeded):
        ask_of(echo(), request())
    with context.entered(late._replace(in_task=True)):
        assert ask_of(echo(), request()).status == 200


@BOTH
def test_it_is_told_the_nearer_deadline(ask: Callable[..., Any]) -> None:
    told = []

    def app(environ: Any, start_response: Any) -> Any:
        told.append(float(environ["HTTP_X_REQUEST_DEADLINE"]))
        start_response("200 OK", [])
        return []

    began = time.time()
    for left in (60.0, 1000.0):
        with context.entered(Context("1f0c", call_id="1", deadline=began + left)):
            ask_of(app, request(), ask, timeout="500s")
    assert told[0] == pytest.approx(began + 60.0, abs=0.001)
    assert began + 499.9 < told[1] < time.time() + 500.1


def test_head_has_no_body() -> None:
    app = Flask("head")
    app.add_url_rule("/v1/items", view_func=lambda: Response("body"))
    assert ask_of(app, request("HEAD")).body == b""
