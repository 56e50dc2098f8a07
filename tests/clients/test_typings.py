"""The folder for type checkers: how its files read, and that a type checker knows what is right and what is wrong."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from macaron_runner import HOMES, context, load_clients
from macaron_runner.clients.naming import operation_names
from macaron_runner.clients.typings import MARK, TypedApi, typings
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Parameter
from tests.support.models import api_of, objects, posting, ref

SAMPLE = Path(__file__).parents[2] / "sample_services" / "shop" / "apis" / "shop.yaml"

DOCUMENT = """\
openapi: 3.1.0
info: {title: Stock, version: "1"}
paths:
  /items/{sku}:
    parameters:
      - {name: sku, in: path, required: true, schema: {type: string}, description: What it is called}
    get:
      operationId: getItem
      summary: Look at an item
      parameters:
        - {name: at-day, in: query, schema: {type: string, format: date}}
        - {name: with-history, in: query, schema: {type: boolean, default: false}}
      responses:
        "200":
          description: The item
          content:
            application/json:
              schema: {type: object, properties: {sku: {type: string}, left: {type: integer}}}
        default: {description: An error, content: {application/json: {schema: {$ref: "#/components/schemas/Trouble"}}}}
    put:
      operationId: list
      deprecated: true
      requestBody: {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/client"}}}}}
      responses:
        "200":
          description: All of them
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/client"}}}}
        "204": {description: None}
  /picture:
    post:
      requestBody: {required: true, content: {image/png: {}}}
      responses: {"200": {description: A smaller one, content: {image/png: {}, text/plain: {}}}}
  /lists:
    get:
      operationId: getLists
      parameters: [{name: page, in: query, schema: {type: integer, default: one}}]
      responses:
        "200":
          description: A page
          headers: {Link: {schema: {type: string}}}
          content:
            application/json:
              schema:
                type: object
                properties: {lists: {type: array, items: {$ref: "#/components/schemas/Trouble"}}, more: {type: boolean}}
components:
  schemas:
    client: {type: object, required: [the-name], properties: {the-name: {type: string}}}
    Trouble: {type: object}
    Open: {type: object, required: [id], properties: {id: {type: integer}}, additionalProperties: true}
"""

STUB = (
    MARK
    + '''\
# ruff: noqa
"""The client of the API stock."""

import collections.abc as _abc
import typing as _t

import typing_extensions as _te

from macaron_runner.clients.failures import ClientError as _ClientError
_list = list
from .models import GetItemResult
from .models import GetListsResult
from .models import Trouble
from .models import client
from macaron_runner.models.values import Date

_Failure = _t.TypeVar("_Failure")
…
class Client(_t.Generic[_Failure]):
    """Calls stock."""
…
    def get_item(
        self,
        /,
        *,
        sku: str,
        at_day: Date | str | None = None,
        with_history: bool | None = False,
    ) -> GetItemResult | _Failure:
        """Look at an item

        sku: What it is called
        """

    @_te.deprecated("as its document says")
    def list(
        self,
        /,
        body: _abc.Sequence[client | _abc.Mapping[str, _t.Any]] | None = None,
        *,
        sku: str,
    ) -> _list[client] | None | _Failure:
        """stock.list

        sku: What it is called
        """

    def post_picture(
        self,
        /,
        body: bytes | _t.IO[bytes] | _abc.Iterable[bytes],
    ) -> bytes | str | _Failure:
        """stock POST /picture"""
…
    @property
    def aio(self) -> AsyncClient[_Failure]:
        """The same operations as coroutines."""
…
class AsyncClient(_t.Generic[_Failure]):
    """Calls stock in coroutines."""
…
'''
)


def typed(api: Api, **options: bool) -> TypedApi:
    return TypedApi(api, operation_names(api.operations), **options)


def stock(folder: Path) -> Api:
    file = folder / "stock.yaml"
    file.write_text(DOCUMENT)
    return read_api(read_document(file), "stock")


def files(*apis: TypedApi) -> dict[str, str]:
    return {path.removeprefix("macaron_runner/"): text for path, text in typings(apis, HOMES).items()}


def test_the_stub_of_a_client(tmp_path: Path) -> None:
    stub = files(typed(stock(tmp_path)))["_apipool/stock/_client.pyi"]
    head, client, methods, *others = STUB.split("…\n")
    assert stub.startswith(head)
    missing = [part for part in (client, methods, *others) if part not in stub]
    assert not missing
    assert methods.replace(" def ", " async def ") in stub


def test_a_parameter_may_be_called_body() -> None:
    parameter = Parameter("body", "query", required=True, schema={}, style="form", explode=True)
    made = files(typed(api_of({}, replace(posting({"type": "integer"}), parameters=(parameter,)))))
    assert (
        "(\n        self,\n        _body: int,\n        /,\n        *,\n        body: _t.Any,\n"
        in (made["_apipool/shop/_client.pyi"])
    )


def test_an_operation_that_has_pages(tmp_path: Path) -> None:
    stub = files(typed(stock(tmp_path)))["_apipool/stock/_client.pyi"]
    assert "    def get_lists(self) -> _ClientGetLists[_Failure]:\n" in stub
    assert "    def get_lists(self) -> _AsyncClientGetLists[_Failure]:\n" in stub
    for returned in (
        "GetListsResult | _Failure", "_abc.Iterator[GetListsResult]", "_abc.Iterator[Trouble]",
        "_abc.AsyncIterator[GetListsResult]", "_abc.AsyncIterator[Trouble]",
    ):  # fmt: skip
        assert f"        page: int | None = None,\n    ) -> {returned}:\n" in stub


def test_the_options_of_calls_tell_what_an_operation_gives(tmp_path: Path) -> None:
    stub = files(typed(stock(tmp_path)))["_apipool/stock/_client.pyi"]
    lines = [line for line in stub.splitlines() if "def with_options" in line][:4]
    assert [line.rpartition(" -> ")[2] for line in lines] == [
        "Client[_t.Never]: ...", "Client[_ClientError]: ...", "_t.Self: ...", "_t.Any: ...",
    ]  # fmt: skip
    assert all("headers: _abc.Mapping[str, str] = ..., " in line for line in lines)
    assert ["whole" in line for line in lines] == [False, False, False, True]


def test_the_namespace_of_an_api(tmp_path: Path) -> None:
    made = files(typed(stock(tmp_path)), typed(api_of({}, name="my-api"), raises_errors=True))
    assert made["_apipool/__init__.pyi"].splitlines()[2:] == [
        "from . import stock as stock", "from . import my_api as my_api",
    ]  # fmt: skip
    assert "from . import _apipool as apipool\n" in made["__init__.pyi"]
    assert "from macaron_runner.errors import is_error as is_error\n" in made["__init__.pyi"]
    namespace = made["_apipool/stock/__init__.pyi"]
    assert "from .models import Trouble as Trouble\n" in namespace
    assert "as client\n" not in namespace  # that is what calls
    assert "from .models import client as client\n" in made["_apipool/stock/model.pyi"]
    assert namespace.endswith("client: _Client[_ClientError]\n")
    assert made["_apipool/my_api/__init__.pyi"].endswith("client: _Client[_Never]\n")


def test_a_model_may_be_called_as_our_own_words_are() -> None:
    schemas = {name: objects(of=ref("Client")) for name in ("Client", "Any", "str", "ClientError", "bytes")}
    made = files(typed(api_of(schemas, posting(ref("bytes")))))
    assert "class Client_(_t.Generic[_Failure]):" in made["_apipool/shop/_client.pyi"]
    assert "body: bytes_ | _abc.Mapping" in made["_apipool/shop/_client.pyi"]
    assert "from .models import str_ as str\n" in made["_apipool/shop/model.pyi"]
    for path, text in made.items():
        ast.parse(text, path)


def test_models_that_apis_share_are_written_once() -> None:
    schemas: dict[str, Any] = {"Order": objects(id={"type": "integer"}), "Day": {"type": "string"}}
    apis = [typed(api_of(schemas, name=name), shares_models=True) for name in ("shop", "admin")]
    made = files(*apis, typed(api_of(schemas, name="other")))
    shared = "from macaron_runner._apipool.shop.models import Order as Order\n"
    assert [shared in made[f"_apipool/{name}/models.py"] for name in ("shop", "admin", "other")] == [
        False, True, False,
    ]  # fmt: skip
    assert "Day: TypeAlias = str" in made["_apipool/admin/models.py"]


def test_parents_are_named_and_not_imported() -> None:
    parent = {"x-parent": "no.such.Parent"}
    schemas: dict[str, Any] = {
        "Order": objects(id={}) | parent,
        "Gift": {"allOf": [ref("Order"), objects(to={})]} | parent,
        "Odd": objects() | {"x-parent": "not dotted"},
    }
    text = files(typed(api_of(schemas)))["_apipool/shop/models.py"]
    assert "    from no.such import Parent as OrderParent\n" in text
    assert "class Order(OrderParent, Model):" in text
    assert "class Gift(Order):" in text
    assert "class Odd(Model):" in text


def test_stubs_and_clients_have_the_same_operations_and_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACARON_STATE_DIR", str(tmp_path))
    apis = load_clients(SAMPLE.parents[1] / "macaron.yaml")
    context.deactivate()
    for name in ("shop", "inventory"):
        made = files(typed(read_api(read_document(SAMPLE.with_name(f"{name}.yaml")), name)))
        stub = ast.parse(made[f"_apipool/{name}/_client.pyi"])
        client = getattr(apis, name).client
        for kind, called in (("Client", client), ("AsyncClient", client.aio)):
            words = {each for each in dir(called) if each[0] != "_"} - {"aio", "with_options"}
            signatures = {word: set(inspect.signature(getattr(called, word)).parameters) for word in words}
            assert dict(operations_in(stub, kind)) == signatures


def operations_in(stub: ast.Module, kind: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the operations of a client in a stub, with their arguments."""
    classes = {each.name: each for each in stub.body if isinstance(each, ast.ClassDef)}
    for method in _functions(classes[kind]):
        if method.name in ("aio", "with_options"):
            continue
        taking = method
        if isinstance(method.returns, ast.Subscript) and ast.unparse(method.returns.value) in classes:
            paged = classes[ast.unparse(method.returns.value)]
            taking = next(each for each in _functions(paged) if each.name == "__call__")
        arguments = taking.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        yield method.name, {each.arg for each in every} - {"self"}


def _functions(kind: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (each for each in kind.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


RIGHT = """\
from uuid import uuid4

from macaron_runner import apipool, asynctask, is_error


def create_order(body: apipool.shop.Order) -> apipool.shop.model.Order:
    result = apipool.shop.client.create_order(body, dry_run=True, x_shop=None)
    if is_error(result):
        raise result
    known: apipool.shop.Order = result
    known = apipool.shop.client.with_options(raise_errors=True, timeout=3).get_order(order_id=uuid4())
    customer = apipool.shop.Customer(name="Ada", email="ada@example.com")
    payment = apipool.shop.CardPayment(type="card", card_token="tok_12345678")
    apipool.shop.client.create_order(apipool.shop.Order(customer=customer, items=[], payment=payment))
    apipool.shop.client.create_order({"customer": {}, "items": []})
    apipool.shop.client.get_stock(skus=("TEA-01", "CUP-01"), x_currency="SEK")
    apipool.shop.client.list_orders(status=["placed"], created={"after": "2026-01-01T00:00:00Z"})
    troubles: list[apipool.stock.Trouble] = list(apipool.stock.client.get_lists.items(page=1))
    assert troubles
    known_as: int = apipool.stock.Open(id=1, anything="else").id
    print(known_as, apipool.stock.Open(id=1).anything)
    return known


async def later(body: apipool.shop.Order) -> list[apipool.shop.StockEntry]:
    stock = await apipool.shop.client.aio.with_options(raise_errors=True).get_stock(skus=["TEA-01"])
    return stock
"""

WRONG = """\
from macaron_runner import apipool, is_error

result = apipool.shop.client.get_order(order_id="1")
result.total  # it may be an error
apipool.shop.client.get_ordr(order_id="1")
apipool.shop.client.get_order("1")
apipool.shop.client.get_order()
apipool.shop.client.get_stock(skus="TEA-01")
apipool.shop.client.get_stock(skus=["TEA-01"], x_currency="USD")
apipool.shop.client.create_order(3)
apipool.shop.client.create_order(apipool.shop.Customer(name="Ada", email="a@b.c"), dryrun=True)
apipool.shop.client.with_options(timout=3)
apipool.stock.client.get_lists.pages(size=3)
apipool.shop.Customer(name="Ada", emial="ada@example.com")
if not is_error(result):
    result.totl
apipool.shop.Ordr
apipool.shup
"""


@pytest.mark.slow
def test_a_type_checker_knows_right_from_wrong(tmp_path: Path) -> None:
    shop = typed(read_api(read_document(SAMPLE), "shop"))
    for path, text in typings([shop, typed(stock(tmp_path))], HOMES).items():
        file = tmp_path / "typings" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nmypy_path = typings\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-codes", "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if ": note: " not in line]
    faulty = [
        number for number, line in enumerate(WRONG.splitlines(), 1) if number > 3 and "is_error" not in line
    ]
    assert [line.split(":")[0] for line in told] == ["wrong.py"] * len(told), done.stdout
    assert sorted({int(line.split(":")[1]) for line in told}) == faulty, done.stdout
