"""The generated text: how it reads, and that nothing in a document can become code."""

import ast
import inspect
import keyword
import linecache
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.models.build import Models
from macaron_runner.models.model import Model
from tests.support.models import models_of, objects, posting, ref

TEXT = {"type": "string"}

SHOP: dict[str, Any] = {
    "Order": {
        "type": "object",
        "description": "What a customer wants.",
        "required": ["id", "shop-id"],
        "properties": {
            "id": {"type": "integer", "description": "Counts up."},
            "shop-id": TEXT,
            "status": {**ref("Status")},
            "size": {"type": "string", "default": "small"},
            "note": {"type": ["string", "null"]},
            "day": {"type": "string", "format": "date", "default": "2026-11-22"},
            "lines": {"type": "array", "items": objects(sku=TEXT)},
            "next": ref("Order"),
        },
    },
    "Status": {"enum": ["new", "paid"], "description": "How far it is."},
    "Gift": {"allOf": [ref("Order"), objects(Date={"type": "string", "format": "date"})]},
}

READS = '''\
"""The models of the API shop, made by macaron of its document: change that, not this."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from macaron_runner.models.model import Model, omit_absent, optional
from macaron_runner.models.values import Date

_Date = Date

Status: TypeAlias = Literal['new', 'paid']
"""How far it is."""


class OrderLinesItem(Model):
    """OrderLinesItem, as the document of shop describes it."""

    sku: str | None = optional()


class Order(Model):
    """What a customer wants."""

    id: int
    """Counts up."""
    shop_id: Annotated[str, Field(alias='shop-id')]
    status: Status | None = optional()
    size: str = optional('small')
    note: str | None = None
    day: Date = optional('2026-11-22', convert=True)
    lines: list[OrderLinesItem] | None = optional()
    next: 'Order | None' = optional()

    _serialize = omit_absent('note')


class Gift(Order):
    """Gift, as the document of shop describes it."""

    Date: _Date | None = optional()

    _serialize = omit_absent('note')
'''


def test_the_source_reads_like_written_by_hand() -> None:
    assert models_of(SHOP).source == READS


def test_the_source_of_a_class_can_be_shown() -> None:
    models = models_of(SHOP)
    assert inspect.getsource(models["OrderLinesItem"]).startswith("class OrderLinesItem(Model):")
    assert linecache.getline(sys.modules[models["Order"].__module__].__file__ or "", 1).startswith(
        '"""The models'
    )


def test_objects_that_an_operation_describes_in_place_have_names() -> None:
    schema = objects(sku=TEXT, at=objects(city=TEXT))
    models = models_of({}, posting(schema, "application/json", "multipart/form-data"))
    assert list(models) == ["CreateOrderBodyAt", "CreateOrderBody"]
    assert list(models_of({}, posting(schema, operation_id=None))) == ["PostOrdersBodyAt", "PostOrdersBody"]


def test_names_that_properties_hide_are_spelled_otherwise() -> None:
    schemas = {
        "Order": objects(
            Order=ref("Order"),
            str=TEXT,
            date={"type": "string", "format": "date"},
            optional=TEXT,
            Field={"type": ["string", "null"], "default": "x"},
            list={"type": "array", "items": TEXT},
            Any={},
            Literal={"enum": ["a"]},
            Status=ref("Status"),
            omit_absent={},
        ),
        "Status": {"enum": ["new", 1]},
    }
    value = {
        "Order": {"str": "x"},
        "date": "2026-01-02",
        "list": ["x"],
        "Literal": "a",
        "Status": 1,
        "omit_absent": None,
    }
    order = models_of(schemas)["Order"].from_json(value)
    assert order.to_json() == {**value, "Order": {"str": "x", "Field": "x"}, "Field": "x"}


@pytest.mark.parametrize(
    "name",
    [
        "Model", "Any", "Literal", "str", "list", "date", "optional", "TypeAlias", "UUID", "TYPE_CHECKING",
        "None", "class", "__import__", "__name__", "_private", "2FA", "a.b", "Order[int]", "my-model", "日本",
        "", " ", "'); import os; ('", "ﬁ", "model", "client",
    ],
)  # fmt: skip
def test_a_schema_may_have_any_name(name: str) -> None:
    models = models_of(
        {name: objects(self=ref(name), id={"type": "integer"}), "Other": objects(it=ref(name))}
    )
    assert issubclass(models[name], Model)
    assert models[name].__macaron_name__ == name
    assert models["Other"].from_json({"it": {"self": {"id": 1}}}).it.self.id == 1


