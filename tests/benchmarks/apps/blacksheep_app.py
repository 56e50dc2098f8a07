"""BlackSheep with msgspec called by hand, which is how it is fastest."""

from __future__ import annotations

import msgspec
from blacksheep import Application, Content, Request, Response

from tests.benchmarks.apps.orders_msgspec import Hello, decode_order, encode, receipt_of
from tests.benchmarks.apps.tokens import check_authorization


def create() -> Application:
    app = Application()

    @app.router.get("/hello")
    async def hello(request: Request) -> Response:
        return written(Hello("Hello world!"))

    @app.router.post("/orders")
    async def create_order(request: Request) -> Response:
        return await answer(request)

    @app.router.post("/secure/orders")
    async def create_secure_order(request: Request) -> Response:
        given = request.headers.get_first(b"authorization")
        if check_authorization(given.decode() if given else None) is None:
            return written({"error": "no valid token"}, 401)
        return await answer(request)

    return app


async def answer(request: Request) -> Response:
    try:
        order = decode_order(await request.read() or b"")
    except msgspec.ValidationError as error:
        return written({"error": str(error)}, 400)
    return written(receipt_of(order))


def written(value: object, status: int = 200) -> Response:
    return Response(status, None, Content(b"application/json", encode(value)))
