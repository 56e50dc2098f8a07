"""What the other side is told of the request that a call is a part of, and what a server reads of it."""

from __future__ import annotations

from typing import Any

import pytest

from macaron_runner.clients.call_tree import extended, in_tree
from macaron_runner.context import Context
from macaron_runner.server.brought import brought_context
from tests.support.played import request

HERE = Context(
    "1f0c",
    call_id="call-7",
    call_path="web",
    operation="shop.create_order",
    accept_language="da, en;q=0.5",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate="vendor=1",
)


def brought(headers: Any) -> Context:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers}
    return brought_context(environ, environ["HTTP_X_REQUEST_ID"], "stock.items")


def test_the_other_side_is_a_part_of_the_same_request() -> None:
    there = brought(in_tree(request(), HERE, "shop", 1_800_000_000.25).headers)
    expected = HERE._replace(call_path="web.shop", operation="stock.items", deadline=1_800_000_000.25)
    assert there == expected


def test_outside_any_request_a_tree_begins() -> None:
    there = brought(in_tree(request(), None, "shop", 1_800_000_000.0).headers)
    assert (there.request_id, there.call_path) == (there.call_id, "shop")
    assert len(there.request_id) == 32
    assert there != brought(in_tree(request(), None, "shop", 1_800_000_000.0).headers)
    assert dict(in_tree(request(), None, "", 1.0).headers)["PymCallPath"] == "-"


def test_nothing_is_said_of_what_is_not_known() -> None:
    names = [name for name, _ in in_tree(request(), Context("1f0c", call_id="1f0c"), "shop", 1.0).headers]
    assert names == ["X-Request-ID", "PymCallID", "PymCallPath", "X-Request-Deadline"]


def test_what_a_request_says_itself_stays() -> None:
    outgoing = request(headers=(("x-request-id", "mine"), ("ACCEPT-LANGUAGE", "fr")))
    headers = in_tree(outgoing, HERE, "shop", 1.0).headers
    assert [value for name, value in headers if name.lower() == "x-request-id"] == ["mine"]
    assert [value for name, value in headers if name.lower() == "accept-language"] == ["fr"]


@pytest.mark.parametrize(
    ("path", "service", "expected"),
    [
        ("", "shop", "shop"),
        ("web", "shop", "web.shop"),
        ("shop", "shop", "shop"),
        ("web.shop", "shop", "web.shop"),
        ("workshop", "shop", "workshop.shop"),
        ("web", "", "web"),
        ("a" * 1024, "shop", "a" * 1019 + ".shop"),
    ],
)
def test_the_path_grows_by_services(path: str, service: str, expected: str) -> None:
    assert extended(path, service) == expected
