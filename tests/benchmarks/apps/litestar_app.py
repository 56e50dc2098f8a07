"""Litestar with msgspec, its own way of reading and writing."""

from typing import Any

from litestar import Litestar, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from tests.benchmarks.apps.orders_msgspec import Hello, Order, Receipt, receipt_of
from tests.benchmarks.apps.tokens import check_authorization


async def user(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    if check_authorization(connection.headers.get("authorization")) is None:
        raise NotAuthorizedException


@get("/hello")
async def hello() -> Hello:
    return Hello("Hello world!")


@post("/orders", status_code=200)
async def create_order(data: Order) -> Receipt:
    return receipt_of(data)


@post("/secure/orders", status_code=200, guards=[user])
async def create_secure_order(data: Order) -> Receipt:
    return receipt_of(data)


def create() -> Litestar:
    return Litestar([hello, create_order, create_secure_order], openapi_config=None)
