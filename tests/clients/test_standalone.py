"""Clients in a script, in a notebook, beside any Flask application: loaded from a macaron.yaml or from documents."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import flask
import pytest

from macaron_runner import API, apipool, context, is_error, load_clients
from macaron_runner.diagnostics import BadConfiguration
from tests.support.service import free_port

LOGIN_YAML = """\
openapi: 3.1.0
info: {{title: Login, version: "1"}}
servers: [{{url: "http://127.0.0.1:{port}/v1"}}]
paths:
  /login:
    post:
      operationId: doLogin
      summary: Log in
      requestBody:
        required: true
        content: {{application/json: {{schema: {{$ref: "#/components/schemas/LoginData"}}}}}}
      responses:
        "200":
          description: A token
          content: {{application/json: {{schema: {{$ref: "#/components/schemas/Token"}}}}}}
components:
  schemas:
    LoginData: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}
    Token: {{type: object, required: [token], properties: {{token: {{type: string}}}}}}
"""
MACARON_YAML = """\
macaron: 1
service: {name: script}
apis: {own: {spec: own.yaml, handlers: handlers}}
clients: {login: {spec: apis/login.yaml}, other: {spec: apis/not-there.yaml}}
"""
OWN_YAML = """\
openapi: 3.1.0
info: {title: Own, version: "1"}
paths:
  /hello:
    get:
      operationId: hello
      responses: {"200": {description: OK, content: {application/json: {schema: {type: string}}}}}
"""


class Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(autouse=True)
def no_service() -> Iterator[None]:
    context.deactivate()
    yield
    context.deactivate()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()

    def login(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"token": "of %s"}' % environ["PATH_INFO"].encode()]

    server = make_server("127.0.0.1", port, login, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "login.yaml").write_text(LOGIN_YAML.format(port=port))
    (tmp_path / "macaron.yaml").write_text(MACARON_YAML)
    (tmp_path / "own.yaml").write_text(OWN_YAML)
    (tmp_path / "handlers.py").write_text("def hello():\n    return 'hello'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MACARON_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_in_a_script() -> None:
    apis = load_clients("macaron.yaml", apis=["login"])
    result = apis.login.client.do_login(apis.login.model.LoginData(name="ada"))
    assert not is_error(result)
    assert result == apis.login.Token(token="of /v1/login")
    assert apipool.login.client.do_login({"name": "ada"}) == result
    assert dir(apis) == ["login"]
    assert dir(apipool) == ["login"]


@pytest.mark.usefixtures("folder")
def test_in_a_notebook() -> None:
    for _ in range(2):  # a cell may be run again
        apis = load_clients(apis=["login"])
    assert repr(apis) == "<client of login>\n  do_login(body: LoginData, /) -> Token  Log in"
    assert "do_login" in dir(apis.login.client)
    assert "Log in" in str(apis.login.client.do_login.__doc__)


def test_without_a_macaron_yaml(folder: Path) -> None:
    (folder / "macaron.yaml").unlink()
    for apis in (API().load_clients(), API().load_clients(folder / "apis", apis=["login"])):
        assert apis.login.client.do_login({"name": "ada"}).token == "of /v1/login"


@pytest.mark.usefixtures("folder")
def test_beside_a_flask_application() -> None:
    app = flask.Flask("My App 1")
    apis = API(app).load_clients(path="apis", apis=["login"])
    assert app.extensions["macaron_clients"] is apis
    assert API(app).load_clients("macaron.yaml", apis=["login"]).login.client
    assert context.service().name == "script"


@pytest.mark.usefixtures("folder")
def test_an_api_of_ones_own_is_called_in_process() -> None:
    assert load_clients("macaron.yaml", apis=["own"]).own.client.hello() == "hello"


@pytest.mark.usefixtures("folder")
def test_more_clients_for_a_service_that_is_active() -> None:
    service = context.Service("shop", "1", apis={"shop": "the shop"})
    context.activate(service)
    load_clients("macaron.yaml", apis=["login"])
    assert context.service().name == "shop"
    assert dir(apipool) == ["login", "shop"]
    assert apipool.login.client.do_login({"name": "ada"}).token == "of /v1/login"


def test_what_is_not_there(folder: Path) -> None:
    message = 'there is no API "logn"; did you mean "login"?'
    with pytest.raises(LookupError, match=message.replace("?", r"\?")):
        load_clients("macaron.yaml", apis=["logn"])
    with pytest.raises(LookupError, match=message.replace("?", r"\?")):
        API().load_clients(apis=["logn"])
    with pytest.raises(BadConfiguration, match=r"not-there\.yaml"):
        load_clients("macaron.yaml", apis=["other"])
    assert context.active() is None
    apis = load_clients("macaron.yaml", apis=["login"])
    with pytest.raises(AttributeError, match=message.replace("?", r"\?")):
        apis.logn  # noqa: B018
