"""What one schema says at a glance, without following references: listed values, types, what tells alternatives apart.

Not for merging several (merging).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from macaron_runner.mock.shape import same
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import mapping_of


def chooses_heirs(schema: Schema) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether the alternatives of a schema with a discriminator are those that extend it."""
    return not isinstance(schema, bool) and not schema.get("oneOf") and not schema.get("anyOf")


def tags_of(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each schema that a discriminator's mapping names, the first value that names it."""
    tags: dict[str, str] = {}
    for value, name in mapping_of(schema).items():
        tags.setdefault(name, value)
    return tags


def telling_names(chosen: Schema, arms: Iterable[Schema]) -> set[str]:
    """Return the properties whose presence says that another alternative is meant."""
    if isinstance(chosen, bool):
        return set()
    own = {*chosen.get("required", ()), *chosen.get("properties", ())}
    others = (arm for arm in arms if isinstance(arm, Mapping) and arm is not chosen)
    return {name for arm in others for name in arm.get("required", ()) if name not in own}


def clash(schema: Schema, others: Iterable[Schema]) -> bool:
    """Tell whether a property's listed values are none of those that another schema lists."""
    listed = listed_values(schema)
    if listed is None:
        return False
    for other in others:
        options = listed_values(other)
        if options is not None and not any(same(one, option) for one in listed for option in options):
            return True
        if isinstance(other, Mapping) and isinstance(other.get("not"), Mapping):
            excluded = listed_values(other["not"]) or []
            if all(any(same(one, each) for each in excluded) for one in listed):
                return True
    return False


def listed_values(schema: Schema) -> list[Any] | None:
    """Return the values of enum and const."""
    if isinstance(schema, bool):
        return None
    if "const" in schema:
        return [schema["const"]]
    return schema["enum"] if isinstance(schema.get("enum"), list) else None


def types_of(value: Any) -> frozenset[str]:
    """Return the types that the keyword `type` names; whole numbers are numbers."""
    names = frozenset(value if isinstance(value, list) else [value])
    return names | {"integer"} if "number" in names else names
