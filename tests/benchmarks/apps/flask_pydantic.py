"""Flask with pydantic called by hand: what one writes without a framework for it."""

from __future__ import annotations

from flask import Flask, Response, abort, request
from pydantic import BaseModel, ValidationError

from tests.benchmarks.apps.orders_pydantic import Hello, Order, receipt_of
from tests.benchmarks.apps.tokens import check_authorization


def create() -> Flask:
    app = Flask("orders")

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[Response, int]:
        return Response(error.json(include_url=False), mimetype="application/json"), 400

    @app.get("/hello")
    def hello() -> Response:
        return written(Hello(message="Hello world!"))

    @app.post("/orders")
    def create_order() -> Response:
        return written(receipt_of(Order.model_validate_json(request.get_data())))

    @app.post("/secure/orders")
    def create_secure_order() -> Response:
        if check_authorization(request.headers.get("Authorization")) is None:
            abort(401)
        return written(receipt_of(Order.model_validate_json(request.get_data())))

    return app


def written(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), mimetype="application/json")
