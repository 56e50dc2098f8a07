"""Schemas with an identifier or an anchor of their own, and references to them; generic schemas by `$dynamicRef`."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.models.build import build_models
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api

HEAD = 'info: {title: T, version: "1"}\npaths: {}\n'

GENERIC = """
    Page:
      $id: page
      type: object
      properties:
        items: {type: array, items: {$dynamicRef: "#item"}}
        next: {$ref: "#"}
      $defs: {anything: {$dynamicAnchor: item}}
    User: {type: object, properties: {name: {type: string}}}
    Users: {$id: users, $ref: page, $defs: {of: {$dynamicAnchor: item, $ref: /apis/api.yaml#/components/schemas/User}}}
    Words: {$id: words, $ref: page, $defs: {of: {$dynamicAnchor: item, type: string}}}
"""


def api(folder: Path, schemas: str, version: str = "3.1.0", more: str = "") -> Api:
    path = folder / "api.yaml"
    path.write_text(f"openapi: {version}\n{more}{HEAD}components:\n  schemas:\n{schemas}")
    return read_api(read_document(path), "x")


@pytest.mark.parametrize(
    "reference",
    [
        "https://acme.test/money",
        "money",
        "https://acme.test/order#/$defs/money",
        "#/$defs/money",
        "#price",
        "#amount",
        "https://acme.test/order#price",
    ],
)
def test_a_schema_is_known_by_its_identifier_and_its_anchors(tmp_path: Path, reference: str) -> None:
    schemas = f"""
    Order:
      $id: https://acme.test/order
      properties: {{total: {{$ref: "{reference}"}}}}
      $defs:
        money: {{$id: money, type: integer}}
        price: {{$anchor: price, type: integer}}
        amount: {{$dynamicAnchor: amount, type: integer}}
"""
    found = api(tmp_path, schemas).schemas
    assert isinstance(found["Order"], dict)
    target = found["Order"]["properties"]["total"]["$ref"].removeprefix("#/$defs/")
    assert found[target] == {"type": "integer"}


def test_the_nearest_identifier_counts(tmp_path: Path) -> None:
    schemas = """
    Order:
      $id: https://acme.test/order
      properties:
        line: {$id: line, $ref: "#/$defs/it", $defs: {it: {type: integer}}}
        it: {$ref: "#/$defs/it"}
      $defs: {it: {type: string}}
"""
    assert api(tmp_path, schemas).schemas == {
        "Order": {"properties": {"line": {"$ref": "#/$defs/it"}, "it": {"$ref": "#/$defs/it_2"}}},
        "it": {"type": "integer"},
        "it_2": {"type": "string"},
    }


def test_the_document_is_meant_where_the_schema_with_the_identifier_has_no_such_place(tmp_path: Path) -> None:
    schemas = """
    Order: {$id: Order, properties: {total: {$ref: "#/components/schemas/Money"}}}
    Money: {$id: Money, type: integer}
"""
    assert api(tmp_path, schemas).schemas["Order"] == {"properties": {"total": {"$ref": "#/$defs/Money"}}}


def test_identifiers_of_files(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(
        "$id: https://acme.test/order.yaml\n"
        "properties: {total: {$ref: money.yaml}, again: {$ref: '#/properties/total'}}"
    )
    (tmp_path / "money.yaml").write_text("$id: https://acme.test/money.yaml\ntype: integer")
    found = api(tmp_path, "    Order: {$ref: ./order.yaml}\n    Cents: {$ref: ./money.yaml}\n")
    assert found.schemas == {
        "Order": {"properties": {"total": {"$ref": "#/$defs/Cents"}, "again": {"$ref": "#/$defs/Cents"}}},
        "Cents": {"type": "integer"},
    }


def test_what_is_data_is_no_identifier(tmp_path: Path) -> None:
    schemas = """
    Data: {enum: [{$id: "https://acme.test/a"}], examples: [{$anchor: a}], properties: {$id: {type: string}}}
    Order: {$ref: "https://acme.test/a"}
"""
    with pytest.raises(BadConfiguration, match="MAC305"):
        api(tmp_path, schemas)


def test_there_are_no_identifiers_before_3_1(tmp_path: Path) -> None:
    schemas = """
    Order: {$id: "https://acme.test/order", properties: {total: {$ref: "#/components/schemas/Money"}}}
    Money: {type: integer}
"""
    assert api(tmp_path, schemas, "3.0.0").schemas["Order"] == {
        "properties": {"total": {"$ref": "#/$defs/Money"}}
    }


def test_each_use_of_a_generic_schema_is_a_schema(tmp_path: Path) -> None:
    (tmp_path / "apis").mkdir()
    found = api(tmp_path / "apis", GENERIC.replace("/apis/api.yaml", "api.yaml"))
    assert found.schemas["Users"] == {"$ref": "#/$defs/Page_2"}
    assert found.schemas["Words"] == {"$ref": "#/$defs/Page_3"}
    items = {}
    for name in ("Page", "Page_2", "Page_3"):
        page = found.schemas[name]
        assert isinstance(page, dict)
        assert page["properties"]["next"] == {"$ref": f"#/$defs/{name}"}
        items[name] = page["properties"]["items"]["items"]
    of = {name: found.schemas[item["$ref"].removeprefix("#/$defs/")] for name, item in items.items()}
    assert of == {"Page": {}, "Page_2": {"$ref": "#/$defs/User"}, "Page_3": {"type": "string"}}


def test_each_use_of_a_generic_schema_is_a_model(tmp_path: Path) -> None:
    found = api(tmp_path, GENERIC.replace("/apis/api.yaml", "api.yaml"))
    models = build_models(found)
    page = models["Page_2"].from_json({"items": [{"name": "Ann"}], "next": {"items": [{"name": "Bob"}]}})
    assert isinstance(page.items[0], models["User"])
    assert isinstance(page.next.items[0], models["User"])


def test_a_reference_to_an_anchor_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r'no schema in .*order has the \$anchor "price"'):
        api(tmp_path, '    Order: {$id: order, properties: {total: {$dynamicRef: "#price"}}}\n')


def test_the_dialect_of_a_document(tmp_path: Path) -> None:
    dialect = 'jsonSchemaDialect: "http://json-schema.org/draft-07/schema#"\n'
    schemas = '    A: {items: {$ref: "#/components/schemas/B", minLength: 1}}\n    B: {type: string}\n'
    assert api(tmp_path, schemas, more=dialect).schemas["A"] == {"items": {"$ref": "#/$defs/B"}}
