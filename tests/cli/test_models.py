"""`macaron models`: the folder for type checkers, written where something changed, and looked at."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CommandLine

SHOP_YAML = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: An order
          content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
components: {schemas: {Order: {type: object, required: [id], properties: {id: {type: integer}}}}}
"""
POOL = "typings/macaron_runner/_apipool"


@pytest.fixture
def shop(macaron: CommandLine) -> CommandLine:
    macaron.write("shop.yaml", SHOP_YAML)
    return macaron


def test_only_what_changed_is_written(shop: CommandLine) -> None:
    done = shop("models")
    assert (done.code, done.err) == (0, "")
    written = done.out.splitlines()
    assert f"{POOL}/shop/_client.pyi" in written
    assert "id: int" in (shop.folder / POOL / "shop" / "models.py").read_text()
    before = {path: (shop.folder / path).stat().st_mtime_ns for path in written}
    again = shop("models")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert {path: (shop.folder / path).stat().st_mtime_ns for path in written} == before
    shop.write("shop.yaml", SHOP_YAML.replace("{id: {type: integer}}", "{id: {type: string}}"))
    assert shop("models").out == f"{POOL}/shop/models.py\n"
    assert "id: str" in (shop.folder / POOL / "shop" / "models.py").read_text()


def test_what_is_not_up_to_date_is_told_and_left_alone(shop: CommandLine) -> None:
    assert shop("models", "--out", "types").code == 0
    assert shop("models", "--out", "types", "--check").code == 0
    shop.write("shop.yaml", SHOP_YAML.replace("getOrder", "findOrder"))
    for _ in range(2):
        done = shop("models", "--out", "types", "--check")
        assert done.code == 1
        assert done.out == "types/macaron_runner/_apipool/shop/_client.pyi\n"
        assert done.err == "macaron: types is not up to date; macaron models writes it anew\n"


def test_whether_errors_are_raised_is_said_by_macaron_yaml(shop: CommandLine) -> None:
    options = ("models", "--set", "clients.shop.url=http://shop", "--set", "clients.shop.raise_errors=true")
    assert shop(*options).code == 0
    assert "client: _Client[_Never]" in (shop.folder / POOL / "shop" / "__init__.pyi").read_text()


def test_an_api_that_is_gone_is_taken_away(shop: CommandLine) -> None:
    shop("models")
    (shop.folder / POOL / "old").mkdir()
    (shop.folder / POOL / "shop" / "models.py").rename(shop.folder / POOL / "old" / "models.py")
    done = shop("models")
    assert done.out.splitlines() == [f"{POOL}/old/models.py", f"{POOL}/shop/models.py"]
    assert not (shop.folder / POOL / "old").exists()


def test_a_file_of_somebody_else_is_not_replaced(shop: CommandLine) -> None:
    (shop.folder / "typings" / "macaron_runner").mkdir(parents=True)
    shop.write("typings/macaron_runner/__init__.pyi", "x: int\n")
    shop.write("typings/macaron_runner/more.pyi", "y: int\n")
    done = shop("models")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "macaron: typings/macaron_runner/__init__.pyi is not ours to replace: "
        "it does not begin as files of macaron models do\n"
    )
    assert not (shop.folder / POOL).exists()


def test_a_document_with_errors_makes_nothing(shop: CommandLine) -> None:
    shop.write("shop.yaml", SHOP_YAML.replace("operationId", "operationID"))
    done = shop("models")
    assert done.code == 78
    assert "operationID" in done.err
    assert not (shop.folder / "typings").exists()


def test_a_folder_that_cannot_be_written(shop: CommandLine) -> None:
    shop.write("typings", "a file")
    done = shop("models")
    assert done.code == 69
    assert done.err.startswith("macaron: typings/macaron_runner/")
