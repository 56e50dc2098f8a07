"""References within a document and between files: names of what they reach, circles, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.openapi.api import read_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api
from macaron_runner.openapi.rules import check_document

SEVERAL = Path(__file__).parent / "several_files" / "api.yaml"


def api(folder: Path, components: str, version: str = "3.1.0") -> Api:
    path = folder / "api.yaml"
    path.write_text(
        f'openapi: {version}\ninfo: {{title: T, version: "1"}}\npaths: {{}}\ncomponents:\n{components}'
    )
    return read_api(read_document(path), "x")


def refusals(folder: Path, components: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(BadConfiguration) as caught:
        api(folder, components)
    return caught.value.diagnostics


def test_an_api_of_several_files() -> None:
    document = read_document(SEVERAL)
    assert check_document(document) == ()
    found = read_api(document, "x")
    assert [operation.name for operation in found.operations] == ["x.list_orders", "x.get_order"]
    listing, one = found.operations
    assert listing.responses[0].content[0].schema == {"type": "array", "items": {"$ref": "#/$defs/Order"}}
    assert one.parameters[0].schema == {"$ref": "#/$defs/id"}
    assert one.responses[0].content[0].schema == {"$ref": "#/$defs/Alias"}
    assert one.responses[1].content[0].schema == {"$ref": "#/$defs/order_Money"}


def test_names_of_schemas_from_several_files() -> None:
    schemas = read_api(read_document(SEVERAL), "x").schemas
    assert schemas == {
        "Money": {"type": "string"},
        "Order": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "total": {"$ref": "#/$defs/order_Money"},
                "previous": {"$ref": "#/$defs/Order"},
                "first line": {"$ref": "#/$defs/Line_of_order"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/anyOf_1"}},
                "choice": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            },
        },
        "Alias": {"$ref": "#/$defs/Order"},
        "id": {"type": "integer"},
        "order_Money": {"type": "number"},
        "Line_of_order": {"type": "object", "properties": {"order": {"$ref": "#/$defs/Order"}}},
        "anyOf_1": {"type": "number"},
    }


def test_a_schema_in_another_file_knows_where_it_stands() -> None:
    locations = read_api(read_document(SEVERAL), "x").schema_locations
    assert str(locations["order_Money"]).endswith("several_files/schemas/order.yaml:10:3")
    assert set(locations) == {"Money", "Order", "Alias", "id", "order_Money", "Line_of_order", "anyOf_1"}


def test_discriminators_use_the_names_of_the_document_not_of_files(tmp_path: Path) -> None:
    (tmp_path / "cat-file.yaml").write_text("type: object")
    found = api(
        tmp_path,
        """
  schemas:
    Cat: {$ref: cat-file.yaml}
    Pet: {oneOf: [{$ref: "#/components/schemas/Cat"}], discriminator: {propertyName: kind}}
""",
    )
    assert isinstance(found.schemas["Pet"], dict)
    assert found.schemas["Pet"]["discriminator"]["mapping"] == {"Cat": "#/$defs/Cat"}


def test_schemas_may_contain_themselves(tmp_path: Path) -> None:
    found = api(
        tmp_path,
        """
  schemas:
    Tree:
      type: object
      properties: {left: {$ref: "#/components/schemas/Tree"}, other: {$ref: "#/components/schemas/Bush"}}
    Bush: {type: array, items: {$ref: "#/components/schemas/Tree"}}
""",
    )
    assert found.schemas["Bush"] == {"type": "array", "items": {"$ref": "#/$defs/Tree"}}


def test_references_that_lead_back_to_themselves_are_refused(tmp_path: Path) -> None:
    found = refusals(
        tmp_path,
        """
  schemas:
    A: {$ref: "#/components/schemas/B"}
    B: {$ref: "#/components/schemas/A"}
    C: {type: array, items: {$ref: "#/components/schemas/B"}}
""",
    )
    assert {diagnostic.code for diagnostic in found} == {"MAC306"}


def test_names_that_become_equal_are_numbered(tmp_path: Path) -> None:
    found = api(
        tmp_path,
        """
  schemas:
    a/b: {type: string}
    a b: {type: integer}
    "模型": {type: boolean}
    use: {anyOf: [{$ref: "#/components/schemas/a~1b"}, {$ref: "#/components/schemas/a%20b"}]}
""",
    )
    assert list(found.schemas) == ["a_b", "a_b_2", "Schema", "use"]
    assert found.schemas["use"] == {"anyOf": [{"$ref": "#/$defs/a_b"}, {"$ref": "#/$defs/a_b_2"}]}


def test_anchors(tmp_path: Path) -> None:
    found = api(
        tmp_path,
        """
  schemas:
    A: {$defs: {inner: {$anchor: deep, type: string}}}
    B: {$ref: "#deep"}
""",
    )
    assert found.schemas == {"A": {}, "B": {"type": "string"}}


@pytest.mark.parametrize(
    ("reference", "code", "message"),
    [
        ("https://example.com/a.yaml#/A", "MAC305", "another host"),
        ("//example.com/a.yaml", "MAC305", "another host"),
        ("//[a.yaml", "MAC305", "another host"),
        ("file:///a.yaml", "MAC305", "another host"),
        ("none.yaml#/A", "MAC304", "a file that cannot be read"),
        ("#/components/schemas/Oder", "MAC304", "leads nowhere"),
        ("#/components/schemas/Order/enum/7", "MAC304", "leads nowhere"),
        ("#anchor", "MAC304", "$anchor"),
        ("", "MAC304", "a whole document"),
        ("#", "MAC304", "a whole document"),
        ("api.yaml", "MAC304", "a whole document"),
        ("a%00b.yaml", "MAC304", "a file that cannot be read"),
        (".", "MAC304", "a file that is not read"),
        ("/etc/passwd", "MAC304", "a file that is not read"),
    ],
)
def test_refused_references(tmp_path: Path, reference: str, code: str, message: str) -> None:
    (found,) = refusals(
        tmp_path, f"  schemas:\n    Order: {{enum: [1]}}\n    X: {{items: {{$ref: '{reference}'}}}}"
    )
    assert found.code == code
    assert message in found.message
    assert str(found.location).endswith("api.yaml:7:23")


def test_a_broken_neighbour_is_shown_where_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("a: 1\nb: [\n")
    (found,) = refusals(tmp_path, "  schemas:\n    X: {$ref: 'other.yaml#/a'}")
    assert found.code == "MAC304"
    assert next(str(place) for place, _ in found.related).startswith(str(tmp_path / "other.yaml:"))
