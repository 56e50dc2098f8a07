"""What `not` does to a shape, where it is simple; the rest is found by trying (fitting).

Not for schemas that must fit (merging).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from macaron_runner.mock.glance import listed_values, types_of
from macaron_runner.mock.shape import Shape
from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.keywords import APPLICATORS, ASSERTIONS

_TELLING: Final = APPLICATORS | ASSERTIONS | {"$ref"}
"""Keywords that refuse values; the others only describe."""
_TYPED: Final = {
    "type",
    "properties",
    "items",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "additionalProperties",
}
"""Keywords of a schema that is avoided best by another type."""


def add_negated(schema: Schema, shape: Shape, add: Callable[[Schema], None]) -> None:
    """Put into a shape what a schema must not be, where that is simple; `add` merges another schema into it."""
    if isinstance(schema, bool):
        add(not schema)
        return
    words = set(schema) & _TELLING
    if not words:
        shape.types = frozenset()
    elif words == {"not"}:
        add(schema["not"])
    elif (
        "properties" in words
        and words <= {"properties", "required", "type"}
        and len(schema["properties"]) == 1
    ):
        ((name, inner),) = schema["properties"].items()
        shape.properties.setdefault(name, []).append({"not": inner})
    elif "type" in words and words <= _TYPED:
        shape.types -= types_of(schema["type"])
    elif words <= {"enum", "const", "type"}:
        shape.excluded += listed_values(schema) or []
    elif words == {"anyOf"}:
        for arm in schema["anyOf"]:
            add_negated(arm, shape, add)
    elif words == {"required"} and schema["required"]:
        missing = [name for name in schema["required"] if name not in shape.required]
        shape.forbidden.add((missing or schema["required"])[-1])