HOSTILE = [
    '"""', "'''", '""""', '\\"""', "\\", '"', "'", '\\"', "\\\\\"\"\"\nimport os\n", "\n\n\nx = 1", "\r", "\x00",
    "\ud800", "\u202e#", "\u2028", "{x}", "%s", "\\N{DIGIT ONE}", "\\x", "# type: ignore", "a\tb", "é", "\x1b[31m",
    "x = __import__('os').system('true')", "None", "class", "lambda: 0", ")", "]", "a" * 300, " ", "",
]  # fmt: skip


def everywhere(text: str) -> dict[str, Any]:
    """A document that says `text` wherever a text may stand."""
    described: dict[str, Any] = {"description": text, "title": text}
    return {
        text: {
            **objects(**{text: TEXT | described | {"default": text}, "x": {"enum": [text]}}),
            **described,
        },
        "Alias": {"const": text, **described},
        "Closed": {**objects(**{text: {"type": "object", "default": {text: [text]}}}), "x-text": text},
        "Inline": objects(a={"oneOf": [objects(**{text: TEXT}) | described, objects(b=TEXT)]}),
        "Tag": objects(**{text: TEXT})
        | {"discriminator": {"propertyName": text, "mapping": {text: "#/$defs/Sub"}}},
        "Sub": {"allOf": [ref("Tag"), objects(more=TEXT)]},
    }


def statements(models: Models) -> set[str]:
    """What kinds of things the source does at the top of the module and in classes."""
    found = set()
    for node in ast.walk(ast.parse(models.source)):
        if isinstance(node, ast.Module | ast.ClassDef):
            found |= {type(child).__name__ for child in node.body}
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), "only docstrings stand alone"
    return found


def check_that_it_stays_text(text: str) -> None:
    models = models_of(everywhere(text))
    assert statements(models) <= {
        "Expr", "ImportFrom", "ClassDef", "AnnAssign", "Assign",
        "Field", "Tagged", "TypeAliasType", "omit_absent", "optional", "_optional",
    }  # fmt: skip
    models.prepare()
    assert models[text]().to_json() == {text: text}
    assert models["Closed"]().to_json() == {text: {text: [text]}}
    assert type(models["Tag"].from_json({text: text})) is models["Sub"]


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "\ud800"])  # no JSON can have that name
def test_text_of_a_document_never_becomes_code(text: str) -> None:
    check_that_it_stays_text(text)


CODE = st.text(alphabet="\"'\\\n\r#{}()[]:=, abc_xuN0\t\u2028\x00")
TAKEN = {"Alias", "Closed", "Inline", "Tag", "Sub", "x", "more"}  # the document's own words


@settings(max_examples=100)
@given((st.text(st.characters(exclude_categories=["Cs"])) | CODE).filter(lambda text: text not in TAKEN))
def test_no_text_at_all_becomes_code(text: str) -> None:
    check_that_it_stays_text(text)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_descriptions_arrive_in_docstrings(text: str) -> None:
    doc = models_of({"It": objects() | {"description": f"[{text}]"}})["It"].__doc__ or ""
    seen = "".join(doc.split())
    wanted = "".join(f"[{text}]".split())
    assert seen == wanted or not wanted.isprintable()


@pytest.mark.parametrize(
    "names",
    [
        ["shop-id", "shop_id", "shop.id"],
        ["class", "class_", "class__"],
        ["_id", "id", "id_", "__id"],
        ["2", "_2", "field_2"],
        ["ﬁ", "fi"],
        ["", "-", "_", "field"],
        ["to_json", "to_json_", "_to_json"],
        ["__init__", "__class__", "__dict__", "__pydantic_fields__", "__macaron_name__", "_serialize"],
        list(keyword.kwlist),
        [*keyword.softkwlist],
        ["mro", "register", "mro_", "_abc_impl", "__subclasses__", "__prepare__"],
    ],
)
def test_properties_that_want_one_attribute_all_get_theirs(names: list[str]) -> None:
    value = {name: f"value of {name}" for name in names}
    made = models_of({"It": objects(**dict.fromkeys(names, TEXT))})["It"].from_json(value)
    assert made.to_json() == value
    assert len(type(made).model_fields) == len(names)


def test_attributes_given_by_a_base_class_stay() -> None:
    schemas = {"A": objects(**{"class": TEXT}), "B": {"allOf": [ref("A"), objects(class_=TEXT, a=TEXT)]}}
    models = models_of(schemas)
    made = models["B"].from_json({"class": "x", "class_": "y"})
    assert (made.class_, made.to_json()) == ("x", {"class": "x", "class_": "y"})


def test_what_a_class_can_do_is_no_default_of_a_property() -> None:
    schema = objects(mro=TEXT, register=TEXT) | {"required": ["mro", "register"]}
    with pytest.raises(ValueError, match=r"(?s)mro.*register"):
        models_of({"It": schema})["It"].from_json({})
