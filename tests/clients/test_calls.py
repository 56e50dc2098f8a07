"""Calls of a real service through its client: arguments, results, errors, streams, as a handler would see them."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from macaron_runner import context, is_error
from macaron_runner.assembly import assemble
from macaron_runner.clients.caller import Caller
from macaron_runner.clients.client import Client
from macaron_runner.clients.failures import CannotSend, InvalidAnswer, RemoteError
from macaron_runner.clients.operations import ClientApi, compile_operations
from macaron_runner.clients.options import Options
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.clients.remote import Remote, in_process
from macaron_runner.configuration.clients import Client as ClientSettings
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.server.app import create_app
from macaron_runner.validation.schema import Definitions

YAML = """
macaron: 1
service: {name: stock}
apis: {stock: {spec: stock.yaml, handlers: stock_handlers}}
"""

DOCUMENT = """
openapi: 3.2.0
info: {title: stock, version: "1"}
servers: [{url: /v1}]
paths:
  /items/{item-id}:
    get:
      operationId: getItem
      summary: One item.
      description: Looks everywhere.
      parameters:
        - {name: item-id, in: path, required: true, schema: {type: integer, minimum: 1}, description: Its number.}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: X-Shop, in: header, schema: {type: string}}
        - {name: theme, in: cookie, schema: {type: string}}
      responses:
        "200": {description: found, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
        "404": {description: none, content: {application/json: {schema: {$ref: "#/components/schemas/Lost"}}}}
    delete:
      parameters: [{name: item-id, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: gone}}
      x-bind-server: stock_handlers.remove
  /items:
    post:
      operationId: create_item
      x-bind-client: make
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
  /photos:
    post:
      operationId: upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties:
                photo: {type: string, format: binary}
                note: {type: string}
                sizes: {type: array, items: {type: integer}}
          application/octet-stream: {}
          text/plain: {schema: {type: string}}
      responses: {"200": {description: seen, content: {application/json: {schema: {}}}}}
  /either:
    post:
      operationId: either
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Upload"}}
          multipart/form-data: {schema: {$ref: "#/components/schemas/Upload"}}
      responses: {"200": {description: the type, content: {application/json: {schema: {type: string}}}}}
  /photos/{name}:
    get:
      operationId: download
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: bytes, content: {application/octet-stream: {}}}}
  /lines:
    get:
      operationId: lines
      responses:
        "200":
          description: lines
          content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Item"}}}
    post:
      operationId: send_lines
      requestBody:
        required: true
        content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Item"}}}
      responses: {"200": {description: how many, content: {application/json: {schema: {type: integer}}}}}
  /events:
    get:
      operationId: events
      responses:
        "200":
          description: events
          content: {text/event-stream: {itemSchema: {type: object, properties: {data: {type: string}}}}}
  /broken:
    get:
      operationId: broken
      parameters: [{name: how, in: query, schema: {type: string}}]
      responses:
        "200":
          description: a number
          headers: {X-Count: {schema: {type: integer}, required: true}}
          content: {application/json: {schema: {type: integer}}}
  /empty:
    get:
      operationId: empty
      responses: {"200": {description: nothing is promised}}
components:
  schemas:
    Item:
      type: object
      required: [sku]
      properties:
        sku: {type: string, minLength: 1}
        id: {type: integer, readOnly: true}
        added: {type: string, format: date-time}
    Upload: {type: object, properties: {note: {type: string}, photo: {type: string, format: binary}}}
    Lost: {type: object, required: [error], properties: {error: {type: string}, error_description: {type: string}}}
"""

HANDLERS = """
import flask
from macaron_runner import MacaronError, apipool
from macaron_runner.errors import ErrorDetail

heard = []


class Gone(MacaronError):
    code, status = "GONE_AWAY", 404


def get_item(item_id, tags=None, X_Shop=None, theme=None):
    heard.append((item_id, tags, X_Shop, theme))
    if item_id == 404:
        raise Gone("it is not here", user_message="Sorry", errors=[ErrorDetail("path", "/item-id", "is unknown")])
    return apipool.stock.Item(sku="a", id=item_id, added="2026-01-02T03:04:05Z")


def remove(item_id):
    heard.append(item_id)


def create_item(body):
    heard.append(body)
    return apipool.stock.Item(sku=body.sku, id=7), 201


def upload(body):
    if isinstance(body, (bytes, str)):
        return {"kind": type(body).__name__, "length": len(body)}
    photo = body.photo
    return {"name": photo.filename, "type": photo.mimetype, "data": photo.read().decode("latin-1"),
            "note": body.note, "sizes": body.sizes}


