"""A bare WSGI callable with msgspec: the least that this work can cost in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tests.benchmarks.apps.orders_msgspec import Hello, decode_order, encode, receipt_of
from tests.benchmarks.apps.tokens import check_authorization

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create() -> App:
    return application


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    method = environ["REQUEST_METHOD"]
    if path == "/hello" and method == "GET":
        return reply(start_response, "200 OK", encode(Hello("Hello world!")))
    if path == "/secure/orders" and check_authorization(environ.get("HTTP_AUTHORIZATION")) is None:
        return reply(start_response, "401 Unauthorized", b'{"error":"no valid token"}')
    if path in ("/orders", "/secure/orders") and method == "POST":
        return create_order(environ, start_response)
    return reply(start_response, "404 Not Found", b'{"error":"not found"}')


def create_order(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    try:
        order = decode_order(body)
    except msgspec.ValidationError as error:
        return reply(start_response, "400 Bad Request", encode({"error": str(error)}))
    return reply(start_response, "200 OK", encode(receipt_of(order)))


def reply(start_response: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
