"""Discriminators of normalised schemas: which property is the tag, what its values mean, who extends whom.

Not for what the engine makes of them (rewriting). OpenAPI 3.1 section 4.8.25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema


def name_of(reference: str) -> str:
    """Return the schema's name in `#/$defs/<Name>`, in `#/components/schemas/<Name>` or, as mappings may, alone."""
    return unquote(reference.rsplit("/", 1)[-1]).replace("~1", "/").replace("~0", "~")


def tag_of(schema: Schema) -> str | None:
    """Return the property that tells the alternatives apart."""
    discriminator = schema.get("discriminator") if isinstance(schema, Mapping) else None
    found = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else None
    return found if isinstance(found, str) else None


def mapping_of(schema: Schema) -> dict[str, str]:
    """Return which schema, by name, each value of the tag means; none without a discriminator.

    In a normalised schema that is all of them: what a document leaves unsaid was added (openapi.definitions).
    """
    discriminator = schema.get("discriminator") if isinstance(schema, Mapping) else None
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    return {value: name_of(target) for value, target in mapping.items()} if mapping else {}


def default_target(schema: Schema) -> str | None:
    """Return the schema that a value is of whose tag is absent or names none (OpenAPI 3.2, `defaultMapping`)."""
    discriminator = schema.get("discriminator") if isinstance(schema, Mapping) else None
    target = discriminator.get("defaultMapping") if isinstance(discriminator, Mapping) else None
    return name_of(target) if isinstance(target, str) else None


def choice_of(schema: Mapping[str, Any]) -> str:
    """Return the keyword that lists the alternatives of a tag: oneOf, or anyOf where there is no oneOf."""
    return "oneOf" if schema.get("oneOf") else "anyOf"


def ancestors_of(definitions: Mapping[str, Schema]) -> dict[str, frozenset[str]]:
    """Return, for each schema that has any, those with a discriminator that it extends by `allOf`, directly or not."""
    bases = {name: _bases(schema) for name, schema in definitions.items()}
    tagged = {name for name, schema in definitions.items() if tag_of(schema) is not None}
    found = {name: frozenset(_reachable(name, bases) & tagged) for name in bases if bases[name]}
    return {name: above for name, above in found.items() if above}


def _bases(schema: Schema) -> set[str]:
    """Return the names of the schemas that a schema extends by its `allOf`."""
    if isinstance(schema, bool):
        return set()
    found: set[str] = set()
    for member in schema.get("allOf", ()):
        if isinstance(member, Mapping):
            found |= _bases(member)
            if "$ref" in member:
                found.add(name_of(member["$ref"]))
    return found


def _reachable(name: str, edges: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(edges[name])
    while todo:
        step = todo.pop()
        if step not in found:
            found.add(step)
            todo.extend(edges.get(step, ()))
    return found - {name}
