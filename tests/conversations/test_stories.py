"""What takes more than one request: background tasks, the life of an order, a worker that dies."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.conversation import Tokens
from tests.support.processes import wait_for
from tests.support.service import Answer, RunningService

pytestmark = pytest.mark.service

ORDER = {
    "customer": {"name": "Ada", "email": "ada@example.com"},
    "items": [{"sku": "TEA-01", "quantity": 2}, {"sku": "CUP-01", "quantity": 1}],
    "payment": {"type": "card", "card_token": "tok_12345678"},
}


def test_a_task_gets_everything_it_was_called_with(helloworld: RunningService) -> None:
    message = helloworld.request("GET", "/async").json()["message"]
    code = message.removeprefix("Writing code ")
    assert len(code) == 36
    wait_for("the task to write its code", lambda: code in _written(helloworld))
    assert "Traceback" not in helloworld.log.partition(code)[2].partition("\n")[0]


def _written(service: RunningService) -> str:
    try:
        return Path(service.environment["HELLOWORLD_ASYNC_FILE"]).read_text()
    except FileNotFoundError:
        return ""


def test_a_task_that_dies_is_reported(helloworld: RunningService) -> None:
    assert helloworld.request("GET", "/asyncdie").status == 200
    wait_for("the error in the log", lambda: "OH! NO! Not here either!" in helloworld.log)


def test_the_log_of_an_unexpected_error_carries_the_clients_error_id(helloworld: RunningService) -> None:
    error_id = helloworld.request("GET", "/die").json()["error_id"]
    wait_for("the error id in the log", lambda: error_id in helloworld.log)
    assert "OH! NO!" in helloworld.log


def test_no_token_is_ever_logged(helloworld: RunningService, helloworld_tokens: Tokens) -> None:
    token = helloworld_tokens.token("valid")
    assert get(helloworld, "/hello/with/auth", token).status == 200
    assert get(helloworld, f"/hello/with/auth?token={'x' * 20}", token).status == 200
    assert helloworld.request("GET", "/ping").status == 200
    signature = token.rpartition(".")[2]
    assert signature not in helloworld.log
    assert helloworld_tokens.secret not in helloworld.log


def get(service: RunningService, path: str, token: str) -> Answer:
    return service.request("GET", path, {"Authorization": f"Bearer {token}"})


def post(service: RunningService, path: str, token: str, body: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return service.request("POST", path, headers, json.dumps(body).encode())


def test_the_life_of_an_order(shop: RunningService, shop_tokens: Tokens) -> None:
    placed = post(shop, "/v1/orders", shop_tokens.token("canceller"), ORDER)
    assert placed.status == 201, placed.text
    order = placed.json()
    path = f"/v1/orders/{order['id']}"
    assert placed.headers["location"].endswith(f"orders/{order['id']}")
    assert (order["status"], order["total"], order["shop"]) == ("placed", 2100, "main")
    assert order["items"] == ORDER["items"]

    assert shop.request("GET", path).json()["created"] == order["created"]
    wait_for("the receipt to be sent", lambda: shop.request("GET", path).json()["receipt_sent"])

    assert post(shop, f"{path}/cancel", shop_tokens.token("valid"), {}).status == 403
    assert post(shop, f"{path}/cancel", shop_tokens.token("canceller"), {"reason": "x" * 201}).status == 400
    cancelled = post(shop, f"{path}/cancel", shop_tokens.token("canceller"), {"reason": "changed my mind"})
    assert (cancelled.status, cancelled.json()["status"]) == (200, "cancelled")
    again = post(shop, f"{path}/cancel", shop_tokens.token("canceller"), {})
    assert (again.status, again.json()["error"]) == (409, "ALREADY_CANCELLED")

    listed = shop.request("GET", "/v1/orders?status=cancelled&limit=100").json()["orders"]
    assert order["id"] in [each["id"] for each in listed]
    assert shop.request("GET", "/v1/orders?created[after]=2999-01-01T00:00:00Z").json() == {"orders": []}


def test_a_dry_run_keeps_nothing(shop: RunningService, shop_tokens: Tokens) -> None:
    answer = post(shop, "/v1/orders?dry-run=true", shop_tokens.token("valid"), ORDER)
    assert (answer.status, answer.json()["total"]) == (200, 2100)
    assert shop.request("GET", f"/v1/orders/{answer.json()['id']}").status == 404


def test_many_clients_at_once_get_their_own_answers(shop: RunningService, shop_tokens: Tokens) -> None:
    token = shop_tokens.token("valid")

    def order(number: int) -> str:
        body = ORDER | {"note": f"number {number}"}
        placed = post(shop, "/v1/orders", token, body)
        assert placed.status == 201, placed.text
        note: str = shop.request("GET", f"/v1/orders/{placed.json()['id']}").json()["note"]
        return note

    with ThreadPoolExecutor(8) as pool:
        notes = list(pool.map(order, range(40)))
    assert notes == [f"number {number}" for number in range(40)]


def test_a_worker_that_dies_is_replaced(crash: RunningService) -> None:
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        crash.request("GET", "/crash/exit")
    wait_for("an answer", lambda: _answers(crash))


def _answers(service: RunningService) -> bool:
    try:
        return service.request("GET", "/ping").status == 200
    except (http.client.HTTPException, ConnectionError):
        return False
