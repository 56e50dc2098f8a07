"""Bare Flask: nothing validated, dicts in and out; what macaron's request path must stay below."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request


def create() -> Flask:
    app = Flask("orders")

    @app.get("/hello")
    def hello() -> dict[str, Any]:
        return {"message": "Hello world!"}

    @app.post("/orders")
    def create_order() -> Response:
        order = request.get_json()
        items = order["items"]
        total = sum(item["quantity"] * item["price"] for item in items)
        return jsonify(order=1, customer=order["customer"]["name"], lines=len(items), total=total)

    return app
