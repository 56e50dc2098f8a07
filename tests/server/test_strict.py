"""`strict: false`: what a document that breaks its own specification still promises is served, and never too openly."""

from __future__ import annotations

import pytest

from macaron_runner.diagnostics import BadConfiguration
from tests.server.conftest import SECRET, ServiceFolder

NOT_STRICT = f"""
macaron: 1
service: {{name: shop, version: "1.2"}}
auth:
  users: {{type: jwt, issuer: shop.example.com, audience: shop, keys: {{main: {{secret: {SECRET}}}}}}}
apis:
  shop: {{spec: shop.yaml, handlers: shop_handlers, strict: false}}
"""
DOCUMENT = """
paths:
  /fine:
    get: {operationId: fine, responses: {"200": {description: ok}}}
  /secured:
    get: {operationId: secured, security: [{token: []}], responses: {"200": {description: ok}}}
    post: {operationId: secured, securty: [{token: []}], responses: {"200": {description: ok}}}
  /schema:
    post:
      operationId: order
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"200": {description: ok}}
components:
  schemas:
    Order: {type: object, required: [qty], properties: {qty: {type: integer, minimum: one}, other: {type: objct}}}
  securitySchemes:
    token: {type: http, scheme: bearer}
"""
HANDLERS = """
def fine(): return None
def secured(): return None
def order(body): return None
"""


def write(folder: ServiceFolder, document: str, macaron_yaml: str = NOT_STRICT) -> None:
    folder.write({"macaron.yaml": macaron_yaml, "shop.yaml": document, "shop_handlers.py": HANDLERS})


def test_what_no_fault_is_about_is_served(folder: ServiceFolder) -> None:
    write(folder, DOCUMENT)
    client = folder.app().test_client()
    assert client.get("/fine").status_code == 200
    assert client.get("/secured").status_code == 401
    assert client.post("/secured").status_code == 405  # who may call it was not understood


def test_what_is_sound_in_a_schema_is_checked(folder: ServiceFolder) -> None:
    write(folder, DOCUMENT)
    client = folder.app().test_client()
    assert client.post("/schema", json={"qty": -1, "other": 1}).status_code == 200
    assert client.post("/schema", json={"qty": "1"}).status_code == 400
    assert client.post("/schema", json={}).status_code == 400


def test_a_discriminator_that_leads_nowhere_refuses_nothing(folder: ServiceFolder) -> None:
    order = """
      discriminator: {propertyName: kind, mapping: {small: "orders.yaml#/Small", large: "orders.yaml#/Large"}}
      oneOf: [{type: object, required: [kind, qty]}, {type: object, required: [kind, size]}]
"""
    i = DOCUMENT.index("{type: object, required: [qty]")
    document = DOCUMENT[:i] + order + DOCUMENT[DOCUMENT.index("  securitySchemes") :]
    write(folder, document)
    client = folder.app().test_client()
    assert client.post("/schema", json={"kind": "small", "qty": 1}).status_code == 200
    assert client.post("/schema", json={"kind": "small"}).status_code == 400


def test_the_name_of_a_component_takes_nothing_away(folder: ServiceFolder) -> None:
    """Names of components match ^[a-zA-Z0-9.\\-_]+$ (OpenAPI 3.1 section 4.8.7); references find the others, too."""
    document = (
        DOCUMENT.replace("token", "my token").replace("/Order", "/My%20Order").replace("Order:", "My Order:")
    )
    write(folder, document)
    client = folder.app().test_client()
    assert client.get("/secured").status_code == 401
    assert client.post("/schema", json={"qty": "1"}).status_code == 400


def test_an_operation_may_stand_elsewhere(folder: ServiceFolder) -> None:
    written = '{operationId: secured, security: [{token: []}], responses: {"200": {description: ok}}}'
    assert written in DOCUMENT
    write(folder, DOCUMENT.replace(written, '{$ref: "#/x-secured"}') + f"x-secured: {written}\n")
    client = folder.app().test_client()
    assert client.get("/secured").status_code == 401


def test_a_range_in_lower_case_is_one(folder: ServiceFolder) -> None:
    ranges = 'responses: {"4xx": {description: promises no body}, default: {description: any}, '
    write(folder, DOCUMENT.replace("responses: {", ranges, 1))
    (folder.path / "shop_handlers.py").write_text(HANDLERS.replace("return None", "return {}, 404", 1))
    assert folder.app().test_client().get("/fine").json["error"] == "BAD_RESPONSE"


def test_strict_is_the_default(folder: ServiceFolder) -> None:
    write(folder, DOCUMENT, NOT_STRICT.replace(", strict: false", ""))
    with pytest.raises(BadConfiguration) as refused:
        folder.app()
    assert {found.code for found in refused.value.diagnostics} >= {"MAC370", "MAC372"}


@pytest.mark.parametrize(
    "wrong",
    [
        'securty: [{token: []}]\nopenapi: 3.1.0\ninfo: {title: s, version: "1"}\n',
        'openapi: 3.1.0\ninfo: {title: s, version: "1"}\nservers: [{url: "https://example.com/{stage}"}]\n',
        'openapi: 3.1.0\ninfo: {title: s, version: "1"}\nsecurity: {token: []}\n',
    ],
)
def test_nothing_is_served_where_it_is_unclear_where_or_for_whom(folder: ServiceFolder, wrong: str) -> None:
    paths = '\npaths: {/fine: {get: {operationId: fine, responses: {"200": {description: ok}}}}}\n'
    write(folder, wrong + paths)
    with pytest.raises(BadConfiguration):
        folder.app()
