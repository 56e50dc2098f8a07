"""Connexion 3 in its faster form: the document that macaron serves, dicts in and out, answers not checked."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import yaml
from connexion import AsyncApp
from connexion.resolver import Resolver

from tests.benchmarks.apps.tokens import check_authorization

DOCUMENT = Path(__file__).parents[1] / "service" / "apis" / "orders.yaml"


async def hello() -> dict[str, Any]:
    return {"message": "Hello world!"}


async def create_order(body: dict[str, Any]) -> dict[str, Any]:
    items = body["items"]
    total = sum(item["quantity"] * item["price"] for item in items)
    return {"order": 1, "customer": body["customer"]["name"], "lines": len(items), "total": total}


create_secure_order = create_order


async def bearer_info(token: str) -> dict[str, Any] | None:
    return check_authorization(f"Bearer {token}")


def create() -> AsyncApp:
    logging.getLogger("connexion").setLevel(
        logging.CRITICAL
    )  # no other peer writes a line about a bad request
    app = AsyncApp(__name__)
    app.add_api(document(), resolver=Resolver(globals().__getitem__))
    return app


def document() -> dict[str, Any]:
    """Return the document with what Connexion wants of one: OpenAPI 3.0, and who checks tokens."""
    found: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    found["openapi"] = "3.0.3"
    found["components"]["securitySchemes"]["bearerAuth"]["x-bearerInfoFunc"] = f"{__name__}.bearer_info"
    return found
