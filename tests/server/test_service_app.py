"""Flask is whole: hooks, g, session, extensions, error handlers, url_for; and every request has its context."""

import flask
import pytest

DOCUMENT = """
paths:
  /hello/{name}:
    get:
      operationId: hello
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: &json {"200": {description: fine, content: {application/json: {schema: {}}}}}
  /größe/{größe}:
    get:
      operationId: size
      parameters: [{name: größe, in: path, required: true, schema: {type: string}}]
      responses: *json
  /ids: {get: {operationId: ids, responses: *json}}
  /boom: {get: {operationId: boom, responses: *json}}
  /echo: {post: {operationId: echo, requestBody: {content: {application/json: {}}}, responses: *json}}
"""

HANDLERS = """
import flask
from macaron_runner.context import current

app = flask.current_app
app.secret_key = "only for these tests"
seen = []


class Boom(Exception):
    pass


@app.before_request
def before():
    flask.g.before = (flask.request.endpoint, current().operation)
    flask.g.body = flask.request.get_data()
    if flask.request.args.get("stop"):
        return {"stopped": True}


@app.after_request
def after(response):
    response.headers["X-After"] = "yes"
    return response


@app.teardown_request
def teardown(error):
    seen.append(error)


@app.errorhandler(Boom)
def on_boom(error):
    return {"boom": True}, 409


@app.get("/extra/<int:number>")
def extra(number):
    return {"number": number}


def hello(name):
    flask.session["visits"] = flask.session.get("visits", 0) + 1
    url = flask.url_for("shop.hello", name="a b")
    return [name, flask.g.before, flask.session["visits"], url, flask.request.url_rule.rule]


def size(größe):
    return größe


def ids():
    here = current()
    return [here.request_id, here.call_id, here.call_path, here.operation]


def boom():
    raise Boom


def echo(body):
    return [body, flask.g.body.decode(), flask.request.get_json()]
"""


@pytest.fixture
def client(folder):
    folder.write({"shop.yaml": DOCUMENT, "shop_handlers.py": HANDLERS})
    return folder.app().test_client()


def test_hooks_g_session_and_url_for(client):
    client.get("/hello/x")
    answer = client.get("/hello/you%20there")
    assert answer.json == ["you there", ["shop.hello", "shop.hello"], 2, "/hello/a%20b", "/hello/<name>"]
    assert answer.headers["X-After"] == "yes"


def test_a_hook_may_answer(client):
    answer = client.get("/hello/x?stop=1")
    assert answer.json == {"stopped": True}
    assert "X-Request-ID" in answer.headers


def test_hooks_may_read_the_body_first(client):
    assert client.post("/echo", json={"a": 1}).json == [{"a": 1}, '{"a": 1}', {"a": 1}]


def test_error_handlers_of_the_service_come_first(client):
    answer = client.get("/boom")
    assert (answer.status_code, answer.json) == (409, {"boom": True})


def test_paths_in_any_language(client):
    assert client.get("/größe/klein & fein").json == "klein & fein"


