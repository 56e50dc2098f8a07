"""How deep the smallest value of a schema is, so that making one up always ends: recursive schemas have a way out.

Not for making values (values).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from macaron_runner.openapi.operation import Schema
from macaron_runner.validation.discriminators import name_of


def heights_of(definitions: Mapping[str, Schema]) -> dict[str, float]:
    """Return the height of each named schema: 0 for a scalar or an empty object; infinite where nothing ends."""
    heights = dict.fromkeys(definitions, math.inf)
    changed = True
    while changed:  # each round finds those that are one step higher
        changed = False
        for name, schema in definitions.items():
            height = height_of(schema, heights)
            if height < heights[name]:
                heights[name], changed = height, True
    return heights


def height_of(schema: Schema, heights: Mapping[str, float]) -> float:
    """Return the height of a schema, as far as those of the named ones are known."""
    if isinstance(schema, bool):
        return 0.0
    if "const" in schema or "enum" in schema or _admits_scalars(schema.get("type")):
        return 0.0
    found = [0.0]
    if "$ref" in schema:
        found.append(heights.get(name_of(schema["$ref"]), 0.0))
    found += (height_of(part, heights) for part in schema.get("allOf", ()))
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            found.append(min(height_of(arm, heights) for arm in schema[keyword]))
    found += (1 + height_of(inner, heights) for inner in _inner(schema))
    return max(found)


def _admits_scalars(types: Any) -> bool:
    names = types if isinstance(types, list) else [types]
    return any(name in ("null", "string", "integer", "number", "boolean") for name in names)


def _inner(schema: Mapping[str, Any]) -> Iterable[Schema]:
    """Yield the schemas of what must be inside a value."""
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        inner = properties.get(name, True)
        if not (isinstance(inner, Mapping) and inner.get("writeOnly") is True):
            yield inner
    least = schema.get("minItems", 0)
    if least:
        prefix = schema.get("prefixItems", ())
        yield from prefix[: int(least)]
        if least > len(prefix):
            yield schema.get("items", True)
