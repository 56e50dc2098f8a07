"""The shop beside the inventory, which its handlers and tasks call by a generated client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conversations.conftest import SECRET
from tests.support.conversation import Tokens
from tests.support.processes import wait_for
from tests.support.service import ROOT, Answer, RunningService

pytestmark = pytest.mark.service

SAMPLES = ROOT / "sample_services"


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    environment = {"INVENTORY_DATABASE": str(tmp_path_factory.mktemp("inventory") / "inventory.sqlite3")}
    with RunningService(SAMPLES / "inventory/macaron.yaml", environment=environment) as service:
        yield service


@pytest.fixture(scope="module")
def calling_shop(
    inventory: RunningService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    environment = {
        "SHOP_JWT_SECRET": SECRET,
        "SHOP_DATABASE": str(tmp_path_factory.mktemp("shop") / "shop.sqlite3"),
        "INVENTORY_URL": f"http://127.0.0.1:{inventory.port}",
    }
    with RunningService(SAMPLES / "shop/macaron.yaml", environment=environment) as service:
        yield service


def post(shop: RunningService, path: str, token: str, body: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return shop.request("POST", path, headers, json.dumps(body).encode())


def order(sku: str, quantity: int) -> dict[str, Any]:
    return {
        "customer": {"name": "Ada", "email": "ada@example.com"},
        "items": [{"sku": sku, "quantity": quantity}],
        "payment": {"type": "card", "card_token": "tok_12345678"},
    }


def left(shop: RunningService, sku: str) -> int:
    (entry,) = shop.request("GET", f"/v1/stock/{sku}").json()
    quantity: int = entry["quantity"]
    return quantity


def test_an_order_takes_from_the_inventory_and_a_cancelled_one_gives_back(
    calling_shop: RunningService, inventory: RunningService, shop_tokens: Tokens
) -> None:
    before = left(calling_shop, "TEA-02")
    placed = post(calling_shop, "/v1/orders", shop_tokens.token("canceller"), order("TEA-02", 3))
    assert placed.status == 201, placed.text
    assert left(calling_shop, "TEA-02") == before - 3
    assert inventory.request("GET", "/items/TEA-02").json()["quantity"] == before - 3
    path = f"/v1/orders/{placed.json()['id']}/cancel"
    assert post(calling_shop, path, shop_tokens.token("canceller"), {}).status == 200
    wait_for("a task to give it back", lambda: left(calling_shop, "TEA-02") == before)


def test_an_error_of_the_inventory_reaches_the_client_of_the_shop(
    calling_shop: RunningService, shop_tokens: Tokens
) -> None:
    token = shop_tokens.token("valid")
    assert post(calling_shop, "/v1/orders", token, order("CUP-01", 30)).status == 201
    answer = post(calling_shop, "/v1/orders", token, order("CUP-01", 30))
    assert answer.status == 409
    error = answer.json()
    assert (error["error"], error["user_message"]) == ("OUT_OF_STOCK", "We are sold out, sorry!")
    assert error["path"] == ["inventory.reserve"]


def test_both_logs_show_the_ids_of_one_request(
    calling_shop: RunningService, inventory: RunningService, shop_tokens: Tokens
) -> None:
    token = shop_tokens.token("valid")
    placed = post(calling_shop, "/v1/orders", token, order("TEA-01", 1))
    request_id = placed.headers["x-request-id"]
    wait_for("both logs", lambda: request_id in calling_shop.log and request_id in inventory.log)


def test_the_shop_has_the_document_of_the_inventory() -> None:
    name = "apis/inventory.yaml"
    assert (SAMPLES / "shop" / name).read_bytes() == (SAMPLES / "inventory" / name).read_bytes()
