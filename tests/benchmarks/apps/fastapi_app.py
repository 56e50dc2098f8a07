"""FastAPI: pydantic models in the signature, coroutines as handlers."""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException

from tests.benchmarks.apps.orders_pydantic import Hello, Order, Receipt, receipt_of
from tests.benchmarks.apps.tokens import check_authorization


async def user(authorization: Annotated[str | None, Header()] = None) -> None:
    if check_authorization(authorization) is None:
        raise HTTPException(401)


def create() -> FastAPI:
    app = FastAPI()

    @app.get("/hello")
    async def hello() -> Hello:
        return Hello(message="Hello world!")

    @app.post("/orders")
    async def create_order(order: Order) -> Receipt:
        return receipt_of(order)

    @app.post("/secure/orders", dependencies=[Depends(user)])
    async def create_secure_order(order: Order) -> Receipt:
        return receipt_of(order)

    return app
