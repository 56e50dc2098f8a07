"""Requests and answers as data."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from macaron_runner.clients.outgoing import Answer, Broken, NotConnected, Outgoing
from macaron_runner.openapi.operation import Operation

GET = Operation("stock", "get", "/v1", "/items/{id}", "get_item", (), None, ())


def test_an_outgoing_is_what_a_request_line_needs() -> None:
    request = Outgoing(GET, "/v1/items/3", "a=1&b=%20")
    assert (request.method, request.target) == ("GET", "/v1/items/3?a=1&b=%20")
    assert Outgoing(GET, "/v1/items/3").target == "/v1/items/3"


@pytest.mark.parametrize(
    ("body", "replayable"), [(None, True), (b"", True), (b"x", True), (iter([b"x"]), False)]
)
def test_what_comes_piece_by_piece_is_sent_once(
    body: Iterable[bytes] | bytes | None, replayable: bool
) -> None:
    assert Outgoing(GET, "/", body=body).replayable is replayable


def test_headers_are_found_in_any_case_and_replaced_by_name() -> None:
    request = Outgoing(GET, "/", headers=(("Accept", "a/b"), ("X-One", "1"), ("accept", "c/d")))
    assert request.header("ACCEPT") == "a/b, c/d"
    assert request.header("Cookie") is None
    changed = request.with_headers(("ACCEPT", "*/*"), ("X-Two", "2"))
    assert changed.headers == (("X-One", "1"), ("ACCEPT", "*/*"), ("X-Two", "2"))
    assert request.header("X-Two") is None
    assert Answer(200, (("Retry-After", "3"),)).header("retry-after") == "3"


def test_credentials_do_not_show() -> None:
    request = Outgoing(GET, "/", headers=(("Authorization", "Bearer hunter2"),), body=b"hunter2")
    answer = Answer(200, (("Set-Cookie", "hunter2"),), b"hunter2")
    assert "hunter2" not in f"{request!r} {answer!r}"


def test_an_error_of_a_transport_tells_whether_anything_was_sent() -> None:
    assert Broken("gone").sent
    assert not Broken("refused by the pool", sent=False).sent
    assert not NotConnected("refused").sent
