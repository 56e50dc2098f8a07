"""What pydantic says of a type: its core schemas read, and its own validators of any part of them.

Not for what is made of them (making). https://docs.pydantic.dev/latest/api/pydantic_core_schema/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator

from macaron_runner.models.model import Model
from macaron_runner.models.values import Base64, Date, DateTime, Number

if TYPE_CHECKING:
    from pydantic.plugin._schema_validator import PluggableSchemaValidator

Make: TypeAlias = Callable[[Any], Any]
"""Makes the Python value of a JSON value."""

Node: TypeAlias = Mapping[str, Any]
Named: TypeAlias = Mapping[str, Node]
"""What the references of a core schema mean."""

_AS_IN_JSON: Final = frozenset({"any", "bool", "none", "str"})
_NUMBER: Final[Node] = TypeAdapter(Number).core_schema
_BASE64: Final[Node] = TypeAdapter(Base64).core_schema
_READ: Final[Sequence[tuple[Node, Make]]] = (
    (TypeAdapter(DateTime).core_schema, datetime.fromisoformat),
    (TypeAdapter(Date).core_schema, date.fromisoformat),
    (_BASE64, _BASE64["function"]["function"]),
)
"""Texts that Python reads more quickly than pydantic does, to the same end where they are what they should be."""

_ASIDE: Final = frozenset({"type", "metadata", "serialization", "ref"})
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "int": _ASIDE,
    "float": _ASIDE,
    "literal": _ASIDE | {"expected"},
    "nullable": _ASIDE | {"schema"},
    "list": _ASIDE | {"items_schema"},
    "dict": _ASIDE | {"keys_schema", "values_schema"},
    "tagged-union": _ASIDE | {"choices", "discriminator"},
    "union": _ASIDE | {"choices"},
    "default": _ASIDE | {"schema", "default", "validate_default"},
    "model": _ASIDE | {"cls", "schema", "config", "custom_init", "root_model"},
    "model-fields": _ASIDE | {"fields", "model_name", "computed_fields", "extras_schema"},
    "model-field": _ASIDE | {"schema", "validation_alias", "serialization_alias", "serialization_exclude_if"},
}
"""What is understood of each kind; one that says more is not."""


def is_known(node: Node) -> bool:
    """Tell whether all that a node says is understood."""
    return node.keys() <= _KNOWN.get(node["type"], frozenset())


def is_as_in_json(node: Node) -> bool:
    """Tell whether values are what JSON has."""
    return node["type"] in _AS_IN_JSON or node == _NUMBER


def reader_of(node: Node) -> Make | None:
    """Return what reads a text that is checked; None where pydantic is to."""
    return next((read for known, read in _READ if known == node), None)


def opened(schema: CoreSchema) -> tuple[Node, Named]:
    """Return a schema without the definitions around it, and these."""
    node: Node = schema
    named = {each["ref"]: each for each in node.get("definitions", ())}
    return followed(node["schema"] if named else node, named), named


def followed(node: Node, named: Named) -> Node:
    """Return the class that a reference leads to; anything else as it is, as a type that contains itself."""
    target = named.get(node["schema_ref"], node) if node["type"] == "definition-ref" else node
    return target if target["type"] == "model" else node


def described(kind: type[Model]) -> CoreSchema:
    """Return the whole core schema of a class, which pydantic makes when it is first needed."""
    kind.model_rebuild()
    return kind.__pydantic_core_schema__


def contains_itself(kind: type[Model]) -> bool:
    """Tell whether an object of a class may have one of the same class in it."""
    schema: Node = described(kind)
    own = opened(described(kind))[0].get("ref")
    return any(
        part["type"] == "definition-ref" and part["schema_ref"] == own
        for each in schema.get("definitions", ())
        for part in _inside(each, models=True)
    )


def is_plain(kind: type, node: Node) -> bool:
    """Tell whether objects of a class are what its fields say: no code of a service's own has a part in making them."""
    return (
        issubclass(kind, Model)
        and not kind.__macaron_loose__
        and all(
            getattr(kind, word) is getattr(Model, word) for word in ("__getattr__", "__delattr__", "__new__")
        )
        and is_known(node)
        and not (node["custom_init"] or node["root_model"])
        and node["schema"]["type"] == "model-fields"
        and is_known(node["schema"])
        and all(_is_plain_field(field) for field in node["schema"]["fields"].values())
    )


def _is_plain_field(field: Node) -> bool:
    if not is_known(field) or not isinstance(field.get("validation_alias", ""), str):
        return False
    return field["schema"]["type"] != "default" or is_known(field["schema"])