def test_routes_of_extensions(client):
    assert client.get("/extra/7").json == {"number": 7}
    assert client.get("/extra/x").json["error"] == "NOT_FOUND"
    assert client.post("/extra/7").json["error"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("given", ["7", "12345678", "a" * 128, "trace/id;x=1"])
def test_sane_ids_are_kept(client, given):
    answer = client.get(
        "/ids", headers={"X-Request-ID": given, "PymCallID": "call-1234", "PymCallPath": "a.b"}
    )
    assert answer.headers["X-Request-ID"] == given
    assert answer.json == [given, "call-1234", "a.b", "shop.ids"]


@pytest.mark.parametrize("given", ["", "a" * 129, "with space", "caf\xe9-1234"])
def test_other_ids_are_replaced(client, given):
    answer = client.get("/ids", headers={"X-Request-ID": given, "PymCallID": given})
    assert answer.headers["X-Request-ID"] != given
    assert answer.json == [answer.headers["X-Request-ID"]] * 2 + ["", "shop.ids"]


def test_errors_have_ids_too(client):
    assert client.get("/nope", headers={"X-Request-ID": "12345678"}).headers["X-Request-ID"] == "12345678"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/startup"])
def test_health(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (
        200,
        {"status": "ok"},
        "no-store",
    )


@pytest.mark.parametrize("path", ["//health/live", "/health//live", "/health%2Flive", "/health/live/"])
def test_paths_that_only_resemble_a_health_check(client, path):
    assert client.get(path).status_code == 404


def test_options_of_a_health_check(client):
    answer = client.options("/health/live")
    assert (answer.status_code, answer.data, answer.headers.get("Content-Type")) == (200, b"", None)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_hosts_that_are_not_trusted(client):
    client.application.config["TRUSTED_HOSTS"] = ["shop.example.com"]
    assert client.get("/hello/x").status_code == 400
    assert client.get("/hello/x", base_url="http://shop.example.com").status_code == 200


def test_draining(client):
    client.application.readiness.drain()
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    assert client.get("/hello/x").status_code == 200


def test_an_api_may_have_the_path_of_a_health_check(folder):
    folder.write({
        "shop.yaml": """
paths:
  /health/ready: {get: {operationId: ready, responses: {"200": {description: f, content: {application/json: {}}}}}}
""",
        "shop_handlers.py": "def ready():\n    return 'ours'\n",
    })  # fmt: skip
    client = folder.app().test_client()
    assert client.get("/health/ready").json == "ours"
    assert client.get("/health/live").status_code == 200


REPORTER = """
reports = []

def report(title, body):
    reports.append((title, body))
"""


def test_slow_calls_are_reported(folder):
    import sys

    folder.write({
        "shop.yaml": DOCUMENT,
        "shop_handlers.py": HANDLERS,
        "shop_reporter.py": REPORTER,
    })  # fmt: skip
    app = folder.app("observability.slow_call=1ms", "observability.error_reporter=shop_reporter:report")

    @app.before_request
    def be_slow():
        import time

        time.sleep(0.005)

    assert app.test_client().get("/ids").status_code == 200
    ((title, body),) = sys.modules["shop_reporter"].reports
    assert "shop.ids took 0.0" in title
    assert "shop.ids" in body


def test_error_handler_of_macaron_yaml(folder):
    folder.write({
        "shop.yaml": DOCUMENT,
        "shop_handlers.py": HANDLERS + "\n\ndef on_error(error):\n    return {'oops': error.code}\n",
    })  # fmt: skip
    client = folder.app("http.error_handler=shop_handlers:on_error").test_client()
    answer = client.get("/nope")
    assert (answer.status_code, answer.json) == (404, {"oops": "NOT_FOUND"})


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/crash/exception", 500, "SERVER_ERROR"),
        ("/crash/error", 409, "CRASH_REQUESTED"),
        ("/crash/error?status=503", 503, "CRASH_REQUESTED"),
        ("/crash/bad_response", 500, "BAD_RESPONSE"),
        ("/crash/abort", 404, "NOT_FOUND"),
        ("/crash/abort?status=418", 418, "IM_A_TEAPOT"),
        ("/crash/abort?status=200", 400, "INVALID_PARAMETER"),
    ],
)
def test_crash_api(folder, path, status, code):
    folder.write({
        "macaron.yaml": "macaron: 1\nservice: {name: shop}\napis: {crash: {spec: 'macaron:crash'}}\n",
    })  # fmt: skip
    answer = folder.app().test_client().get(path)
    assert (answer.status_code, answer.json["error"]) == (status, code)


def test_crash_slow(folder):
    folder.write({
        "macaron.yaml": "macaron: 1\nservice: {name: shop}\napis: {crash: {spec: 'macaron:crash'}}\n",
    })  # fmt: skip
    assert folder.app().test_client().get("/crash/slow?seconds=0").json == {"seconds": 0}


@pytest.mark.parametrize("name", ["rule", "self", "map"])
def test_a_path_variable_may_have_any_name_in_url_for(folder, name):
    document = f"""
openapi: 3.0.3
info: {{title: shop, version: "1"}}
paths:
  /at/{{{name}}}:
    parameters: [{{name: {name}, in: path, required: true, schema: {{type: string}}}}]
    get: {{operationId: at, responses: {{"200": {{description: fine}}}}}}
"""
    folder.write({"shop.yaml": document, "shop_handlers.py": f"def at({name}): pass\n"})
    with folder.app().test_request_context():
        assert flask.url_for("shop.at", **{name: "a b"}) == "/at/a%20b"
        assert flask.url_for("shop.at", **{name: "a", "more": 1}) == "/at/a?more=1"
