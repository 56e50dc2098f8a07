"""Records as text and as JSON: whose they are, and that nothing from outside can pose as a record of its own."""

from __future__ import annotations

import json
import logging

import pytest

from macaron_runner import context
from macaron_runner.context import Context
from macaron_runner.logs import JsonFormatter, TextFormatter

FORGED = "2026-01-01T00:00:00.000Z ERROR shop all is lost"


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("shop.orders", logging.INFO, __file__, 1, message, None, None)


def test_a_record_says_whose_it_is() -> None:
    with context.entered(
        Context(request_id="1f0c", user_id="alice", token="t0ken", traceparent="00-4b-f9-01")
    ):
        assert TextFormatter().format(record("sold out")).endswith("Z INFO shop.orders [1f0c alice] sold out")
        entry = json.loads(JsonFormatter().format(record("sold out")))
    assert entry.items() >= {"message": "sold out", "request_id": "1f0c", "user_id": "alice"}.items()
    assert entry["traceparent"] == "00-4b-f9-01"
    assert "t0ken" not in entry.values()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_neither_messages_nor_users_can_forge_a_record(end: str) -> None:
    with context.entered(Context(request_id="1f0c", user_id=f"alice{end}{FORGED}")):
        text = TextFormatter().format(record(f"sold out{end}{FORGED}"))
        assert len(JsonFormatter().format(record(f"sold out{end}{FORGED}")).splitlines()) == 1
    _, *more = text.splitlines()
    assert more
    assert all(line.startswith("    ") for line in more)
