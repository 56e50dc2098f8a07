"""`macaron routes`: every route by path, as a table and as JSON, also of a service that has faults."""

from __future__ import annotations

import json
import os
import pty
import struct
import subprocess
import termios
from fcntl import ioctl

import pytest

from tests.cli.conftest import MACARON_YAML, CommandLine

SHOP = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: https://example.com/v1}]
paths:
  /größe/{名前}:
    get:
      operationId: getSize
      deprecated: true
      parameters: [{name: 名前, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /orders:
    post:
      operationId: createOrder
      security: [{bearer: [orders:write, orders:read]}, {key: []}, {bearer: [], key: []}]
      requestBody: {content: {application/json: {}, text/plain: {}}}
      responses: {"200": {description: ok}}
    get:
      operationId: listOrders
      security: [{bearer: []}, {}]
      responses: {"200": {description: ok}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
"""
HANDLERS = """\
from macaron_runner import requires_auth

def get_size(名前): ...

def create_order(body): ...

def list_orders(): ...
"""


@pytest.fixture
def shop(macaron: CommandLine) -> CommandLine:
    """Give the command line in a folder with a service that has routes."""
    settings = (
        "    handlers: shop_api\n    security: {bearer: users, key: partners}\nhttp: {body_limit: 3MiB}\n"
    )
    text = MACARON_YAML.replace("  shop: {spec: shop.yaml}\n", f"  shop:\n    spec: shop.yaml\n{settings}")
    macaron.write("macaron.yaml", text)
    macaron.write("shop.yaml", SHOP)
    macaron.write("shop_api.py", HANDLERS)
    return macaron


def test_a_body_that_is_read_as_it_arrives_has_no_limit(shop: CommandLine) -> None:
    name = "operationId: createOrder\n"
    streamed = SHOP.replace(name, f"{name}      x-stream-body: true\n")
    shop.write("shop.yaml", streamed)
    assert "application/json, text/plain of any length" in shop("routes").out
    routes = json.loads(shop("routes", "--format", "json").out)
    assert [route["body_limit"] for route in routes if route["operation"] == "createOrder"] == [None]


def test_table(shop: CommandLine) -> None:
    done = shop("routes")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[1] for line in lines] == [
        "PATH", "/auth/version", "/health/live", "/health/ready", "/health/startup", "/ping",
        "/v1/größe/{名前}", "/v1/orders", "/v1/orders", "/version",
    ]  # fmt: skip
    size, listing, creation = lines[6:9]
    assert size.split("  ")[0] == "GET"
    assert "shop_api.get_size" in size
    assert "deprecated" in size
    assert "anyone, looks at users" in listing
    assert "users (orders:write, orders:read) or partners or users and partners" in creation
    assert "application/json, text/plain up to 3MiB" in creation
    assert creation.endswith("shop_api.py:5")
    # A wide character takes two columns of a terminal.
    assert size.index("shop ") + 2 == creation.index("shop ") == lines[0].index("API")


def test_json(shop: CommandLine) -> None:
    done = shop("routes", "--format", "json", "--api", "shop")
    assert (done.code, done.err) == (0, "")
    size, listing, creation = json.loads(done.out)
    assert size["deprecated"] is True
    assert (listing["anybody"], listing["callers"]) == (True, "anyone, looks at users")
    assert creation == {
        "method": "POST",
        "path": "/v1/orders",
        "api": "shop",
        "operation": "createOrder",
        "handler": "shop_api.create_order",
        "file": creation["file"],
        "line": 5,
        "callers": "users (orders:write, orders:read) or partners or users and partners",
        "anybody": False,
        "credentials": [
            [{"scheme": "bearer", "verifier": "users", "scopes": ["orders:write", "orders:read"]}],
            [{"scheme": "key", "verifier": "partners", "scopes": []}],
            [
                {"scheme": "bearer", "verifier": "users", "scopes": []},
                {"scheme": "key", "verifier": "partners", "scopes": []},
            ],
        ],
        "media_types": ["application/json", "text/plain"],
        "body_limit": 3145728,
        "timeout": 30.0,
        "slow_call": None,
        "deprecated": False,
        "builtin": False,
        "mocked": False,
    }
    assert creation["file"].endswith("shop_api.py")


def on_terminal(shop: CommandLine, columns: int) -> list[str]:
    """Return the lines that a terminal of a width shows."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        shop.command("routes", "--api", "shop"), cwd=shop.folder, env=shop.environment({}), stdout=follower
    )
    os.close(follower)
    printed = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other side was closed
            break
        if not piece:
            break
        printed += piece
    assert process.wait(60) == 0
    os.close(leader)
    return printed.decode().replace("\r\n", "\n").splitlines()


def test_a_terminal_is_never_overrun(shop: CommandLine) -> None:
    wide, middle, narrow = (on_terminal(shop, columns) for columns in (300, 190, 60))
    assert wide[0].endswith("WHERE")
    assert wide[0].startswith("METHOD")
    assert middle[0].endswith("LIMITS")
    assert narrow[:2] == [
        "GET /v1/größe/{名前}",
        "  shop · getSize · shop_api.get_size · anyone · deprecated",
    ]
    for word in ("users (orders:write, orders:read) or partners or users and partners", "up to 3MiB"):
        assert any(word in line for line in narrow)


def test_what_has_faults_is_shown_as_far_as_it_is_known(shop: CommandLine) -> None:
    shop.write("shop_api.py", HANDLERS.replace("def create_order", "def make_order"))
    done = shop("routes", "--api", "shop")
    assert done.code == 1
    assert len(done.out.splitlines()) == 4
    assert "shop_api.list_orders" in done.out
    assert "error[MAC503]" in done.err
    shop.write("shop.yaml", SHOP.replace("paths:", "pahts:"))
    done = shop("routes")
    assert done.code == 1
    assert "/ping" in done.out
    shop.write("macaron.yaml", "[")
    assert (shop("routes").code, shop("routes").out) == (78, "")


def test_an_api_that_is_not_there(shop: CommandLine) -> None:
    done = shop("routes", "--api", "shpo")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        'macaron: there is no API "shpo" in macaron.yaml; did you mean "shop"?\n',
    )
    assert [route["path"] for route in json.loads(shop("routes", "--api", "health", "--format", "json").out)] == [
        "/health/live", "/health/ready", "/health/startup",
    ]  # fmt: skip