# Alternatives

JSON_TYPES: Final = ("str", "int", "float", "bool", "dict", "list")
"""How Python calls the types that JSON's values have, null aside."""

_EXACTLY: Final[Mapping[str, str]] = {
    "str": "str", "int": "int", "float": "float", "bool": "bool", "list": "list", "tuple": "list",
    "dict": "dict", "model": "dict", "tagged-union": "dict", "function-before": "str",
}  # fmt: skip
"""Which of JSON's types becomes what a kind describes, without a doubt."""
_PERHAPS: Final[Mapping[str, frozenset[str]]] = {
    "int": frozenset({"float", "str", "bool"}),
    "float": frozenset({"int", "str", "bool"}),
    "bool": frozenset({"int", "float", "str"}),
    "custom-error": frozenset({"str"}),
    "uuid": frozenset({"str"}),
    "decimal": frozenset({"str", "int", "float"}),
}
"""Which others pydantic may convert."""


def meant(kind: str, arms: Sequence[Node], named: Named) -> Node | None:
    """Return the only alternative that a value of one of JSON's types can be; None where that is not sure."""
    seen = [followed(arm, named) for arm in arms]
    exact = [kind in _exactly(arm) for arm in seen]
    possible = exact if any(exact) else [kind in _PERHAPS.get(arm["type"], ()) for arm in seen]
    return arms[possible.index(True)] if sum(possible) == 1 and all(map(_is_clear, seen)) else None


def models_among(arms: Sequence[Node], named: Named) -> list[type[Model]]:
    """Return the classes among alternatives, where they and nothing else is what an object can be; [] otherwise."""
    seen = [followed(arm, named) for arm in arms]
    objects = [arm for arm in seen if "dict" in _exactly(arm)]
    if not all(map(_is_clear, seen)) or any(arm["type"] != "model" for arm in objects):
        return []
    return [arm["cls"] for arm in objects]


def _exactly(arm: Node) -> frozenset[str]:
    if arm["type"] == "literal":
        return frozenset(type(value).__name__ for value in arm["expected"])
    return frozenset({_EXACTLY[arm["type"]]}) if arm["type"] in _EXACTLY else frozenset()


def _is_clear(arm: Node) -> bool:
    """Tell whether it is known which types an alternative takes."""
    return arm["type"] in _EXACTLY or arm["type"] in _PERHAPS or arm["type"] in {"literal", "none"}


# pydantic's own validators


def validating(node: Node, named: Named) -> Make:
    """Return pydantic's validator of a part of a schema."""
    return (
        calling(_validator(node, named))
        if _models_in(node, named)
        else _validator(node, named).validate_python
    )


def calling(validator: SchemaValidator | PluggableSchemaValidator) -> Make:
    """Return a call of a validator of models: JSON has the document's names, never Python's."""
    return partial(validator.validate_python, by_alias=True, by_name=False)


def defaulting(node: Node, named: Named) -> Callable[[], Any]:
    """Return what makes the default of a part of a schema, a new one each time."""
    validator = _validator(node, named)

    def default() -> Any:
        made = validator.get_default_value()
        assert made is not None
        return made.value

    return default


def _validator(node: Node, named: Named) -> SchemaValidator:
    for kind in _models_in(node, named):
        described(kind)  # its validator is used, and what is inside it not looked for
    references = list(_references(node, named).values())
    schema = {"type": "definitions", "schema": node, "definitions": references} if references else node
    return SchemaValidator(cast("CoreSchema", schema))


def _models_in(node: Node, named: Named) -> list[type[Model]]:
    found = [*_inside(node), *(part for each in _references(node, named).values() for part in _inside(each))]
    return [part["cls"] for part in found if part["type"] == "model"]


def _references(node: Node, named: Named) -> dict[str, Node]:
    """Return the definitions that a node needs, not those inside of models."""
    found: dict[str, Node] = {}
    pending = [node]
    while pending:
        for part in _inside(pending.pop()):
            if part["type"] == "definition-ref" and (reference := part["schema_ref"]) not in found:
                found[reference] = named[reference]
                pending.append(named[reference])
    return found


def _inside(node: Node, *, models: bool = False) -> Iterator[Node]:
    """Yield a node and those in it; what is in models only where that is asked for."""
    pending: list[Any] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("type"), str):
                yield part
            if models or part.get("type") != "model":
                pending += (value for key, value in part.items() if key not in _ASIDE)
        elif isinstance(part, list | tuple):
            pending += part
