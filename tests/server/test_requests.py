"""What a client of a service sees, through Flask's test client: one service with an operation for each thing to see."""

import json
import logging

import pytest

from macaron_runner import context
from macaron_runner.server.service_app import ServiceApp

DOCUMENT = """
paths:
  /orders:
    get: &free
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: X-Shop, in: header, schema: {type: string}}
        - {name: theme, in: cookie, schema: {type: string}}
      responses: &json {"200": {description: fine, content: {application/json: {schema: {}}}}}
    post:
      operationId: create_order
      security: [{bearer: []}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  /orders/{order-id}:
    get:
      operationId: get_order
      parameters: [{name: order-id, in: path, required: true, schema: {type: string}}]
      responses: *json
    delete:
      operationId: delete_order
      parameters: [{name: order-id, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
  /result/{kind}:
    get:
      operationId: result
      parameters: [{name: kind, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: fine, content: {application/json: {schema: {}}, application/hal+json: {}}}
        default: {description: any, content: {application/json: {}}}
  /slash/: {get: {operationId: text_of, x-bind-server: shop_handlers.text, responses: *json}}
  /async: {get: {operationId: waits, responses: *json}}
  /user/optional: {get: {operationId: who_maybe, responses: *json}}
  /user/required:
    post:
      operationId: who
      x-decorate-server: macaron_runner.auth.users.requires_auth
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: *json
  /client-only: {get: {operationId: nobody, x-no-bind-server: true, responses: *json}}
  /text: {get: {operationId: text, responses: {"200": {description: fine, content: {text/plain: {}}}}}}
  /raw: {post: {operationId: raw, responses: *json}}
  /broken:
    get:
      operationId: broken
      responses: {"200": {description: fine, content: {application/json: {schema: {type: integer}}}}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Order: {type: object, required: [sku], properties: {sku: {type: string}, id: {type: integer}}}
"""

HANDLERS = """
import asyncio
import flask
from macaron_runner import MacaronError, apipool, current_user, load_auth_token
from macaron_runner.context import current


class OutOfStock(MacaronError):
    code, status = "OUT_OF_STOCK", 409


def list_orders(limit=None, X_Shop="none", theme="plain"):
    return [limit, X_Shop, theme]


def create_order(order):
    assert flask.request.get_json() == {"sku": order.sku}
    return apipool.shop.Order(sku=order.sku, id=1)


def get_order(order_id):
    return order_id


def delete_order(order_id):
    return None


def result(kind):
    response = flask.make_response("from flask", 203)
    response.headers["X-Mine"] = "1"
    return {
        "none": None,
        "model": apipool.shop.Order(sku="x"),
        "status": ({"a": 1}, 202),
        "headers": ({"a": 1}, 200, {"X-Mine": "1", "Content-Type": "application/hal+json"}),
        "pairs": ({"a": 1}, 200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
        "flask": response,
        "flask_status": (response, 418),
        "error": OutOfStock("sold out", user_message="Sorry"),
    }[kind]


async def waits():
    await asyncio.sleep(0)
    return [flask.request.path, current().operation, bool(current_user)]


@load_auth_token
def who_maybe():
    return current_user.id


def who(body):
    return [current_user.id, dict(current_user.claims)["role"]]


def text():
    return "plain words"


def raw():
    return flask.request.get_data(as_text=True)


def broken():
    return "not a number"
"""


@pytest.fixture
def app(folder) -> ServiceApp:
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    return folder.app()


@pytest.fixture
def client(app):
    return app.test_client(use_cookies=False)  # else the jar replaces the header Cookie


def bearer(user: str = "ann", **claims: object) -> dict[str, str]:
    tokens = context.service().tokens
    assert tokens is not None
    return {"Authorization": f"Bearer {tokens.issue(user, claims={'role': 'cook', **claims})}"}


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/orders", {}, [None, "none", "plain"]),
        ("/orders?limit=3", {"X-Shop": "7", "Cookie": "theme=dark"}, [3, "7", "dark"]),
        ("/orders/a%2Fb%2C%20c", {}, "a/b, c"),
        ("/orders/caf%C3%A9", {}, "café"),
        ("/async", {}, ["/async", "shop.waits", False]),
        ("/user/optional", {}, None),
    ],
)
def test_get(client, path, headers, expected):
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.mimetype, answer.json) == (200, "application/json", expected)