def either(body):
    return flask.request.headers["Content-Type"]


def download(name):
    return iter([b"ab", name.encode()])


def lines():
    return iter([{"sku": "a"}, {"sku": "b"}])


def send_lines(body):
    return len(body)


def events():
    return iter([{"data": "one\\ntwo"}, {"event": "end", "data": "three"}])


def broken(how=""):
    raw = {"text": b'"five"', "half": b'{"a', "number": b"5", "none": b""}.get(how, b"5")
    response = flask.Response(raw, 203 if how == "status" else 200, content_type="application/json")
    if how == "type":
        response.content_type = "text/html"
    if how != "header":
        response.headers["X-Count"] = "5"
    return response


def empty():
    return flask.Response(b"", 200)
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("stock")
    for name, text in {"macaron.yaml": YAML, "stock.yaml": DOCUMENT, "stock_handlers.py": HANDLERS}.items():
        (folder / name).write_text(text)
    assembly = assemble(load(Selection(str(folder / "macaron.yaml")), environ={}))
    app = create_app(assembly)
    context.deactivate()
    return assembly, app


@pytest.fixture
def service(started: Any) -> Iterator[Any]:
    assembly, app = started
    context.activate(assembly.service)
    yield next(each for each in assembly.apis if each.name == "stock"), app
    context.deactivate()


