"""Code of the service's own that runs before a handler, or in its place, finds flask.request as a handler does."""

import flask
import pytest

DOCUMENT = """
paths:
  /orders:
    post:
      operationId: order
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"200": {description: ordered, content: {application/json: {schema: {}}}}}
components:
  schemas:
    Order: {type: object, required: [sku], properties: {sku: {type: string}}}
"""

HANDLERS = """
import flask

def order(body):
    return [body.sku, flask.request.path]
"""


@pytest.fixture
def asked(folder):
    """Return a call that starts a service of these files, and gives its answer to an order as JSON."""

    def ask(order, *overrides, document=DOCUMENT, **files):
        texts = {"shop_handlers.py": HANDLERS, **{f"{name}.py": text for name, text in files.items()}}
        folder.write({"shop.yaml": document, **texts})
        answer = folder.app(*overrides).test_client().post("/orders", json=order, headers={"X-Who": "Ada"})
        assert not flask.has_request_context()
        assert not flask.has_app_context()
        return answer.json

    return ask


def test_a_handler(asked):
    assert asked({"sku": "A"}) == ["A", "/orders"]


def test_nothing_where_a_request_is_refused(asked):
    assert asked({})["errors"] == [{"location": "body", "pointer": "", "message": '"sku" is required'}]


def test_the_error_handler_of_macaron_yaml(asked):
    handler = "\n\ndef on_error(error):\n    return [error.code, flask.request.headers['X-Who']]\n"
    answer = asked({}, "http.error_handler=shop_handlers:on_error", shop_handlers=HANDLERS + handler)
    assert answer == ["INVALID_PARAMETER", "Ada"]


def test_an_error_handler_of_flask(asked):
    handler = """
from macaron_runner import MacaronError

@flask.current_app.errorhandler(MacaronError)
def on_error(error):
    return [error.code, flask.request.headers["X-Who"]]
"""
    assert asked({}, shop_handlers=HANDLERS + handler) == ["INVALID_PARAMETER", "Ada"]


@pytest.mark.parametrize(("sku", "fits"), [("Ada", True), ("Bob", False)])
def test_a_format(asked, sku, fits):
    document = DOCUMENT.replace("{type: string}", "{type: string, format: own}")
    check = "import flask\n\ndef is_own(text):\n    return text == flask.request.headers['X-Who']\n"
    formats = "formats={own: {check: 'shop_formats:is_own'}}"
    answer = asked({"sku": sku}, formats, document=document, shop_formats=check)
    assert (answer == ["Ada", "/orders"]) is fits


def test_a_parent_class(asked):
    document = DOCUMENT.replace("Order: {type", "Order: {x-parent: shop_parents.Order, type")
    parents = """
import flask

class Order:
    def model_post_init(self, context):
        self.sku += flask.request.headers["X-Who"]
"""
    assert asked({"sku": "A"}, document=document, shop_parents=parents) == ["AAda", "/orders"]
