"""A service's own formats, from macaron.yaml to answers: in bodies, parameters and responses, in any version."""

import pytest

from tests.support.versions import VERSIONS

SETTINGS = """
macaron: 1
service: {name: shop}
apis:
  shop: {spec: shop.yaml, handlers: shop_handlers, base_path: ""}
formats:
  currency: {pattern: "^[A-Z]{3}$"}
  sku: {check: "shop_formats:is_sku"}
"""
HANDLERS = """
def pay(body, currency="EUR"):
    return {"sku": body["sku"] if isinstance(body, dict) else body.sku, "currency": currency}

def broken():
    return {"sku": "none"}
"""
FORMATS = """
def is_sku(text):
    return text[0] == "A" and text[1:].isdigit()
"""
OF_2 = """
swagger: "2.0"
info: {title: shop, version: "1"}
consumes: [application/json]
produces: [application/json]
definitions: {Line: {type: object, properties: {sku: {type: string, format: sku}}}}
paths:
  /pay:
    post:
      operationId: pay
      parameters:
        - {name: currency, in: query, type: string, format: currency}
        - {name: body, in: body, required: true, schema: {$ref: "#/definitions/Line"}}
      responses: {"200": {description: paid, schema: {$ref: "#/definitions/Line"}}}
  /broken:
    get:
      operationId: broken
      responses: {"200": {description: no sku, schema: {$ref: "#/definitions/Line"}}}
"""
OF_3 = """
openapi: VERSION.0
info: {title: shop, version: "1"}
components:
  schemas: {Line: {type: object, properties: {sku: {type: string, format: sku}}}}
  responses:
    Line: {description: a line, content: {application/json: {schema: {$ref: "#/components/schemas/Line"}}}}
paths:
  /pay:
    post:
      operationId: pay
      parameters: [{name: currency, in: query, schema: {type: string, format: currency}}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Line"}}}
      responses: {"200": {$ref: "#/components/responses/Line"}}
  /broken:
    get:
      operationId: broken
      responses: {"200": {$ref: "#/components/responses/Line"}}
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_own_formats(folder, version):
    document = OF_2 if version == "2.0" else OF_3.replace("VERSION", version)
    folder.write({
        "macaron.yaml": SETTINGS, "shop.yaml": document, "shop_handlers.py": HANDLERS, "shop_formats.py": FORMATS,
    })  # fmt: skip
    client = folder.app().test_client()
    good = client.post("/pay?currency=CHF", json={"sku": "A12"})
    assert (good.status_code, good.json) == (200, {"sku": "A12", "currency": "CHF"})
    for sku in ("B12", ""):  # the function raises IndexError for an empty text
        bad = client.post("/pay?currency=CHF", json={"sku": sku})
        assert (bad.status_code, bad.json["error"]) == (400, "INVALID_PARAMETER")
        assert bad.json["errors"] == [
            {"location": "body", "pointer": "/sku", "message": f'is not a valid sku: "{sku}"'}
        ]
    worse = client.post("/pay?currency=chf", json={"sku": "A12"})
    assert worse.json["errors"] == [
        {"location": "query", "pointer": "/currency", "message": 'does not match "^[A-Z]{3}$": "chf"'}
    ]
    assert client.get("/broken").json["error"] == "BAD_RESPONSE"
