"""Keywords of normalised schemas: those that refuse values by themselves, and those that hold further schemas.

Not for the keywords of documents, in all their dialects (openapi.kinds, openapi.normalise).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from macaron_runner.openapi.kinds import SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema

Steps: TypeAlias = tuple[str | int, ...]

IN_ORDER: Final = (
    "type", "const", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
"""Keywords whose meaning depends on no other, in the order in which they are told."""
INDEPENDENT: Final = frozenset(IN_ORDER)

ASSERTIONS: Final = INDEPENDENT | {"required", "dependentRequired", "minContains", "maxContains"}
"""Keywords that refuse values and hold no schema."""

APPLICATORS: Final = SCHEMA_KEYWORDS | SCHEMA_LIST_KEYWORDS | SCHEMA_MAP_KEYWORDS
"""Keywords that hold schemas: one, a list or a map of them."""


def inside(schema: Schema) -> Iterator[tuple[Steps, Schema]]:
    """Yield the schemas that stand right inside a schema, each with the steps to it; those under `$defs` do not count.

    inside({"items": {"type": "string"}, "allOf": [True]}): (("items",), {"type": "string"}), (("allOf", 0), True).
    """
    for keyword, value in schema.items() if not isinstance(schema, bool) else ():
        if keyword in SCHEMA_MAP_KEYWORDS:
            yield from (((keyword, name), inner) for name, inner in value.items())
        elif keyword in SCHEMA_LIST_KEYWORDS:
            yield from (((keyword, number), inner) for number, inner in enumerate(value))
        elif keyword in SCHEMA_KEYWORDS:
            yield (keyword,), value
