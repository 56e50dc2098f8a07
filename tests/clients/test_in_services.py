"""Clients as a service has them: from macaron.yaml to `apipool.<api>.client`, in handlers and scripts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from macaron_runner import apipool, context, is_error
from macaron_runner.assembly import assemble
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.server.loading import load_app, load_service

YAML = """
macaron: 1
service: {name: shop}
apis:
  shop: {spec: shop.yaml, handlers: in_services_shop}
  stock: {spec: stock.yaml, handlers: in_services_stock}
"""

SHOP = """
openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /returned/{number}: {get: {operationId: returned, parameters: &number [
    {name: number, in: path, required: true, schema: {type: integer}}], responses: &fine {
    "200": {description: fine, content: {application/json: {schema: {}}}}}}}
  /raised/{number}: {get: {operationId: raised, parameters: *number, responses: *fine}}
"""

STOCK = """
openapi: 3.1.0
info: {title: stock, version: "1"}
servers: [{url: /stock}]
paths:
  /items/{number}:
    get:
      operationId: getItem
      x-decorate-request: in_services_shop.signed
      parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
      responses:
        "200": {description: fine, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
components:
  schemas: {Item: {type: object, properties: {number: {type: integer}, signature: {type: string}}}}
"""

HANDLERS = {
    "in_services_shop.py": """
from macaron_runner import apipool, is_error


def signed(send):
    def sending(request):
        return send(request.with_headers(("X-Signature", "by shop")))

    return sending


def returned(number):
    item = apipool.stock.client.get_item(number=number)
    return item if is_error(item) else item.to_json()


def raised(number):
    return apipool.stock.client.with_options(raise_errors=True).get_item(number=number).to_json()
""",
    "in_services_stock.py": """
import flask
from macaron_runner import MacaronError, apipool


class SoldOut(MacaronError):
    code, status = "SOLD_OUT", 409


def get_item(number):
    if number == 9:
        raise SoldOut("none is left", headers={"Retry-After": "60", "X-Inner": "no business of callers"})
    if number == 8:
        raise RuntimeError("a secret of the code")
    return apipool.stock.Item(number=number, signature=flask.request.headers.get("X-Signature"))
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    for name, text in {"macaron.yaml": YAML, "shop.yaml": SHOP, "stock.yaml": STOCK, **HANDLERS}.items():
        (tmp_path / name).write_text(text)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("in_services"):
            del sys.modules[name]


@pytest.mark.parametrize("way", ["returned", "raised"])
def test_a_handler_calls_another_api_of_its_service(folder: Path, way: str) -> None:
    browser = load_app(folder / "macaron.yaml").test_client()
    assert browser.get(f"/{way}/3").json == {"number": 3, "signature": "by shop"}


@pytest.mark.parametrize("way", ["returned", "raised"])
@pytest.mark.parametrize("form", ["macaron", "problem"])
def test_its_caller_sees_the_error_of_the_other_side_and_its_path(folder: Path, way: str, form: str) -> None:
    browser = load_app(folder / "macaron.yaml", overrides=(f"http.errors={form}",)).test_client()
    answer = browser.get(f"/{way}/9")
    shown = answer.json
    assert shown is not None
    assert (answer.status_code, shown["error"], shown["path"]) == (409, "SOLD_OUT", ["stock.getItem"])
    assert shown["error_description" if form == "macaron" else "detail"] == "none is left"
    assert answer.headers["Retry-After"] == "60"
    assert "X-Inner" not in answer.headers


def test_an_unexpected_error_of_the_other_side_is_told_to_nobody_in_its_words(folder: Path) -> None:
    answer = load_app(folder / "macaron.yaml").test_client().get("/returned/8")
    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["path"] == ["stock.getItem"]
    assert "secret" not in answer.text


def test_a_script_calls_the_service_it_loads(folder: Path) -> None:
    load_service(folder / "macaron.yaml")
    assert apipool.stock.client.get_item(number=4).number == 4
    failed = apipool.stock.client.get_item(number=9)
    assert is_error(failed)
    assert failed.operation == "stock.getItem"
    assert apipool.ping.client.version().name == "shop"
    assert dir(apipool.stock.client)


def test_flask_is_not_imported_before_a_call_needs_it(folder: Path) -> None:
    script = (
        "import sys; from macaron_runner import apipool, load_service; load_service('macaron.yaml');"
        "before = 'flask' in sys.modules, 'httpcore2' in sys.modules;"
        "apipool.stock.client.get_item(number=4);"
        "print(before, 'flask' in sys.modules, 'httpcore2' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "(False, False) True False"


@pytest.mark.parametrize(
    ("clients", "codes"),
    [
        ("{other: {spec: shop.yaml}}", ["MAC803"]),
        ('{other: {spec: nowhere.yaml, url: "http://a"}}', ["MAC250"]),
        ('{stock: {url: "http://a", auth: {api_key: abc}}}', ["MAC804"]),
    ],
)
def test_what_is_wrong_with_clients_stops_the_start(folder: Path, clients: str, codes: list[str]) -> None:
    (folder / "macaron.yaml").write_text(f"{YAML}clients: {clients}\n")
    with pytest.raises(BadConfiguration) as caught:
        load_service(folder / "macaron.yaml")
    assert [each.code for each in caught.value.diagnostics] == codes


def test_an_own_api_may_be_called_elsewhere_and_at_another_path(folder: Path) -> None:
    (folder / "macaron.yaml").write_text(f'{YAML}clients: {{stock: {{url: "http://127.0.0.1:1/else"}}}}\n')
    load_service(folder / "macaron.yaml")
    client = apipool.stock.client
    assert client.get_item.prepare(number=4).target == "/else/items/4"
    failed = client.get_item(number=4)
    assert (failed.code, failed.path) == ("CONNECTION_FAILED", ("stock.getItem",))
    assert context.service().name == "shop"


def test_a_document_that_is_not_strict_gives_the_operations_that_are_sound(folder: Path) -> None:
    (folder / "broken.yaml").write_text(STOCK + "  parameters: {a: {name: a, in: nowhere, schema: {}}}\n")
    clients = 'clients: {other: {spec: broken.yaml, url: "http://a", strict: false}}\n'
    (folder / "macaron.yaml").write_text(YAML + clients)
    load_service(folder / "macaron.yaml")
    assert apipool.other.client.get_item.prepare(number=1).target == "/stock/items/1"
    assert apipool.other.Item(number=1).number == 1


def test_a_decorator_that_does_not_exist_stops_the_start_of_a_process(folder: Path) -> None:
    (folder / "other.yaml").write_text(STOCK.replace("in_services_shop.signed", "in_services_shop.sined"))
    (folder / "macaron.yaml").write_text(f'{YAML}clients: {{other: {{spec: other.yaml, url: "http://a"}}}}\n')
    with pytest.raises(BadConfiguration) as caught:
        assemble(load(Selection(str(folder / "macaron.yaml")), environ={})).clients.prepare()
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("MAC503", 'did you mean "signed"?')
