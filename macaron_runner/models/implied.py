"""Alternatives that a property tells apart although no discriminator says so: each requires values of its own of it.

    {"oneOf": [And, Or]}, And with op: {const: and}, Or with op: {const: or}   ->   op, {"and": "And", "or": "Or"}

pydantic would try every alternative with all that is inside, at each level again. Not for discriminators (shape).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from macaron_runner.models.shape import Choice, Schemas, Shape

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Schema


def implied_choice(schemas: Schemas, targets: Sequence[str]) -> Choice | None:
    """Return how a property chooses among named schemas that are classes, or None where there is no such property."""
    shapes = {name: schemas.shape(name) for name in targets}
    for word in next(iter(shapes.values())).properties if len(shapes) > 1 else ():
        tags = [(tag, name) for name, shape in shapes.items() for tag in _tags(shape, word)]
        if {name for _, name in tags} == set(shapes) and len(dict(tags)) == len(tags):
            return Choice(word, dict(tags))
    return None


def _tags(shape: Shape, word: str) -> Sequence[str]:
    """Return the texts that a property must be one of; () where it may be absent or anything else."""
    described: Schema = shape.properties.get(word, True)
    if word not in shape.must or not isinstance(described, Mapping):
        return ()
    values = [described["const"]] if "const" in described else described.get("enum", ())
    return values if all(isinstance(value, str) for value in values) else ()
