"""readOnly and writeOnly properties between a client and a handler."""

DOCUMENT = """
paths:
  /users:
    post:
      operationId: register
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
      responses:
        "200": {description: stored, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
  /all:
    get:
      operationId: everyone
      responses:
        "200":
          description: all of them
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/User"}}}}
components:
  schemas:
    User:
      type: object
      required: [id, name, password]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        password: {type: string, writeOnly: true}
"""
HANDLERS = """
from macaron_runner import apipool

stored = {"id": 7, "name": "Ann", "password": "secret"}

def register(body):
    assert body.id is None, body.id
    body.id = 7
    return body

def everyone():
    return [stored, apipool.shop.User(**stored)]
"""


def test_what_a_client_may_not_set_or_see(folder):
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    client = folder.app().test_client()
    answer = client.post("/users", json={"id": 1, "name": "Ann", "password": "secret"})
    assert (answer.status_code, answer.json) == (200, {"id": 7, "name": "Ann"})
    for _ in range(2):  # what the handler keeps is its own
        assert client.get("/all").json == [{"id": 7, "name": "Ann"}] * 2
    refused = client.post("/users", json={"id": "x", "name": "Ann", "password": "secret"})
    assert refused.json["errors"][0]["pointer"] == "/id"