def test_post_with_a_token(client):
    answer = client.post("/orders", json={"sku": "x"}, headers=bearer())
    assert (answer.status_code, answer.json) == (201, {"sku": "x", "id": 1})


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"data": "{"}, 401, "AUTHORIZATION_HEADER_MISSING"),
        ({"data": "{", "headers": {"Authorization": "Bearer x"}}, 401, "TOKEN_INVALID"),
    ],
)
def test_credentials_come_before_the_body(client, arguments, status, code):
    for path in ("/orders", "/user/required"):
        answer = client.post(path, content_type="application/json", **arguments)
        assert (answer.status_code, answer.json["error"]) == (status, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_decorators_know_the_user(client):
    assert client.post("/user/required", json={}, headers=bearer("bob")).json == ["bob", "cook"]
    assert client.get("/user/optional", headers=bearer("bob")).json == "bob"


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("none", 200, "application/json", b"null"),
        ("model", 200, "application/json", b'{"sku":"x"}'),
        ("status", 202, "application/json", b'{"a":1}'),
        ("headers", 200, "application/hal+json", b'{"a":1}'),
        ("pairs", 200, "application/json", b'{"a":1}'),
        ("flask", 203, "text/html; charset=utf-8", b"from flask"),
        ("flask_status", 418, "text/html; charset=utf-8", b"from flask"),
    ],
)
def test_results(client, kind, status, content_type, body):
    answer = client.get(f"/result/{kind}")
    assert (answer.status_code, answer.headers.get("Content-Type"), answer.data) == (
        status,
        content_type,
        body,
    )
    assert "X-Request-ID" in answer.headers


def test_several_headers_of_one_name(client):
    assert client.get("/result/pairs").headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_an_error_that_is_returned_is_raised(client):
    answer = client.get("/result/error")
    assert answer.status_code == 409
    assert answer.json.items() >= {"error": "OUT_OF_STOCK", "user_message": "Sorry"}.items()


def test_no_content(client):
    answer = client.delete("/orders/1")
    assert (answer.status_code, answer.data, answer.headers.get("Content-Type")) == (204, b"", None)


def test_text(client):
    answer = client.get("/text", headers={"Accept": "text/*"})
    assert (answer.mimetype, answer.text) == ("text/plain", "plain words")


def test_flask_reads_a_body_that_no_document_declares(client):
    assert client.post("/raw", data="as it is").json == "as it is"


def test_head_is_get_without_body(client):
    get, head = client.get("/orders"), client.head("/orders")
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_options(client):
    answer = client.options("/orders")
    assert (answer.status_code, answer.headers["Allow"]) == (200, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize(
    ("method", "path", "arguments", "status", "code"),
    [
        ("GET", "/nope", {}, 404, "NOT_FOUND"),
        ("GET", "/orders/", {}, 404, "NOT_FOUND"),
        ("GET", "/slash", {}, 404, "NOT_FOUND"),
        ("GET", "//orders", {}, 404, "NOT_FOUND"),
        ("GET", "/orders/../orders", {}, 404, "NOT_FOUND"),
        ("GET", "/client-only", {}, 404, "NOT_FOUND"),
        ("PUT", "/orders", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/orders", {"headers": {"Accept": "text/html"}}, 406, "NOT_ACCEPTABLE"),
        ("GET", "/orders?limit=0", {}, 400, "INVALID_PARAMETER"),
        ("GET", "/broken", {}, 500, "BAD_RESPONSE"),
        ("POST", "/user/required", {"json": {"a": "x" * 2**20}, "auth": True}, 413, "BODY_TOO_LARGE"),
        ("POST", "/user/required", {"data": "x", "content_type": "a/b", "auth": True}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/raw", {"data": "x" * (2**20 + 1)}, 413, "BODY_TOO_LARGE"),
    ],
)  # fmt: skip
def test_errors(client, method, path, arguments, status, code):
    headers = bearer() if arguments.pop("auth", False) else arguments.pop("headers", None)
    answer = client.open(path, method=method, headers=headers, **arguments)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert answer.json["status"] == status
    assert answer.json["error"] == code
    assert len(answer.json["error_id"]) == 36
    assert answer.json["error_description"]
    assert "X-Request-ID" in answer.headers


def test_allow_stands_beside_405(client):
    assert client.put("/orders").headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_what_was_wrong_with_the_answer_is_for_the_log(client, caplog):
    with caplog.at_level(logging.ERROR):
        answer = client.get("/broken")
    assert "errors" not in answer.json
    assert "number" not in json.dumps(answer.json)
    assert answer.json["error_id"] in caplog.text


def test_ping(client):
    assert client.get("/ping").data == b"{}"
    assert client.get("/version").json == {
        "apis": ["ping", "shop"],
        "name": "shop",
        "pym_env": "",
        "version": "1.2",
    }
    assert client.get("/auth/version").status_code == 401
    assert client.get("/auth/version", headers=bearer()).status_code == 200
