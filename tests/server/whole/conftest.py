"""Flask stays whole: services of a few lines, each using as little of Flask as its case needs, most often one thing.

The cases are those of Flask's own suite, in our words and against operations that a document describes. The document
is written from the handlers: `def get_order(order)` answers GET /order/{order}, `def post_order(body)` POST /order
with a body of JSON. Every other argument is a variable of the path.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from macaron_runner.server.service_app import ServiceApp
from tests.server.conftest import ServiceFolder

PRELUDE = """
import flask
from flask import current_app, g, request, session

app = current_app._get_current_object()
seen = []
"""

_HANDLER = re.compile(r"^(?:async )?def (get|post|put|delete)_(\w+)\((.*)\):", re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """A service in this process."""

    app: ServiceApp
    client: FlaskClient

    @property
    def module(self) -> Any:
        """The module with the handlers."""
        return sys.modules["shop_handlers"]

    def seen(self) -> list[Any]:
        """Return what the service's code put into its list `seen` since this was last asked."""
        found: list[Any] = self.module.seen
        told = list(found)
        found.clear()
        return told

    def status(self, path: str, **arguments: Any) -> int:
        """Return the status of GET."""
        return self.client.get(path, **arguments).status_code

    def json(self, path: str, **arguments: Any) -> Any:
        """Return the JSON that GET answers."""
        return self.client.get(path, **arguments).json


Serve = Callable[[str], Served]


def document_of(code: str) -> str:
    """Return the document of the operations that these handlers answer."""
    paths: dict[str, dict[str, Any]] = {}
    for method, name, arguments in _HANDLER.findall(code):
        names = [argument.strip() for argument in arguments.split(",") if argument.strip()]
        variables = [name for name in names if name != "body"]
        operation: dict[str, Any] = {
            "operationId": f"{method}_{name}",
            "parameters": [
                {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
                for each in variables
            ],
            "responses": {"default": {"description": "fine", "content": {"application/json": {}}}},
        }
        if "body" in names:
            operation["requestBody"] = {"content": {"application/json": {}}}
        path = "/" + "/".join([name, *(f"{{{each}}}" for each in variables)])
        paths.setdefault(path, {})[method] = operation
    return "paths: " + json.dumps(paths)


@pytest.fixture
def serve(folder: ServiceFolder) -> Iterator[Serve]:
    """Give a function that makes a service of handlers and hooks; in its code are `app`, `seen` and flask's proxies."""
    with ExitStack() as clients:

        def make(code: str) -> Served:
            code = PRELUDE + textwrap.dedent(code)
            folder.write({"shop.yaml": document_of(code), "shop_handlers.py": code})
            app = folder.app()
            client = app.test_client()
            clients.callback(client.__exit__, None, None, None)
            served = Served(app, client)
            served.seen()  # of the application's context in which the handlers were imported
            return served

        yield make
