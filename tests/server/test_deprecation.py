"""Deprecated operations say so in every answer: since when, and until when."""

from __future__ import annotations

import pytest

from macaron_runner.openapi.operation import Operation
from macaron_runner.server.deprecation import deprecation_headers
from tests.server.conftest import ServiceFolder

DOCUMENT = """
paths:
  /old:
    get: &old
      operationId: old
      deprecated: true
      x-deprecated-at: 2026-01-31
      x-sunset: 2026-12-31T12:00:00Z
      parameters: [{name: how, in: query, required: true, schema: {enum: [plain, response, own, fail]}}]
      responses: {"200": {description: f, content: {application/json: {}}}}
  /new: {get: {operationId: new, responses: {"200": {description: f, content: {application/json: {}}}}}}
"""

HANDLERS = """
from flask import jsonify
from macaron_runner import MacaronError


def old(how):
    if how == "fail":
        raise MacaronError
    return {"plain": 1, "response": jsonify(1), "own": (1, 200, {"Sunset": "never"})}[how]


def new():
    return 1
"""


@pytest.mark.parametrize(
    ("deprecated", "extensions", "headers"),
    [
        (False, {}, {}),
        (True, {}, {"Deprecation": "@1"}),
        (True, {"x-deprecated-at": "1970-01-02"}, {"Deprecation": "@86400"}),
        (False, {"x-deprecated-at": "2026-01-31T01:00:00+01:00"}, {"Deprecation": "@1769817600"}),
        (False, {"x-sunset": "2026-12-31"}, {"Sunset": "Thu, 31 Dec 2026 00:00:00 GMT"}),
        (False, {"x-sunset": "2026-12-31t23:59:59.5-01:00"}, {"Sunset": "Fri, 01 Jan 2027 00:59:59 GMT"}),
        (False, {"x-sunset": "later", "x-deprecated-at": 7}, {}),
    ],
)
def test_headers(deprecated: bool, extensions: dict[str, object], headers: dict[str, str]) -> None:
    operation = Operation(
        "shop", "GET", "", "/x", "get", (), None, (), deprecated=deprecated, extensions=extensions
    )
    assert deprecation_headers(operation) == headers


def test_every_answer_says_it(folder: ServiceFolder) -> None:
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    client = folder.app().test_client()
    for how, status in (("plain", 200), ("response", 200), ("own", 200), ("fail", 500), ("wrong", 400)):
        answer = client.get(f"/old?how={how}")
        sunset = "never" if how == "own" else "Thu, 31 Dec 2026 12:00:00 GMT"
        assert (answer.status_code, answer.headers["Deprecation"]) == (status, "@1769817600")
        assert answer.headers.getlist("Sunset") == [sunset]
    assert not {"Deprecation", "Sunset"} & set(client.get("/new").headers.keys())
