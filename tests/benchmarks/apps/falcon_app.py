"""Falcon with msgspec."""

from __future__ import annotations

from typing import Any

import falcon
import msgspec

from tests.benchmarks.apps.orders_msgspec import Hello, decode_order, encode, receipt_of
from tests.benchmarks.apps.tokens import check_authorization


class HelloResource:
    def on_get(self, request: Any, response: Any) -> None:
        response.data = encode(Hello("Hello world!"))


class OrdersResource:
    def on_post(self, request: Any, response: Any) -> None:
        try:
            order = decode_order(request.bounded_stream.read())
        except msgspec.ValidationError as error:
            raise falcon.HTTPBadRequest(title="Bad order", description=str(error)) from error
        response.data = encode(receipt_of(order))


class SecureOrdersResource(OrdersResource):
    def on_post(self, request: Any, response: Any) -> None:
        if check_authorization(request.get_header("Authorization")) is None:
            raise falcon.HTTPUnauthorized
        super().on_post(request, response)


def create() -> Any:
    app = falcon.App()
    app.add_route("/hello", HelloResource())
    app.add_route("/orders", OrdersResource())
    app.add_route("/secure/orders", SecureOrdersResource())
    return app
