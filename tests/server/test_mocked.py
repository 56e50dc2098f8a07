"""Operations without handler, `on_missing_handler: mock`: the answers, who gets them, and which one is preferred."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from macaron_runner import generate_token
from macaron_runner.diagnostics import BadConfiguration

MACARON_YAML = """
macaron: 1
service: {name: shop}
auth:
  users:
    type: jwt
    issuer: shop.example.com
    audience: shop
    keys: {main: {secret: a-secret-of-the-tests-of-32-bytes-or-more}}
apis:
  shop: {spec: shop.yaml, handlers: shop_handlers, on_missing_handler: mock}
"""

DOCUMENT = """
openapi: 3.2.0
info: {title: shop, version: "1"}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 9}}]
      responses:
        "200":
          description: all of them
          headers:
            X-Total: {schema: {type: integer, minimum: 7}}
            ETag: {schema: {type: string}}
            Content-Length: {schema: {type: integer, minimum: 999}}
            X-Never: {schema: {type: string, minLength: 3, maxLength: 2}}
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
              examples:
                wrong: {value: [{id: none}]}
                empty: {value: []}
                elsewhere: {externalValue: https://example.com/orders.json}
            application/xml: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}
            text/plain: {schema: {type: string, minLength: 20}}
        "404":
          description: none
          content:
            application/problem+json:
              schema: {type: object, properties: {detail: {type: string}}}
              examples: {missing: {value: {detail: gone}}, "it is": {value: {detail: odd}}}
        4XX: {description: other faults, content: {application/json: {schema: {type: object}}}}
    post:
      operationId: orders.create
      security: [{bearer: []}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses:
        "202": {description: later}
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  /own:
    get:
      operationId: own
      responses: {"200": {description: by hand, content: {application/json: {schema: {}}}}}
  /table:
    get:
      operationId: table
      responses:
        "200":
          description: as XML or CSV
          content:
            application/xml: {schema: {$ref: "#/components/schemas/Order"}, example: "<order id='7'/>"}
            text/csv: {schema: {$ref: "#/components/schemas/Order"}, example: "id,7"}
  /silent:
    get: {operationId: silent}
  /nameless:
    delete: {responses: {"204": {description: gone}, "200": {description: also}}}
  /never:
    get:
      operationId: never
      responses:
        "200": {description: no, content: {application/json: {schema: {allOf: [{type: string}, {type: integer}]}}}}
  /picture:
    get:
      operationId: picture
      responses: {"200": {description: bytes, content: {image/png: {schema: {type: string, format: binary}}}}}
  /marked:
    get:
      operationId: marked
      x-decorate-server: macaron_runner.requires_auth
      responses: {default: {description: whatever, content: {application/json: {example: {a: 1}}}}}
  /lines:
    get:
      operationId: lines
      responses:
        "200":
          description: one after the other
          content:
            application/jsonl: {itemSchema: {$ref: "#/components/schemas/Order"}}
            text/event-stream:
              itemSchema: {type: object, required: [data], properties: {data: {type: string}, event: {const: order}}}
  /events:
    get:
      operationId: events
      responses: {"200": {description: of an older document, content: {text/event-stream: {schema: {type: object}}}}}
  /moved:
    get:
      operationId: moved
      responses:
        "302": {description: elsewhere, headers: {Location: {schema: {type: string, format: uri}}}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Order:
      type: object
      required: [id, email]
      properties: {id: {type: integer}, email: {type: string, format: email}, secret: {type: string, writeOnly: true}}
"""


@pytest.fixture
def ask(folder) -> Any:
    folder.write({
        "macaron.yaml": MACARON_YAML,
        "shop.yaml": DOCUMENT,
        "shop_handlers.py": 'def own():\n    return {"made": "by hand"}\n',
    })  # fmt: skip
    client = folder.app().test_client()

    def ask(method: str, path: str, prefer: str = "", **more: Any) -> TestResponse:
        headers = {**more.pop("headers", {}), **({"Prefer": prefer} if prefer else {})}
        return client.open(path, method=method, headers=headers, **more)

    return ask


ORDERS = [{"id": 1, "email": "ada@example.com"}]


def test_the_first_example_that_fits_answers(ask) -> None:
    answer = ask("GET", "/orders")
    assert (answer.status_code, answer.json) == (200, [])
    assert answer.headers["Content-Type"] == "application/json"
    assert "Preference-Applied" not in answer.headers


def test_declared_headers_have_values_but_those_that_would_break_the_answer(ask) -> None:
    headers = ask("GET", "/orders").headers
    assert int(headers["X-Total"]) >= 7
    assert headers["ETag"] == '"example"'
    assert headers["Content-Length"] == "2"
    assert "X-Never" not in headers


def test_head_is_get_without_body(ask) -> None:
    get, head = ask("GET", "/orders"), ask("HEAD", "/orders")
    assert head.data == b""
    assert {**head.headers, "X-Request-ID": ""} == {**get.headers, "X-Request-ID": ""}


def test_a_handler_that_is_there_answers_itself(ask) -> None:
    assert ask("GET", "/own", "dynamic=true, code=500").json == {"made": "by hand"}


def test_values_of_the_schema_are_made_where_they_are_preferred(ask) -> None:
    answer = ask("GET", "/orders", "dynamic=true")
    assert answer.json == ORDERS
    assert answer.headers["Preference-Applied"] == "dynamic=true"
    assert ask("GET", "/orders", "dynamic=true").json == ORDERS


@pytest.mark.parametrize(
    ("prefer", "status", "body"),
    [
        ("example=empty", 200, []),
        ("code=404", 404, {"detail": "gone"}),
        ("code=404, example=missing", 404, {"detail": "gone"}),
        ('code=404, example="it is"', 404, {"detail": "odd"}),
        ("code=418", 418, {}),
        ("code=200, wait=5", 200, []),
    ],
)
def test_the_preferred_answer_is_given(ask, prefer: str, status: int, body: Any) -> None:
    answer = ask("GET", "/orders", prefer)
    assert (answer.status_code, answer.json) == (status, body)
    assert answer.headers["Preference-Applied"] == prefer.removesuffix(", wait=5")


@pytest.mark.parametrize(
    ("prefer", "status", "words"),
    [
        ("code=abc", 400, "Prefer: code must be a status from 200 to 599, as in code=404"),
        ("dynamic=2", 400, "Prefer: dynamic must be true or false"),
        ("code=500", 404, "There is no response 500 for this operation, only 200, 404, 4XX"),
        ("example=full", 404, 'There is no example "full" of the response 200, only wrong, empty'),
        ("example=elsewhere", 404, 'There is no example "elsewhere" of the response 200, only wrong, empty'),
        ("code=422, example=x", 404, 'There is no example "x" of the response 4XX, and none at all'),
        ("example=wrong", 501, 'the example "wrong" does not fit its own schema'),
    ],
)
def test_what_there_is_not_is_told(ask, prefer: str, status: int, words: str) -> None:
    answer = ask("GET", "/orders", prefer)
    assert answer.status_code == answer.json["status"] == status
    assert words in answer.json["error_description"]


def test_what_nothing_can_fit_is_told_and_not_sent(ask) -> None:
    answer = ask("GET", "/never")
    assert (answer.status_code, answer.json["error"]) == (501, "NOT_IMPLEMENTED")
    assert answer.json["error_description"] == (
        'No answer could be made up for response 200 of "shop.never", application/json: '
        "the whole: it must be of several types at once, or of none"
    )


def test_the_accepted_media_type_is_answered(ask) -> None:
    xml = ask("GET", "/orders", headers={"Accept": "application/xml"})
    assert xml.headers["Content-Type"] == "application/xml"
    assert b"<response><item><id>1</id><email>ada@example.com</email></item></response>" in xml.data
    text = ask("GET", "/orders", headers={"Accept": "text/*"})
    assert text.headers["Content-Type"].startswith("text/plain")
    assert len(text.data) >= 20
    assert ask("GET", "/orders", headers={"Accept": "image/png"}).status_code == 406
    assert ask("GET", "/picture").headers["Content-Type"] == "image/png"
    assert ask("GET", "/picture").data


def test_what_json_cannot_show_is_sent_as_it_is_shown(ask) -> None:
    """A string value contains the example (OpenAPI 3.1 section 4.8.19, `value`)."""
    assert ask("GET", "/table").data == b"<order id='7'/>"
    assert ask("GET", "/table", headers={"Accept": "text/csv"}).data == b"id,7"


def test_sequences_are_answered_item_by_item(ask) -> None:
    assert ask("GET", "/lines").data == b'{"id":1,"email":"ada@example.com"}\n'
    events = ask("GET", "/lines", headers={"Accept": "text/event-stream"})
    assert events.data.decode().splitlines() == ["event: order", "data: string", ""]
    assert ask("GET", "/events").data.decode().splitlines() == ["data: {}", ""]


def test_requests_are_checked_as_ever(ask) -> None:
    assert ask("GET", "/orders?limit=10").status_code == 400
    assert ask("POST", "/orders", json=ORDERS[0]).status_code == 401
    made_up = {"Authorization": "Bearer made-up"}
    assert ask("POST", "/orders", json=ORDERS[0], headers=made_up).json["error"] == "TOKEN_INVALID"
    token = {"Authorization": f"Bearer {generate_token('ada')}"}
    assert ask("POST", "/orders", json={"id": 1}, headers=token).status_code == 400
    answer = ask("POST", "/orders", json=ORDERS[0], headers=token)
    assert (answer.status_code, answer.json) == (201, ORDERS[0])


def test_a_decorator_of_the_document_counts(ask) -> None:
    assert ask("GET", "/marked").status_code == 401
    token = {"Authorization": f"Bearer {generate_token('ada')}"}
    assert ask("GET", "/marked", headers=token).json == {"a": 1}


def test_an_operation_without_responses_answers_nothing(ask) -> None:
    """`responses` may be left out (OpenAPI 3.1 section 4.8.10)."""
    answer = ask("GET", "/silent")
    assert (answer.status_code, answer.data) == (204, b"")
    refused = ask("GET", "/silent", "code=404")
    assert (refused.status_code, refused.json["error"]) == (404, "NOT_FOUND")
    assert "and none at all" in refused.json["error_description"]


def test_answers_without_body(ask) -> None:
    assert ask("DELETE", "/nameless").status_code == 200
    assert ask("DELETE", "/nameless", "code=204").data == b""
    assert ask("DELETE", "/nameless", "example=x").status_code == 404
    assert ask("POST", "/orders", "code=202", json=ORDERS[0]).status_code == 401
    moved = ask("GET", "/moved")
    assert (moved.status_code, moved.headers["Location"]) == (302, "https://example.com/page")


@pytest.mark.parametrize(
    ("handlers", "operation", "code"),
    [
        ("no_such_module", "operationId: a", "MAC501"),
        ("shop_handlers", "operationId: a, x-bind-server: no_such_module.a", "MAC501"),
        ("shop_handlers", "operationId: a, x-bind-server: shop_handlers.a", "MAC503"),
        ("shop_handlers", "operationId: a, x-decorate-server: shop_handlers.a", "MAC503"),
        ("broken_handlers", "operationId: a", "MAC502"),
        ("shop_handlers", "operationId: broken_handlers.a", "MAC502"),
    ],
)
def test_what_is_named_must_be_there(folder, handlers: str, operation: str, code: str) -> None:
    folder.write({
        "macaron.yaml": MACARON_YAML.replace("shop_handlers", handlers),
        "shop.yaml": f'paths:\n  /a: {{get: {{{operation}, responses: {{"200": {{description: x}}}}}}}}\n',
        "shop_handlers.py": "",
        "broken_handlers.py": "1 / 0",
    })  # fmt: skip
    with pytest.raises(BadConfiguration) as caught:
        folder.app()
    assert {each.code for each in caught.value.diagnostics} == {code}
