"""Answers over real sockets: HEAD and OPTIONS from the document, streams and files, statuses without a body."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.server.conftest import ServiceFolder
from tests.support.web import DEADLINE, Web, started

pytestmark = pytest.mark.service

DOCUMENT = """
openapi: 3.2.0
info: {title: shop, version: "1"}
paths:
  /thing:
    get:
      operationId: thing
      responses:
        "200":
          description: f
          headers: {X-Count: {required: true, schema: {type: integer}}}
          content: {application/json: {}}
    put: {operationId: change, responses: {"204": {description: gone}}}
    query:
      operationId: ask
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: f, content: {application/json: {}}}}
    additionalOperations:
      COPY: {operationId: copy, responses: {"201": {description: made}}}
  /head:
    head: {operationId: look, responses: {"200": {description: f, headers: {X-Size: {schema: {type: integer}}}}}}
    options: {operationId: choose, responses: {"200": {description: f, content: {text/plain: {}}}}}
  /events:
    get:
      operationId: events
      parameters: [{name: bad, in: query, schema: {type: boolean, default: false}}]
      responses: &stream
        "200":
          description: f
          content:
            text/event-stream: {itemSchema: {type: object, properties: {id: {type: integer}}}}
            application/jsonl: {itemSchema: {type: object, properties: {id: {type: integer}}}}
  /later: {get: {operationId: later, responses: *stream}}
  /refused: {get: {operationId: refused, responses: *stream}}
  /file:
    get: {operationId: download, responses: {"200": {description: f, content: {"application/*": {}}}}}
  /send: {get: {operationId: send, responses: {"200": {description: f, content: {text/x-python: {}}}}}}
  /unchanged: {get: {operationId: unchanged, responses: {"304": {description: f}}}}
"""

HANDLERS = """
import asyncio

from flask import abort, request, send_file


def thing():
    return {"a": 1}, 200, {"X-Count": 7}


def change():
    pass


def ask(body):
    return body


def copy():
    return None, 201


def look():
    return None, 200, {"X-Size": "3"}


def choose():
    return "as you like"


def events(bad):
    assert request.path == "/events"
    return ({"id": "x" if bad and number else number, "data": "y"} for number in range(3))


async def later():
    for number in range(2):
        await asyncio.sleep(0)
        yield {"id": number}


def refused():
    abort(404)
    yield {"id": 1}


def download():
    return open(__file__, "rb"), 200, {"Content-Type": "application/x-python"}


def send():
    return send_file(__file__, mimetype="text/x-python")


def unchanged():
    return None, 304, {"ETag": '"1"'}
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = ServiceFolder(tmp_path_factory.mktemp("answers"))
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    with started(folder.path, "server.workers=1") as running:
        yield running


def raw(web: Web, method: str, path: str, *headers: str) -> tuple[bytes, bytes]:
    """Return head and body of an answer, as they were sent."""
    with socket.create_connection(("127.0.0.1", web.port), DEADLINE) as client:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
        client.sendall("\r\n".join(lines).encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.lower(), body


@pytest.mark.parametrize("path", ["/thing", "/events", "/file", "/send"])
def test_head_is_get_without_its_body(web: Web, path: str) -> None:
    head, body = raw(web, "HEAD", path)
    assert body == b""
    whole, _ = raw(web, "GET", path)
    changing = (b"date:", b"x-request-id:", b"transfer-encoding:")
    kept, expected = (
        {line for line in each.split(b"\r\n") if not line.startswith(changing)} for each in (head, whole)
    )
    assert kept == expected


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/thing", "COPY, GET, HEAD, OPTIONS, PUT, QUERY"), ("/events", "GET, HEAD, OPTIONS")],
)
def test_options_tells_the_methods(web: Web, path: str, allowed: str) -> None:
    status, headers, body = web.request("OPTIONS", path)
    assert (status, headers["Allow"], headers["Content-Length"], body) == (200, allowed, "0", b"")
    status, headers, _ = web.request("DELETE", path)
    assert (status, headers["Allow"]) == (405, allowed)


def test_options_tells_the_methods_of_all_paths(web: Web) -> None:
    status, headers, body = web.request("OPTIONS", "*")
    assert (status, headers["Allow"], body) == (200, "COPY, GET, HEAD, OPTIONS, PUT, QUERY", b"")


def test_head_and_options_of_the_document_itself(web: Web) -> None:
    head, body = raw(web, "HEAD", "/head")
    assert b"x-size: 3" in head
    assert (head.split()[1], body) == (b"200", b"")
    assert web.request("OPTIONS", "/head")[2] == b"as you like"
    assert web.request("GET", "/head")[0] == 405


def test_methods_of_openapi_3_2(web: Web) -> None:
    kind = {"Content-Type": "application/json"}
    assert web.request("QUERY", "/thing", b'{"q": 1}', **kind)[::2] == (200, b'{"q":1}')
    assert web.request("QUERY", "/thing", b"[]", **kind)[0] == 400
    assert web.request("COPY", "/thing")[::2] == (201, b"")


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/thing", 204), ("GET", "/unchanged", 304)])
def test_statuses_without_a_body(web: Web, method: str, path: str, status: int) -> None:
    head, body = raw(web, method, path)
    assert (int(head.split()[1]), body) == (status, b"")
    assert b"content-type" not in head
    assert (b'etag: "1"' in head) == (status == 304)


def test_events_are_sent_one_by_one(web: Web) -> None:
    head, body = raw(web, "GET", "/events")
    assert b"content-type: text/event-stream" in head
    assert b"transfer-encoding: chunked" in head
    assert b"id: 2\ndata: y\n\n" in body
    lines = web.request("GET", "/events", Accept="application/jsonl")[2].splitlines()
    assert [json.loads(line) for line in lines] == [{"id": number, "data": "y"} for number in range(3)]


def test_an_asynchronous_generator_is_a_stream(web: Web) -> None:
    lines = web.request("GET", "/later", Accept="application/jsonl")[2].splitlines()
    assert [json.loads(line) for line in lines] == [{"id": number} for number in range(2)]


def test_what_fails_before_anything_was_sent_is_an_error_like_any_other(web: Web) -> None:
    assert web.request("GET", "/refused")[0] == 404


def test_an_event_that_breaks_the_document_ends_the_stream(web: Web) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        web.request("GET", "/events?bad=true")
    assert caught.value.partial == b"id: 0\ndata: y\n\n"
    log = web.log.read_text()
    assert "/id: is not an integer" in log


def test_files(web: Web) -> None:
    status, headers, body = web.request("GET", "/file")
    assert (status, headers["Content-Type"], body) == (200, "application/x-python", HANDLERS[1:].encode())
    status, headers, body = web.request("GET", "/send", Range="bytes=0-9")
    assert (status, body) == (206, b"import asy")
    assert headers["Content-Range"].startswith("bytes 0-9/")