class Heard:
    """Calls an operation, and keeps what was sent last."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.sent: Outgoing | None = None

    def __call__(self, outgoing: Outgoing, options: Options) -> Any:
        self.sent = outgoing
        return Caller(self.remote, outgoing.operation, None)(outgoing, options)

    async def aio(self, outgoing: Outgoing, options: Options) -> Any:
        return await Caller(self.remote, outgoing.operation, None).aio(outgoing, options)


def client_of(service: Any, **settings: Any) -> tuple[Client, Heard]:
    """Return a client of the service, called in process, and what hears its requests."""
    served, app = service
    section = ClientSettings.model_construct(retries=0, circuit_breaker="none")
    heard = Heard(Remote("tests", section, in_process(lambda: app), {}))
    shared = ClientApi(
        served.api, served.models, Definitions(served.api.schemas), lambda _: heard, **settings
    )
    return Client("stock", compile_operations(shared)), heard


@pytest.fixture
def client(service: Any) -> Client:
    return client_of(service)[0]


def heard() -> list[Any]:
    import stock_handlers  # type: ignore[import-not-found]

    found = list(stock_handlers.heard)
    stock_handlers.heard.clear()
    return found


def test_parameters_go_where_they_belong(service: Any) -> None:
    client, caller = client_of(service)
    item = client.get_item(item_id=3, tags=["a b", "c&d"], X_Shop="main", theme="dark")
    assert heard() == [(3, ["a b", "c&d"], "main", "dark")]
    assert caller.sent is not None
    assert caller.sent.target == "/v1/items/3?tags=a%20b&tags=c%26d"
    assert (item.sku, item.id, item.added.year) == ("a", 3, 2026)
    assert type(item).__name__ == "Item"


def test_the_documents_own_names_serve_as_well(client: Client) -> None:
    assert client.get_item(**{"item-id": 4, "X-Shop": "x"}).id == 4
    assert heard() == [(4, None, "x", None)]


def test_what_is_optional_may_be_none(client: Client) -> None:
    assert client.get_item(item_id=5, tags=None).id == 5
    assert heard() == [(5, None, None, None)]


@pytest.mark.parametrize("body", [{"sku": "a"}, "model", "keyword"])
def test_the_body_is_a_model_or_a_dict_and_comes_first(client: Client, service: Any, body: Any) -> None:
    item = service[0].models["Item"](sku="a")
    made = client.make(body=item) if body == "keyword" else client.make(item if body == "model" else body)
    assert (made.sku, made.id) == ("a", 7)
    assert heard()[0].sku == "a"


def test_what_only_answers_hold_is_not_sent(client: Client, service: Any) -> None:
    assert client.make(service[0].models["Item"](sku="a", id=99)).id == 7
    assert heard()[0].id is None


def test_an_operation_without_a_name_has_that_of_its_path_and_no_body_is_none(client: Client) -> None:
    assert client.delete_items_item_id(item_id=9) is None
    assert heard() == [9]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "lacks item_id"),
        ({"item_id": 1, "tag": ["a"]}, 'takes no parameter "tag"; did you mean "tags"'),
        ({"item_id": 1, "item-id": 2}, 'got "item_id" twice'),
        ({"item_id": 1, "body": {}}, "takes no body"),
    ],
)
def test_arguments_that_make_no_sense_are_mistakes_in_the_code(
    client: Client, kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        client.get_item(**kwargs)


def test_a_body_where_there_is_none_or_twice_or_not(client: Client) -> None:
    with pytest.raises(TypeError, match="takes no positional arguments"):
        client.get_item({}, item_id=1)
    with pytest.raises(TypeError, match="lacks body"):
        client.make()
    with pytest.raises(TypeError, match="got its body twice"):
        client.make({}, body={})


def test_what_does_not_fit_is_not_sent_and_everything_wrong_is_told(service: Any) -> None:
    client, caller = client_of(service)
    failed = client.get_item(item_id=0, tags=["a"], X_Shop="a\nb")
    assert is_error(failed)
    assert isinstance(failed, CannotSend)
    assert [each[:2] for each in failed.errors] == [("path", "/item-id"), ("header", "/X-Shop")]
    assert failed.operation == "stock.getItem"
    wrong = client.make({"sku": ""})
    assert [each[:2] for each in wrong.errors] == [("body", "/sku")]
    assert caller.sent is None


@pytest.mark.parametrize(
    "photo",
    [b"data", ("a.png", b"data", "image/png"), "file", "storage"],
)
def test_files_go_up_in_every_form(client: Client, tmp_path: Path, photo: Any) -> None:
    from werkzeug.datastructures import FileStorage

    (tmp_path / "a.png").write_bytes(b"data")
    if photo == "storage":
        photo = FileStorage(io.BytesIO(b"data"), "a.png", content_type="image/png")
    with (tmp_path / "a.png").open("rb") as file:
        seen = client.upload({"photo": file if photo == "file" else photo, "note": "n & m", "sizes": [1, 2]})
    named = {"name": "photo", "type": "application/octet-stream"}
    rest = {"data": "data", "note": "n & m", "sizes": [1, 2]}
    assert seen == {**(named if photo == b"data" else {"name": "a.png", "type": "image/png"}), **rest}


def test_the_kind_of_the_body_chooses_its_media_type_or_the_call_says_it(service: Any) -> None:
    client, caller = client_of(service)
    assert client.upload(b"abc") == {"kind": "bytes", "length": 3}
    assert client.upload(iter([b"abc", b"d"])) == {"kind": "bytes", "length": 4}
    assert client.upload(io.BytesIO(b"ab")) == {"kind": "bytes", "length": 2}
    assert client.with_options(content_type="text/plain").upload("é") == {"kind": "str", "length": 1}
    assert caller.sent is not None
    assert caller.sent.header("Content-Type") == "text/plain; charset=utf-8"
    with pytest.raises(TypeError, match='no body of the media type "text/csv"'):
        client.upload.with_options(content_type="text/csv")("a")


def test_an_error_is_the_result_or_raised(client: Client) -> None:
    failed = client.get_item(item_id=404)
    assert is_error(failed)
    assert isinstance(failed, RemoteError)
    assert (failed.status, failed.code, failed.description) == (404, "GONE_AWAY", "it is not here")
    assert (failed.user_message, failed.path) == ("Sorry", ("stock.getItem",))
    assert [tuple(each) for each in failed.errors] == [("path", "/item-id", "is unknown")]
    assert failed.remote_body["error_id"] == failed.error_id
    assert failed.model.error == "GONE_AWAY"
    with pytest.raises(RemoteError, match="it is not here"):
        client.with_options(raise_errors=True).get_item(item_id=404)
    heard()


def test_errors_are_raised_where_the_client_says_so(service: Any) -> None:
    raising, _ = client_of(service, raise_errors=True)
    with pytest.raises(RemoteError):
        raising.get_item(item_id=404)
    assert is_error(raising.with_options(raise_errors=False).get_item(item_id=404))
    heard()


@pytest.mark.parametrize(
    ("how", "place", "message"),
    [
        ("text", "body", 'must be an integer, not "five"'),
        ("half", "body", ""),
        ("none", "body", "there is no body, and one is described"),
        ("status", "body", "the status 203 is not among the responses described"),
        ("type", "body", 'the media type "text/html" is not among those of the response 200'),
        ("header", "header", "is required"),
    ],
)
def test_an_answer_that_breaks_the_document_is_no_result(
    service: Any, how: str, place: str, message: str
) -> None:
    client, _ = client_of(service)
    failed = client.broken(how=how)
    assert isinstance(failed, InvalidAnswer)
    assert failed.errors[0].location == place
    if how != "text":
        assert message in failed.errors[0].message


def test_or_it_is_logged_or_not_looked_at(service: Any, caplog: pytest.LogCaptureFixture) -> None:
    lenient, _ = client_of(service, validate_responses="log")
    assert lenient.broken(how="text") == "five"
    assert "the answer of stock.broken breaks its description" in caplog.text
    caplog.clear()
    blind, _ = client_of(service, validate_responses="none")
    assert blind.broken(how="text") == "five"
    assert blind.broken(how="header") == 5
    assert isinstance(blind.broken(how="half"), InvalidAnswer)
    assert caplog.text == ""


def test_a_result_with_all_that_came_along(client: Client) -> None:
    whole = client.with_options(whole=True).get_item(item_id=3)
    assert (whole.status, whole.value.id) == (200, 3)
    assert whole.header("content-type") == "application/json"
    heard()


def test_what_promises_nothing_gives_none(client: Client) -> None:
    assert client.empty() is None


def test_lines_and_events_come_whole_or_one_by_one(client: Client) -> None:
    assert [item.sku for item in client.lines()] == ["a", "b"]
    assert [event.data for event in client.events()] == ["one\ntwo", "three"]
    with client.with_options(stream=True).lines() as items:
        assert [item.sku for item in items] == ["a", "b"]
    with client.with_options(stream=True).events() as events:
        assert [event.data for event in events] == ["one\ntwo", "three"]


def test_bytes_come_whole_or_in_pieces_or_into_a_file(client: Client, tmp_path: Path) -> None:
    assert client.download(name="c") == b"abc"
    streaming = client.with_options(stream=True)
    assert list(streaming.download(name="c")) == [b"ab", b"c"]
    with streaming.download(name="c") as download:
        assert (download.status, download.save(tmp_path / "d")) == (200, 3)
    assert (tmp_path / "d").read_bytes() == b"abc"
    assert is_error(streaming.get_item(item_id=404))
    heard()


def test_the_same_in_coroutines(client: Client, tmp_path: Path) -> None:
    async def calls() -> None:
        item = await client.aio.get_item(item_id=3)
        assert item.id == 3
        assert is_error(await client.aio.get_item(item_id=404))
        with pytest.raises(RemoteError):
            await client.aio.with_options(raise_errors=True).get_item(item_id=404)
        async with await client.aio.with_options(stream=True).lines() as items:
            assert [item.sku async for item in items] == ["a", "b"]
        download = await client.with_options(stream=True).aio.download(name="c")
        assert await download.save(tmp_path / "d") == 3

    asyncio.run(calls())
    heard()


def test_a_client_shows_its_operations(client: Client) -> None:
    names = {"get_item", "make", "upload", "download", "aio", "with_options"}
    assert names <= set(dir(client))
    assert names - {"aio"} <= set(dir(client.aio))
    assert "get_item(*, item_id: int, tags: list[str] | None = None" in repr(client)
    assert "-> Item  One item." in repr(client)
    with pytest.raises(AttributeError, match='no operation "get_itm"; did you mean "get_item"'):
        client.get_itm  # noqa: B018


def test_an_operation_tells_what_it_takes(client: Client) -> None:
    parameters = inspect.signature(client.make).parameters
    assert str(parameters["body"]) == "body: Item"
    text = inspect.getdoc(client.get_item)
    assert text is not None
    for part in (
        "One item.",
        "Looks everywhere.",
        "item_id: Its number.",
        "404: none",
        "GET /v1/items/{item-id}",
    ):
        assert part in text


def test_a_request_can_be_made_without_sending_it(service: Any) -> None:
    client, caller = client_of(service)
    assert client.get_item.prepare(item_id=3).target == "/v1/items/3"
    assert caller.sent is None


def test_an_item_that_does_not_fit_ends_a_stream_that_is_under_way(client: Client) -> None:
    def lines() -> Iterator[Any]:
        yield {"sku": "a"}
        yield {"sku": 5}

    failed = client.send_lines(lines())
    assert isinstance(failed, CannotSend)
    assert [each[:2] for each in failed.errors] == [("body", "/sku")]
    assert client.send_lines([{"sku": "a"}, {"sku": "b"}]) == 2


def test_a_model_with_a_file_in_it_goes_out_as_multipart(service: Any, client: Client) -> None:
    from werkzeug.datastructures import FileStorage

    kind = service[0].models["Upload"]
    assert client.either(kind(note="plain")) == "application/json"
    for photo in (FileStorage(io.BytesIO(b"data")), b"data"):
        assert client.either(kind(note="n", photo=photo)).startswith("multipart/form-data; boundary=")
