"""x-parent: classes of the service as further bases of its models."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from macaron_runner.diagnostics import BadConfiguration
from tests.support.models import models_of, objects, ref

WHOLE = {"type": "integer"}


class Totals:
    """What the predecessor's parents look like: methods that use properties."""

    price: int  # for type checkers: it is a property of the schema
    currency: ClassVar[str] = "EUR"

    def total(self) -> int:
        return self.price * 2

    def remember(self, value: int) -> None:
        self._seen = value


class Shouting(Totals):
    def shout(self) -> str:
        return f"{self.total()}!"


class Writing:
    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = super().to_json()  # type: ignore[misc]  # a mix-in
        return {**data, "extra": True}


class Constructed:
    def __init__(self) -> None: ...


class Slotted:
    __slots__ = ("a",)


class Annotated:
    cache: dict[str, int]


class Hiding:
    @property
    def price(self) -> int:
        return 1


class Computing:
    def price(self) -> int:
        return 1


class Abstract(ABC):
    @abstractmethod
    def pay(self) -> None: ...


class Meta(type): ...


class Strange(metaclass=Meta): ...


class Picky:
    def __init_subclass__(cls, **options: Any) -> None:
        raise RuntimeError("not you")


class Pydantic(BaseModel): ...


def finder(**classes: object) -> Callable[[str], object]:
    """Find `parents.<Name>` among these; anything else is not there."""

    def find(path: str) -> object:
        name = path.removeprefix("parents.")
        if name not in classes:
            raise ModuleNotFoundError(f"No module named {path!r}")
        return classes[name]

    return find


def with_parent(parent: object, path: Any = "parents.Parent") -> dict[str, Any]:
    return {
        "import_name": finder(Parent=parent),
        "schemas": {"Other": WHOLE, "Item": objects(price=WHOLE) | {"x-parent": path}},
    }


def test_methods_of_the_parent_use_properties() -> None:
    models = models_of(**with_parent(Totals))
    item = models["Item"](price=2)
    item.remember(3)
    assert issubclass(models["Item"], Totals)
    assert (item.total(), item.currency, item._seen) == (4, "EUR", 3)
    assert item.to_json() == {"price": 2}
    assert "from parents import Parent as ItemParent" in models.source


def test_a_parent_may_extend_what_a_model_does() -> None:
    assert models_of(**with_parent(Writing))["Item"](price=1).to_json() == {"price": 1, "extra": True}


def test_parents_of_a_hierarchy_come_together() -> None:
    schemas = {
        "Gift": {"allOf": [ref("Item"), objects(to=WHOLE)], "x-parent": "parents.Shouting"},
        "Same": {"allOf": [ref("Item")], "x-parent": "parents.Totals"},
        "Item": objects(price=WHOLE) | {"x-parent": "parents.Totals"},
    }
    models = models_of(schemas, import_name=finder(Totals=Totals, Shouting=Shouting))
    assert models["Gift"](price=2).shout() == "4!"
    assert models["Same"](price=2).total() == 4


def test_the_default_imports_for_real() -> None:
    schemas = {"Item": objects(price=WHOLE) | {"x-parent": "collections.abc.Sized"}}
    with pytest.raises(BadConfiguration) as caught:
        models_of(schemas)
    assert caught.value.diagnostics[0].label == 'its method "__len__" is abstract'


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        (42, "not a class but of type int"),
        (Constructed, "has a constructor"),
        (dict, "has a constructor"),
        (Slotted, "lay-out conflict"),
        (Annotated, 'annotates "cache"'),
        (Hiding, 'property "price" has the name of a property of the schema'),
        (Computing, 'method or property "price" has the name'),
        (Abstract, '"pay" is abstract'),
        (Strange, "metaclass conflict"),
        (Picky, "not you"),
        (Pydantic, "pydantic model itself"),
    ],
)
def test_a_class_that_is_not_fit_is_refused_with_the_reason(parent: object, reason: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        models_of(**with_parent(parent))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "MAC352"
    assert reason in diagnostic.label
    assert diagnostic.location is not None
    assert diagnostic.location.line == 2


@pytest.mark.parametrize(
    "path", ["parents.Missing", "Item", "os; import sys", "a..b", "", 3, None, "parents.Par\nent"]
)
def test_what_cannot_be_imported_is_a_diagnostic(path: Any) -> None:
    if path is None:
        assert models_of(**with_parent(Totals, path))["Item"](price=1).price == 1
        return
    with pytest.raises(BadConfiguration) as caught:
        models_of(**with_parent(Totals, path))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["MAC351"]


def test_only_objects_have_parents_and_all_problems_are_told() -> None:
    schemas = {
        "Status": {"type": "string", "x-parent": "parents.Totals"},
        "Item": objects(price=WHOLE) | {"x-parent": "parents.Missing"},
    }
    with pytest.raises(BadConfiguration) as caught:
        models_of(schemas, import_name=finder(Totals=Totals))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["MAC352", "MAC351"]
