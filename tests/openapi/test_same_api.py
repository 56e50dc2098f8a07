"""One rich API, written in every specification and as YAML and JSON, must give equal Operations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Operation, SchemeUse
from macaron_runner.openapi.rules import check_document

HERE = Path(__file__).parent / "same_api"
IN_FILES = Path(__file__).parent / "same_api_in_files"
VERSIONS = ("swagger-2.0", "openapi-3.0", "openapi-3.1", "openapi-3.2")
OF_3 = Path(__file__).parent / "same_api_of_3"
"""What Swagger 2.0 cannot say: links, callbacks, webhooks, servers of operations, encodings, cookies."""


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read(path: Path, base_path: str | None = None, name: str = "shop") -> Api:
    return read_api(read_document(path), name, base_path)


def operation(api: Api, operation_id: str) -> Operation:
    return next(found for found in api.operations if found.operation_id == operation_id)


def test_every_version_gives_the_same_api(version: str) -> None:
    api, model = read(HERE / f"{version}.yaml"), read(HERE / "openapi-3.1.yaml")
    for one, other in zip(api.operations, model.operations, strict=True):
        assert one == other
    for name in api.schemas | model.schemas:
        assert api.schemas[name] == model.schemas[name], name
    assert api == replace(model, servers=api.servers)
    assert {server.default_url.rstrip("/") for server in api.servers} == {"https://shop.example.com/v1"}


@pytest.mark.parametrize("other", VERSIONS[1:3])
def test_every_version_of_3_gives_the_same_api(other: str) -> None:
    api, model = read(OF_3 / f"{other}.yaml"), read(OF_3 / "openapi-3.2.yaml")
    for one, two in zip(api.operations, model.operations, strict=True):
        assert one == two
    webhooks = model.webhooks if other != "openapi-3.0" else ()  # which has none
    assert api == replace(model, webhooks=webhooks)


def test_every_version_gives_the_same_api_in_several_files(version: str) -> None:
    """Files in folders refer to each other, each from where it stands, in circles, by %-encoded names."""
    document = read_document(IN_FILES / f"{version}.yaml")
    assert check_document(document) == ()
    api, model = read_api(document, "stock"), read(IN_FILES / "openapi-3.1.yaml", name="stock")
    for one, other in zip(api.operations, model.operations, strict=True):
        assert one == other
    assert api.schemas == model.schemas
    assert api == replace(model, servers=api.servers)
    assert urlsplit(api.servers[0].default_url).path == "/stock/v2"


def test_what_the_api_in_several_files_says(version: str) -> None:
    api = read(IN_FILES / f"{version}.yaml", name="stock")
    assert (api.base_path, api.version) == ("/stock/v2", "1.10.0")
    assert [found.name for found in api.operations] == ["stock.look", "stock.search", "stock.count"]
    assert [(each.name, each.location) for each in operation(api, "look").parameters] == [
        ("skus", "path"),
        ("day", "path"),
    ]
    assert operation(api, "search").security == ((SchemeUse("code", ("count",)), SchemeUse("inQuery")), ())
    assert api.security_schemes["code"].scopes == ("count",)
    assert {
        name: str(place).partition("same_api_in_files/")[2] for name, place in api.schema_locations.items()
    } == {
        "Item": "shared/item.yaml:1:1",
        "Own": f"{version}.yaml:{api.schema_locations['Own'].line}:{api.schema_locations['Own'].column}",
        "size": "shared/deep/size.yaml:1:1",
        "own": "a folder/own.yaml:1:1",
        "Problem": "shared/item.yaml:8:3",
    }


def test_json_gives_the_same_api_as_yaml(version: str, tmp_path: Path) -> None:
    written = HERE / f"{version}.yaml"
    as_json = tmp_path / f"{version}.json"
    as_json.write_bytes(orjson.dumps(read_document(written).tree))
    assert read(as_json) == read(written)


def test_the_rules_find_nothing_wrong(version: str) -> None:
    found = check_document(read_document(HERE / f"{version}.yaml"))
    assert found == ()


def test_reading_changes_nothing_of_the_document(version: str) -> None:
    document = read_document(HERE / f"{version}.yaml")
    before = orjson.dumps(document.tree)
    first = read_api(document, "shop")
    assert orjson.dumps(document.tree) == before
    assert read_api(document, "shop") == first


def test_what_the_api_says(version: str) -> None:
    api = read(HERE / f"{version}.yaml")
    assert (api.name, api.title, api.version, api.base_path) == ("shop", "Shop", "3", "/v1")
    assert api.specification == version.rpartition("-")[2]
    assert [found.name for found in api.operations] == [
        "shop.getOrder",
        "shop.deleteOrder",
        "shop.createOrder",
        "shop.upload",
        "shop.login",
    ]
    assert api.security_schemes["roles"].scopes == ("read", "write")
    assert api.schema_locations["Order"].length == len("Order")


def test_the_parameters_of_the_path_item_are_merged(version: str) -> None:
    found = {
        parameter.name: parameter
        for parameter in operation(read(HERE / f"{version}.yaml"), "getOrder").parameters
    }
    assert list(found) == ["order-id", "verbose", "tags", "ids", "words", "parts", "X-Trace"]
    assert found["verbose"].schema == {"type": "boolean", "default": True}
    assert found["order-id"].schema == {
        "type": "integer",
        "format": "int64",
        "minimum": -(2**63),
        "maximum": 2**63 - 1,
    }
    assert [(p.style, p.explode) for p in found.values()] == [
        ("simple", False),
        ("form", True),
        ("form", True),
        ("form", False),
        ("spaceDelimited", False),
        ("pipeDelimited", False),
        ("simple", False),
    ]
    assert found["tags"].extensions == {"x-mark": {"a": [1]}}


def test_security_is_the_operations_own_or_the_documents(version: str) -> None:
    api = read(HERE / f"{version}.yaml")
    assert operation(api, "getOrder").security == ((SchemeUse("key"),),)
    assert operation(api, "createOrder").security == ()
    assert operation(api, "deleteOrder").security == (
        (SchemeUse("roles", ("write",)),),
        (SchemeUse("login"), SchemeUse("key")),
    )


def test_discriminators_name_every_heir(version: str) -> None:
    pet = read(HERE / f"{version}.yaml").schemas["Pet"]
    assert isinstance(pet, dict)
    assert pet["discriminator"] == {
        "propertyName": "kind",
        "mapping": {"Pet": "#/$defs/Pet", "Cat": "#/$defs/Cat", "Kitten": "#/$defs/Kitten"},
    }


def test_a_name_may_stand_for_another(version: str) -> None:
    schemas = read(HERE / f"{version}.yaml").schemas
    assert schemas["Lines"] == {"$ref": "#/$defs/List.Line"}
    assert schemas["List.Line"] == {"type": "array", "items": {"$ref": "#/$defs/Line"}}


def test_the_base_path_of_macaron_yaml_wins(version: str) -> None:
    own = read(HERE / f"{version}.yaml")
    moved = read(HERE / f"{version}.yaml", "/elsewhere")
    assert operation(moved, "login").route == "/elsewhere/login"
    assert moved.operations == tuple(replace(found, base_path="/elsewhere") for found in own.operations)
    assert operation(read(HERE / f"{version}.yaml", ""), "login").route == "/login"


def test_operations_know_where_they_stand(version: str) -> None:
    path = HERE / f"{version}.yaml"
    location = operation(read(path), "deleteOrder").location
    assert location is not None
    line = path.read_text().splitlines()[location.line - 1]
    assert line[location.column - 1 :][: location.length] == "delete"


def test_examples_are_kept_as_they_are(version: str) -> None:
    content = operation(read(HERE / f"{version}.yaml"), "getOrder").responses[0].content[0]
    assert list(content.examples.values()) == [{"id": 1, "state": "open", "$ref": "no reference"}]
