"""Errors as other services write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from macaron_runner.clients.outgoing import Answer
from macaron_runner.clients.remote_errors import remote_error
from macaron_runner.errors import ErrorDetail
from macaron_runner.openapi.operation import Operation

GET = Operation("stock", "get", "", "/items", "list_items", (), None, ())


def error_of(body: Any, status: int = 409, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return remote_error(GET, Answer(status, tuple(headers.items()), raw), None)


def test_macarons_own_form() -> None:
    found = error_of(
        {
            "status": 409, "error": "SOLD_OUT", "error_description": "none left", "error_id": "an-id",
            "user_message": "Sorry", "errors": [{"location": "body", "pointer": "/a", "message": "is sold"}],
            "path": ["depot.look"],
        },
        **{"Retry-After": "5"},
    )  # fmt: skip
    assert (found.status, found.code, found.description, found.error_id) == (
        409,
        "SOLD_OUT",
        "none left",
        "an-id",
    )
    assert (found.user_message, found.errors) == ("Sorry", (ErrorDetail("body", "/a", "is sold"),))
    assert found.path == ("stock.list_items", "depot.look")
    assert found.headers == {"Retry-After": "5"}


def test_rfc_9457() -> None:
    found = error_of({"type": "about:blank", "title": "Conflict", "status": 409, "detail": "none left"})
    assert (found.code, found.description) == ("REMOTE_ERROR", "none left")
    assert error_of({"title": "Conflict"}).description == "Conflict"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>at 10.0.0.7</html>", b"{", [], 5, None, {},
        {"error": 5, "error_description": ["x"], "error_id": {}, "errors": "x", "path": 5, "user_message": 1},
        {"errors": [5, {"location": 1, "pointer": "/", "message": "m"}], "path": [1, {}]},
    ],
    ids=str,
)  # fmt: skip
def test_anything_else_says_that_there_was_an_error_and_no_more(body: Any) -> None:
    found = error_of(body, 503)
    shown = found.to_json()
    assert (shown["status"], shown["error"], shown["path"]) == (503, "REMOTE_ERROR", ["stock.list_items"])
    assert shown["error_description"] == type(found).default_description
    assert shown["error_id"]
    assert not shown.keys() & {"errors", "user_message"}


def test_the_body_is_kept_up_to_a_size() -> None:
    assert error_of({"a": 1}).remote_body == {"a": 1}
    assert error_of(b"x" * 100_000).remote_body == b"x" * 65_536
    assert len(error_of({"error_description": "x" * 100_000}).description) < 5_000
