"""The workloads: what each peer is asked, and what it must answer before it is measured.

Not for how a request is sent (calls, load) nor for who answers (peers).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.benchmarks.apps.tokens import TOKEN


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, sent again and again. `answers` tells whether a status and a body are what was asked for."""

    name: str
    title: str
    method: str
    path: str
    answers: Callable[[int, bytes], bool]
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether what it sends must not be accepted."""
        return self.answers is _refused


def _order(count: int, **changes: Any) -> bytes:
    """Return an order of so many items as JSON, `changes` made to the last of them."""
    items = [
        {
            "sku": f"TEA-{number:04}",
            "quantity": number % 9 + 1,
            "price": 100 + number * 37 % 4000,
            "ship_after": f"2026-03-{number % 28 + 1:02}T15:09:26Z",
        }
        for number in range(count)
    ]
    items[-1] |= changes
    order = {"customer": {"name": "Ada Lovelace", "email": "ada@example.com"}, "items": items}
    return json.dumps(order, separators=(",", ":")).encode()


def _receipt_for(body: bytes) -> Callable[[int, bytes], bool]:
    items = json.loads(body)["items"]
    total = sum(item["quantity"] * item["price"] for item in items)
    receipt = {"order": 1, "customer": "Ada Lovelace", "lines": len(items), "total": total}
    return lambda status, answer: status == 200 and json.loads(answer) == receipt


def _hello(status: int, answer: bytes) -> bool:
    return status == 200 and json.loads(answer) == {"message": "Hello world!"}


def _refused(status: int, _answer: bytes) -> bool:
    """400, or what FastAPI says instead."""
    return status in {400, 422}


def _post(name: str, title: str, body: bytes, answers: Callable[[int, bytes], bool]) -> Workload:
    return Workload(name, title, "POST", "/orders", answers, body, {"Content-Type": "application/json"})


SMALL: Final = _order(3)
LARGE: Final = _order(1000)
INVALID: Final = _order(3, sku="tea 2", quantity=0)

_W2: Final = _post("W2", "an order of 300 bytes", SMALL, _receipt_for(SMALL))
_WITH_TOKEN: Final = {**_W2.headers, "Authorization": f"Bearer {TOKEN}"}

WORKLOADS: Final = {
    workload.name: workload
    for workload in (
        Workload("W1", "a greeting", "GET", "/hello", _hello),
        _W2,
        Workload("W3", "W2 with a token", "POST", "/secure/orders", _W2.answers, SMALL, _WITH_TOKEN),
        _post("W4", "W2, not valid", INVALID, _refused),
        _post("W5", "an order of 1 000 items", LARGE, _receipt_for(LARGE)),
    )
}
"""All of them by name."""
