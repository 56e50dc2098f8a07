"""Two real services, one calling the other: the same ids in both logs, the same user, the errors of one in both."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.authentication import make_token
from tests.support.web import Web, started

pytestmark = pytest.mark.service

SECRET = "a-secret-that-both-services-know-of-32-bytes"
AUTH = f"{{users: {{type: jwt, issuer: them, audience: them, keys: {{main: {{secret: {SECRET}}}}}}}}}"
STOCK_YAML = f"""
macaron: 1
service: {{name: stock}}
auth: {AUTH}
apis: {{stock: {{spec: stock.yaml, handlers: stock_handlers}}}}
server: {{workers: 1, threads: 8}}
"""
STOCK = """
openapi: 3.1.0
info: {title: stock, version: "1"}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Item:
      type: object
      required: [sku, seen]
      properties:
        sku: {type: string}
        seen: {type: object}
paths:
  /items/{sku}:
    get:
      operationId: getItem
      security: [{bearer: []}]
      parameters: [{name: sku, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: f, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
  /items:
    post:
      operationId: addItem
      security: [{bearer: []}]
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {"201": {description: f, content: {application/json: {schema: {type: object}}}}}
"""
STOCK_HANDLERS = """
import logging
import os
import time

from macaron_runner import MacaronError, apipool, context, current_user
from macaron_runner.context import current

added = []


class OutOfStock(MacaronError):
    code, status = "OUT_OF_STOCK", 409


def get_item(sku):
    logging.getLogger("stock").info("asked for %s", sku)
    if sku == "none":
        raise OutOfStock("there is none", user_message="Sorry")
    if sku == "slow":
        time.sleep(8)
    here = current()
    return apipool.stock.Item(
        sku=sku,
        seen={"user": current_user.id, "request": here.request_id, "call": here.call_id,
              "path": here.call_path, "trace": here.traceparent, "language": here.accept_language,
              "deadline": here.deadline, "pid": os.getpid()},
    )


def add_item(body):
    added.append(body)
    return {"count": len(added)}, 201
"""
SHOP_YAML = """
macaron: 1
service: {{name: shop}}
auth: {auth}
apis: {{shop: {{spec: shop.yaml, handlers: shop_handlers}}}}
clients:
  stock: {{spec: ../stock/stock.yaml, url: "http://127.0.0.1:{port}", auth: forward, timeout: 3s}}
  nobody: {{spec: ../stock/stock.yaml, url: "http://127.0.0.1:9", auth: backend, retries: 1}}
server: {{workers: 2, threads: 4}}
"""
SHOP = """
openapi: 3.1.0
info: {title: shop, version: "1"}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
security: [{bearer: []}]
paths:
  /buy/{sku}:
    get:
      operationId: buy
      parameters:
        - {name: sku, in: path, required: true, schema: {type: string}}
        - {name: how, in: query, schema: {type: string}}
      responses: {"200": {description: f, content: {application/json: {schema: {type: object}}}}}
  /add:
    post:
      operationId: add
      responses: {"200": {description: f, content: {application/json: {schema: {type: object}}}}}
"""
SHOP_HANDLERS = """
import asyncio
import logging
import os

from macaron_runner import apipool, is_error


async def several(sku):
    get = apipool.stock.client.aio.get_item
    return [each.seen for each in await asyncio.gather(*(get(sku=sku) for _ in range(3)))]


def buy(sku, how="thread"):
    logging.getLogger("shop").info("buying %s", sku)
    if how == "coroutine":
        return wrapped(sku)
    if how == "self":
        return apipool.shop.client.buy(sku=sku)
    client = apipool.nobody.client if how == "nobody" else apipool.stock.client
    item = client.get_item(sku=sku)
    return item if is_error(item) else {"sku": item.sku, "seen": item.seen, "pid": os.getpid()}


async def wrapped(sku):
    return {"all": await several(sku)}


def add():
    return apipool.stock.client.add_item({"sku": "a"})
"""


ALICE = make_token(
    {"iss": "them", "aud": "them", "sub": "alice", "iat": time.time(), "exp": time.time() + 3600},
    secret=SECRET,
)


class Services:
    """Both of them, running."""

    def __init__(self, shop: Web, stock: Web) -> None:
        self.shop, self.stock = shop, stock

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], Any]:
        """Ask the shop, as alice."""
        said = {"Authorization": f"Bearer {ALICE}", **headers}
        status, answered, body = self.shop.request(method, path, **said)
        return status, answered, json.loads(body)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    write(
        folder / "stock",
        **{"macaron.yaml": STOCK_YAML, "stock.yaml": STOCK, "stock_handlers.py": STOCK_HANDLERS},
    )
    with ExitStack() as stack:
        stock = stack.enter_context(started(folder / "stock"))
        shop_yaml = SHOP_YAML.format(port=stock.port, auth=AUTH)
        write(
            folder / "shop",
            **{"macaron.yaml": shop_yaml, "shop.yaml": SHOP, "shop_handlers.py": SHOP_HANDLERS},
        )
        yield Services(stack.enter_context(started(folder / "shop")), stock)


def write(folder: Path, **files: str) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


IDS = {
    "X-Request-ID": "request-1",
    "PymCallID": "call-1",
    "PymCallPath": "web",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Accept-Language": "da",
}


def test_the_other_service_knows_who_asks_and_within_which_request(services: Services) -> None:
    now = time.time()
    status, _, body = services.ask("/buy/tea", **IDS)
    seen = body["seen"]
    assert (status, body["sku"]) == (200, "tea")
    assert now < seen.pop("deadline") < time.time() + 3.0
    assert seen.pop("pid") != body["pid"]
    assert seen == {
        "user": "alice",
        "request": "request-1",
        "call": "call-1",
        "path": "web.shop",
        "trace": IDS["traceparent"],
        "language": "da",
    }
    for web, line in (
        (services.shop, "shop [request-1 alice] buying tea"),
        (services.stock, "stock [request-1 alice] asked for tea"),
    ):
        assert line in web.log.read_text()


def test_an_error_there_is_the_answer_here_with_its_path(services: Services) -> None:
    status, _, body = services.ask("/buy/none")
    assert (status, body["error"], body["error_description"]) == (409, "OUT_OF_STOCK", "there is none")
    assert body["user_message"] == "Sorry"
    assert body["path"] == ["stock.getItem"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/buy/slow", 504, "CALL_TIMEOUT"), ("/buy/tea?how=nobody", 502, "CONNECTION_FAILED")],
)
def test_so_is_that_there_was_none(path: str, status: int, code: str, services: Services) -> None:
    began = time.monotonic()
    answered = services.ask(path)
    assert (answered[0], answered[2]["error"]) == (status, code)
    assert "127.0.0.1" not in json.dumps(answered[2])
    assert time.monotonic() - began < 7.0
    assert f".getItem: {code} (" in services.shop.log.read_text()


def test_who_waits_no_longer_is_not_waited_for(services: Services) -> None:
    status, _, body = services.ask("/buy/tea", **{"X-Request-Deadline": f"{time.time() - 1:.3f}"})
    assert (status, body["error"]) == (504, "DEADLINE_EXCEEDED")
    began = time.monotonic()
    status, _, body = services.ask("/buy/slow", **{"X-Request-Deadline": f"{time.time() + 0.2:.3f}"})
    assert (status, body["error"]) == (504, "CALL_TIMEOUT")
    assert time.monotonic() - began < 7.0


def test_from_a_coroutine_and_within_the_process(services: Services) -> None:
    status, _, body = services.ask("/buy/tea?how=coroutine", **IDS)
    assert (status, [seen["request"] for seen in body["all"]]) == (200, ["request-1"] * 3)
    status, _, body = services.ask("/buy/tea?how=self", **IDS)  # the shop, which asks the stock, as alice
    assert (status, body["sku"], body["seen"]["user"], body["seen"]["path"]) == (
        200,
        "tea",
        "alice",
        "web.shop",
    )


def test_forked_workers_and_their_threads_have_connections_of_their_own(services: Services) -> None:
    with ThreadPoolExecutor(8) as threads:
        answered = list(threads.map(lambda number: services.ask(f"/buy/tea{number}")[2], range(200)))
    assert [each["sku"] for each in answered] == [f"tea{number}" for number in range(200)]
    assert len({each["pid"] for each in answered}) == 2


def test_what_is_not_idempotent_is_done_once(services: Services) -> None:
    counts = [services.ask("/add", "POST")[2]["count"] for _ in range(20)]
    assert counts == list(range(counts[0], counts[0] + 20))
