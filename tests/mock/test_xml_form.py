"""Made-up values as XML, as in the examples of the specification: OpenAPI 3.1 section 4.8.26.2, 3.2 section 4.27."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from macaron_runner.mock.xml_form import xml_document

ANIMALS = ["a", "b"]
KIND = {"nodeType": "attribute", "name": "k"}
SAMPLE = "https://example.com/schema/sample"


def written(value: Any, schema: Any, schemas: dict[str, Any] | None = None) -> str:
    document = xml_document(
        value, schema, schemas or {}, lambda x: x if isinstance(x, str) else json.dumps(x)
    )
    ElementTree.fromstring(document)
    declaration, root = document.decode().split("\n", 1)
    assert declaration == '<?xml version="1.0" encoding="UTF-8"?>'
    return root


def array(items: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", **({"xml": items} if items else {})},
        **({"xml": own} if own else {}),
    }


@pytest.mark.parametrize(
    ("animals", "expected"),
    [
        (array(), "<animals>a</animals><animals>b</animals>"),
        (array({"name": "animal"}), "<animal>a</animal><animal>b</animal>"),
        (array({"name": "animal"}, name="aliens"), "<animal>a</animal><animal>b</animal>"),
        (array(name="aliens"), "<animals>a</animals><animals>b</animals>"),
        (array(wrapped=True), "<animals><animals>a</animals><animals>b</animals></animals>"),
        (array({"name": "animal"}, wrapped=True), "<animals><animal>a</animal><animal>b</animal></animals>"),
        (array({"name": "animal"}, name="aliens", wrapped=True),
         "<aliens><animal>a</animal><animal>b</animal></aliens>"),
        (array(name="aliens", wrapped=True), "<aliens><aliens>a</aliens><aliens>b</aliens></aliens>"),
        (array({"name": "animal"}, nodeType="element"), "<animals><animal>a</animal><animal>b</animal></animals>"),
    ],
)  # fmt: skip
def test_arrays(animals: dict[str, Any], expected: str) -> None:
    document = {"type": "object", "xml": {"name": "document"}, "properties": {"animals": animals}}
    assert written({"animals": ANIMALS}, document) == f"<document>{expected}</document>"


def test_attributes_prefixes_and_the_name_of_the_component() -> None:
    person = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "name": {"type": "string", "xml": {"namespace": SAMPLE, "prefix": "sample"}},
        },
    }
    value = {"id": 123, "name": "example"}
    expected = f'<Person id="123"><sample:name xmlns:sample="{SAMPLE}">example</sample:name></Person>'
    assert written(value, {"$ref": "#/$defs/Person"}, {"Person": person}) == expected
    assert written(value, person) == expected.replace("Person", "response")


def test_what_a_schema_is_made_of_speaks_for_it() -> None:
    schemas = {
        "Pet": {"properties": {"kind": {"xml": KIND}, "text": {"xml": {"nodeType": "text"}}}},
        "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}], "xml": {"name": "cat", "namespace": SAMPLE}},
    }  # fmt: skip
    assert (
        written({"kind": '<&>"', "text": "a<b"}, {"$ref": "#/$defs/Cat"}, schemas)
        == f'<cat xmlns="{SAMPLE}" k=\'&lt;&amp;&gt;"\'>a&lt;b</cat>'
    )


def test_a_prefixed_attribute_brings_its_namespace() -> None:
    schema = {"properties": {"id": {"xml": {"attribute": True, "prefix": "s", "namespace": SAMPLE}}}}
    assert written({"id": 1}, schema) == f'<response xmlns:s="{SAMPLE}" s:id="1"></response>'


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (["a"], {"items": {"xml": {"name": "animal"}}, "xml": {"name": "zoo"}}, "<zoo><animal>a</animal></zoo>"),
        (["a"], True, "<response><item>a</item></response>"),
        ({"a b": 1, "c": {"d": None}}, {}, "<response><item>1</item><c><d>null</d></c></response>"),
        (7, {"xml": {"name": "n"}}, "<n>7</n>"),
    ],
)  # fmt: skip
def test_what_no_schema_names(value: Any, schema: Any, expected: str) -> None:
    assert written(value, schema) == expected
