"""What a service's hooks and error handlers may do, and what becomes of the request when they or a handler fail."""

import sys

import pytest
from flask import got_request_exception

DOCUMENT = """
paths:
  /hello: {get: {operationId: hello, responses: &json {"200": {description: f, content: {application/json: {}}}}}}
  /die: {get: {operationId: die, responses: *json}}
  /gone: {get: {operationId: gone, responses: *json}}
  /sold: {get: {operationId: sold, responses: *json}}
  /bare: {get: {operationId: bare, responses: *json}}
  /leave/{how}:
    get:
      operationId: leave
      parameters: [{name: how, in: path, required: true, schema: {type: string}}]
      responses: *json
  /stream: {get: {operationId: stream, responses: *json}}
  /stream/broken: {get: {operationId: broken_stream, responses: *json}}
"""

HANDLERS = """
import asyncio
import builtins
import flask
from werkzeug.exceptions import HTTPException
from macaron_runner import MacaronError
from macaron_runner.context import current

app = flask.current_app


class Sold(MacaronError):
    code, status = "SOLD", 409


def hello():
    return flask.g.get("from_hook", "hello")


def die():
    raise RuntimeError("a secret")


def gone():
    flask.abort(410)


def sold():
    raise Sold("sold out")


def bare():
    raise HTTPException("no status")


async def leave(how):
    raise getattr(builtins, how, asyncio.CancelledError)


def stream():
    return flask.Response(f"{number} {current().request_id}," for number in range(2))


def broken_stream():
    def parts():
        yield "one"
        raise RuntimeError("a secret")

    return flask.Response(parts())
"""

REPORTER = """
titles = []

def report(title, body):
    titles.append(title)
"""


@pytest.fixture
def client_with(folder):
    """Give a function that returns a client of the service with some code added to its handlers."""

    def make(code: str = ""):
        folder.write({
            "shop.yaml": DOCUMENT,
            "shop_handlers.py": f"{HANDLERS}\n\n{code}\n",
            "shop_reporter.py": REPORTER,
        })  # fmt: skip
        return folder.app("observability.error_reporter=shop_reporter:report").test_client()

    return make


def reported() -> list[str]:
    titles: list[str] = sys.modules["shop_reporter"].titles
    return titles


BEFORE = "@app.before_request\ndef before():\n    "
AFTER = "@app.after_request\ndef after(response):\n    "


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (BEFORE + "raise RuntimeError", 500, "SERVER_ERROR"),
        (BEFORE + "raise SystemExit", 500, "SERVER_ERROR"),
        (BEFORE + "flask.abort(403)", 403, "FORBIDDEN"),
        (BEFORE + "raise Sold", 409, "SOLD"),
        (AFTER + "raise RuntimeError", 500, "SERVER_ERROR"),
        (AFTER + "return None", 500, "SERVER_ERROR"),
        (AFTER + "raise Sold", 409, "SOLD"),
    ],
)
def test_a_hook_that_fails(client_with, code, status, error):
    answer = client_with(code).get("/hello")
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize("kind", ["request", "appcontext"])
def test_a_last_hook_that_fails_is_reported_and_changes_nothing(client_with, kind):
    client = client_with(f"@app.teardown_{kind}\ndef last(error):\n    raise RuntimeError('too late')")
    reported().clear()
    assert client.get("/hello").json == "hello"
    assert reported() == ["shop: RuntimeError: too late"]


def test_hooks_may_be_coroutines(client_with):
    code = "@app.before_request\nasync def before():\n    await asyncio.sleep(0)\n    flask.g.from_hook = 'hooked'"
    assert client_with(code).get("/hello").json == "hooked"


@pytest.mark.parametrize(
    ("handler", "path", "status", "said"),
    [
        ("500", "/die", 500, "InternalServerError"),
        ("500", "/leave/SystemExit", 500, "InternalServerError"),
        ("RuntimeError", "/die", 500, "RuntimeError"),
        ("Exception", "/gone", 500, "Gone"),
        ("Exception", "/sold", 500, "Sold"),
        ("MacaronError", "/sold", 500, "Sold"),
        ("404", "/nope", 500, "NotFound"),
    ],
)
def test_error_handlers_of_the_service_come_first(client_with, handler, path, status, said):
    code = f"@app.errorhandler({handler})\ndef on_error(error):\n    return {{'said': type(error).__name__}}, 500"
    answer = client_with(code).get(path)
    assert (answer.status_code, answer.json) == (status, {"said": said})


def test_what_a_handler_of_500_answers_is_reported_all_the_same(client_with):
    client = client_with("@app.errorhandler(500)\ndef on_error(error):\n    return 'sorry', 500")
    assert client.get("/die").text == "sorry"
    assert reported() == ["shop: RuntimeError: a secret"]
    assert client.get("/sold").json["error"] == "SOLD"


@pytest.mark.parametrize("handler", ["500", "RuntimeError"])
def test_an_error_handler_that_fails(client_with, handler):
    code = f"@app.errorhandler({handler})\ndef on_error(error):\n    raise KeyError('worse')"
    answer = client_with(code).get("/die")
    assert (answer.status_code, answer.json["error"]) == (500, "SERVER_ERROR")
    assert "shop: KeyError: 'worse'" in reported()


def test_unexpected_errors_are_reported_and_logged_once(client_with, caplog):
    client = client_with()
    signalled: list[BaseException] = []

    def hear(sender, exception):
        signalled.append(exception)

    with got_request_exception.connected_to(hear, client.application):
        answer = client.get("/die")
    assert b"secret" not in answer.data
    assert reported() == ["shop: RuntimeError: a secret"]
    assert [type(error) for error in signalled] == [RuntimeError]
    (record,) = [record for record in caplog.records if record.exc_info]
    assert answer.json["error_id"] in record.getMessage()


def test_an_http_exception_without_status(client_with):
    answer = client_with().get("/bare")
    assert (answer.status_code, answer.json["error"]) == (500, "SERVER_ERROR")


@pytest.mark.parametrize(
    "how", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "Cancelled", "MemoryError"]
)
def test_nothing_that_a_handler_raises_ends_more_than_its_request(client_with, how):
    client = client_with()
    answer = client.get(f"/leave/{how}")
    assert (answer.status_code, answer.json["error"]) == (500, "SERVER_ERROR")
    assert client.get("/hello").json == "hello"


def test_a_stream_knows_its_request(client_with):
    answer = client_with().get("/stream", headers={"X-Request-ID": "mine"})
    assert answer.text == "0 mine,1 mine,"


def test_a_stream_that_breaks_is_reported(client_with):
    client = client_with()
    with pytest.raises(RuntimeError):
        client.get("/stream/broken", buffered=True)
    assert reported() == ["shop: RuntimeError: a secret"]
