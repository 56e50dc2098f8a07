"""`macaron call`: the request that is sent, what is printed of the answer, and the command of curl for the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from macaron_runner.auth.verifiers import compile_verifiers
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from tests.cli.conftest import KEY, MACARON_YAML, CommandLine
from tests.support.programs import require
from tests.support.service import free_port

STOCK_YAML = """\
openapi: 3.1.0
info: {title: Stock, version: "1"}
security: [{bearer: []}]
paths:
  /items/{item-id}:
    parameters: [{name: item-id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getItem
      parameters:
        - {name: kinds, in: query, schema: {type: array, items: {type: string}}}
        - {name: made, in: query, style: deepObject, schema: {type: object, properties: {after: {type: string}}}}
        - {name: x-shop, in: header, schema: {type: string}}
      responses:
        "200": {description: An item, content: {application/json: {schema: {type: [object, array]}}}}
    put:
      operationId: putItem
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}
      responses: {"204": {description: Done}}
    post:
      operationId: uploadPicture
      requestBody:
        content:
          image/png: {}
          multipart/form-data:
            schema: {type: object, properties: {title: {type: string}, file: {type: string, format: binary}}}
      responses: {"200": {description: It, content: {text/plain: {schema: {type: string}}}}}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
"""


@dataclass
class Other:
    """A service that answers as it is told, and remembers what it was asked."""

    port: int
    status: str = "200 OK"
    content_type: str = "application/json"
    body: bytes = b"{}"
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        asked = {name: environ.get(f"HTTP_{name.upper()}") for name in ("authorization", "x_shop")}
        asked |= {"line": f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}"}
        asked |= {"type": environ.get("CONTENT_TYPE"), "body": environ["wsgi.input"].read(length)}
        self.asked.append(asked)
        start_response(self.status, [("Content-Type", self.content_type)])
        return [self.body]

    def answers(self, value: Any, status: str = "200 OK") -> None:
        self.status, self.body = status, json.dumps(value).encode()


class Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def other() -> Iterator[Other]:
    app = Other(free_port())
    server = make_server("127.0.0.1", app.port, app, handler_class=Silent)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(macaron: CommandLine, other: Other) -> CommandLine:
    macaron.write("stock.yaml", STOCK_YAML)
    macaron.write(
        "macaron.yaml", f'{MACARON_YAML}clients: {{stock: {{spec: stock.yaml, url: "{other.url}/v2"}}}}\n'
    )
    return macaron


def test_what_comes_back_is_printed(shop: CommandLine, other: Other) -> None:
    other.answers({"id": 3, "name": "tea"})
    words = ("item_id=3", "kinds=a b", "kinds=c", 'made={"after": "2026"}', "x_shop=main")
    done = shop("call", "stock", "get_item", *words)
    assert (done.code, done.err) == (0, "")
    assert done.out == '{\n  "id": 3,\n  "name": "tea"\n}\n'
    assert other.asked == [
        {
            "line": "GET /v2/items/3?kinds=a%20b&kinds=c&made[after]=2026".replace("[", "%5B").replace(
                "]", "%5D"
            ),
            "authorization": None,
            "x_shop": "main",
            "type": "text/plain",
            "body": b"",
        }
    ]


def test_a_table(shop: CommandLine, other: Other) -> None:
    other.answers({"items": [{"id": 3, "tags": ["a"]}, {"id": 14, "name": None}]})
    assert shop("call", "stock", "get_item", "item_id=1", "--format", "table").out == (
        'ID  TAGS   NAME\n3   ["a"]  -\n14  -      -\n'
    )
    other.answers({"id": 3, "name": "tea"})
    assert shop("call", "stock", "get_item", "item_id=1", "--format", "table").out == "id    3\nname  tea\n"


def test_an_error_that_came_back(shop: CommandLine, other: Other) -> None:
    body = {"status": 409, "error": "SOLD_OUT", "error_description": "There is no tea", "error_id": "1"}
    other.answers(body, "409 Conflict")
    done = shop("call", "stock", "get_item", "item_id=1")
    assert done.code == 1
    assert json.loads(done.out) == body
    assert done.err == "macaron: stock.get_item failed: 409 SOLD_OUT: There is no tea\n"


def test_what_came_back_cannot_steer_the_terminal(shop: CommandLine, other: Other) -> None:
    other.answers({"error": "SOLD_OUT", "error_description": "\x1b[2Jno\r tea"}, "409 Conflict")
    assert shop("call", "stock", "get_item", "item_id=1").err == (
        "macaron: stock.get_item failed: 409 SOLD_OUT: \ufffd[2Jno\ufffd tea\n"
    )


def test_an_answer_that_breaks_its_document(shop: CommandLine, other: Other) -> None:
    other.answers("no object")
    done = shop("call", "stock", "get_item", "item_id=1")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("macaron: stock.get_item failed: 502 INVALID_ANSWER: ")
    assert "\n  body: " in done.err


def test_nobody_there(shop: CommandLine) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = shop("call", "stock", "get_item", "item_id=1", "--url", url)
    assert (done.code, done.out) == (69, "")
    assert done.err == (
        f"macaron: stock.get_item could not be asked at {url}: Connection refused (CONNECTION_FAILED)\n"
    )


def test_the_service_itself_is_called_where_it_listens(shop: CommandLine, other: Other) -> None:
    other.answers({})
    assert shop("call", "ping", "ping", "--set", f"server.bind=0.0.0.0:{other.port}").out == "{}\n"
    assert other.asked[0]["line"] == "GET /ping?"
    others = ("--set", f"server.bind=0.0.0.0:{other.port}", "--set", "clients.shop.timeout=3s")
    assert "no operation" in shop("call", "shop", "any", *others).err  # it is no client of another's document
    done = shop("call", "ping", "ping", "--set", "server.bind=unix:/run/shop.sock")
    assert (done.code, done.err) == (
        2, "macaron: the service listens at unix:/run/shop.sock, where no URL leads; give one: --url\n",
    )  # fmt: skip


def test_an_api_of_which_nothing_says_where_it_is(shop: CommandLine) -> None:
    shop.write("macaron.yaml", f"{MACARON_YAML}clients: {{stock: {{spec: stock.yaml}}}}\n")
    done = shop("call", "stock", "get_item", "item_id=1")
    assert (done.code, done.err) == (
        2, "macaron: nothing says where stock is served; give a URL: --url\n",
    )  # fmt: skip


def test_bodies(shop: CommandLine, other: Other) -> None:
    other.status = "204 No Content"
    shop.write("item.json", '{"name": "tea"}')
    for body in ('{"name": "tea"}', "@item.json"):
        done = shop("call", "stock", "put_item", "item_id=3", "--body", body)
        assert (done.code, done.out, done.err) == (0, "", "")
    done = shop.shell('printf \'{"name": "tea"}\' | "$@" call stock put_item item_id=3 --body @-')
    assert (done.code, done.err) == (0, "")
    assert [each["body"] for each in other.asked] == [b'{"name":"tea"}'] * 3
    assert other.asked[0]["type"] == "application/json"


def test_files(shop: CommandLine, other: Other) -> None:
    other.content_type, other.body = "text/plain", b"fine"
    shop.write("picture.png", b"\x89PNG")
    assert shop("call", "stock", "upload_picture", "item_id=3", "--body", "@picture.png").out == "fine\n"
    form = '{"title": "@A", "file": "@picture.png"}'
    options = ("--content-type", "multipart/form-data")
    assert shop("call", "stock", "upload_picture", "item_id=3", "--body", form, *options).code == 0
    raw, multipart = other.asked
    assert (raw["type"], raw["body"]) == ("image/png", b"\x89PNG")
    assert multipart["type"].startswith("multipart/form-data")
    assert b'filename="picture.png"' in multipart["body"]
    assert b"@A" in multipart["body"]  # a title is no file
    assert b"\x89PNG" in multipart["body"]


def test_who_calls(shop: CommandLine, other: Other) -> None:
    other.answers({})
    shop.write("token.txt", "abc\n")
    for token in ("users:alice", "xyz", "@token.txt"):
        assert shop("call", "stock", "get_item", "item_id=1", "--token", token).code == 0
    made, given, read = (each["authorization"].removeprefix("Bearer ") for each in other.asked)
    assert (given, read) == ("xyz", "abc")
    configuration = load(Selection(str(shop.folder / "macaron.yaml")), environ={"SHOP_KEY": KEY})
    verifier = compile_verifiers(configuration.config.auth, configuration.locate)["users"]
    assert verifier(made).user_id == "alice"


NONSENSE = {
    "call": "the following arguments are required: API, OPERATION",
    "call stok get_item": 'there is no API "stok" in macaron.yaml; did you mean "stock"?',
    "call stock get_itm": 'the API "stock" has no operation "get_itm"; did you mean "get_item"?',
    "call stock get_item item=3": 'stock.getItem takes no parameter "item"; did you mean "item_id"?',
    "call stock get_item": "stock.get_item lacks item_id",
    "call stock get_item item_id=x": "stock.get_item cannot be called so:\n  path/item-id: is not an integer",
    "call stock get_item item_id=1 item_id=2": "item_id is given 2 times, and is no array",
    "call stock get_item item_id=1 kinds=[1": "kinds is no JSON: ",
    "call stock get_item item_id=1 --body {}": "stock.getItem takes no body",
    "call stock put_item item_id=1": "stock.put_item lacks body",
    "call stock put_item item_id=1 --body {": "the body is no JSON: ",
    "call stock put_item item_id=1 --body @no.json": "no.json cannot be read: No such file or directory",
    "call stock put_item item_id=1 --body {}": 'stock.put_item cannot be called so:\n  body: "name" is required',
    "call stock get_item item_id=1 a.yaml b.yaml": "'b.yaml' is no parameter (NAME=VALUE), and a.yaml is",
    "call stock get_item item_id=1 --reveal": "--reveal is for --curl",
    "call stock get_item item_id=1 --token admins:bob": 'there is no verifier "admins" in macaron.yaml; there are: ',
    "call stock get_item item_id=1 --url here": "'here' is no URL as http://127.0.0.1:8080",
    "call stock get_item item_id=1 --timeout soon": "argument --timeout: 'soon' is not ",
}


@pytest.mark.parametrize("line", NONSENSE)
def test_a_call_that_makes_no_sense(shop: CommandLine, other: Other, line: str) -> None:
    done = shop(*line.split())
    assert (done.code, done.out, other.asked) == (2, "", [])
    assert NONSENSE[line] in done.err


CALLS = {
    "get": ("get_item", "item_id=3", "kinds=a'b", "x_shop=main"),
    "put": ("put_item", "item_id=3", "--body", '{"name": "it\'s"}'),
    "bytes": ("upload_picture", "item_id=3", "--body", "@picture.png"),
    "token": ("get_item", "item_id=3", "--token", "abc def"),
    "user": ("get_item", "item_id=3", "--token", "users:alice"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_curl_sends_the_same(shop: CommandLine, other: Other, name: str) -> None:
    require("curl")
    other.answers({})
    shop.write("picture.png", b"\x89PNG\0")
    shop("call", "stock", *CALLS[name])
    command = shop("call", "stock", *CALLS[name], "--curl").out
    assert len(other.asked) == 1
    shop.write("command", command)
    shop.write("macaron", f'#!/bin/sh\nexec {shop.command()[0]} -m macaron_runner.cli "$@"\n')
    (shop.folder / "macaron").chmod(0o755)
    ran = shop.shell('PATH="$PWD:$PATH" TOKEN="abc def" sh command')
    assert ran.code == 0, ran.err
    first, second = other.asked
    if name == "user":  # made at another time
        first["authorization"], second["authorization"] = (
            each["authorization"].partition(".")[0] for each in (first, second)
        )
    if first["body"] == b"":
        del first["type"], second["type"]
    assert first == second


def test_curl_shows_no_credential(shop: CommandLine, other: Other) -> None:
    line = ("call", "stock", "get_item", "item_id=3", "--curl")
    end = f"{other.url}/v2/items/3\n"
    head = "curl --header 'Accept: application/json, */*;q=0.1' "
    assert shop(*line).out == head + end
    assert shop(*line, "--token", "users:al ice").out == (
        f"{head}--header 'Authorization: Bearer '"
        f"\"$(macaron token --user 'al ice' --verifier users macaron.yaml)\" {end}"
    )
    assert (
        shop(*line, "--token", "abcdefgh").out == f"{head}--header 'Authorization: Bearer '\"$TOKEN\" {end}"
    )
    own = ("--set", "clients.stock.auth.token=${secret:key}")
    assert "Bearer ‹secret key›'" in shop(*line, *own).out
    assert f"Bearer {KEY}'" in shop(*line, *own, "--reveal").out
    assert "Bearer abcdefgh'" in shop(*line, "--token", "abcdefgh", "--reveal").out
    backend = shop(*line, "--set", "clients.stock.auth=backend").out
    assert '"$(macaron token --user shop --verifier users macaron.yaml)"' in backend
    assert other.asked == []
