"""The properties of a generated class: annotation, default, docstring.

    {"shop-id": {"type": "string", "description": "Where."}}  ->  shop_id: str | None = optional(alias='shop-id')

Not for the class around them (source).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from macaron_runner.models.names import INDENT, described, literal
from macaron_runner.models.order import Annotation
from macaron_runner.models.shape import Schemas, Shape
from macaron_runner.models.types import Annotations, Scope
from macaron_runner.models.words import Words
from macaron_runner.openapi.operation import Schema


class Fields:
    """Writes properties of classes, in the words of their module."""

    def __init__(self, schemas: Schemas, annotations: Annotations, words: Words) -> None:
        self._schemas = schemas
        self._annotations = annotations
        self._words = words

    def lines(self, name: str, attribute: str, shape: Shape, scope: Scope) -> Iterator[str | Annotation]:
        """Yield the lines of a property: `shop_id: str | None = optional(alias='shop-id')`, its docstring below."""
        schema = shape.properties[name]
        annotation = self._words.mentioning(partial(self._annotations, schema, scope.inner(name)))
        alias = {} if attribute == name else {"alias": repr(name)}
        default = self._schemas.default_of(schema)
        given = {} if default is None else {"": literal(default)}
        converts = _converts(default, annotation.text) and not self._lists_values(schema)
        if name in shape.must:
            function, arguments = "", {}
        elif self._schemas.admits_null(schema):
            function = "Field" if converts else ""
            arguments = {"": literal(default), **({"validate_default": "True"} if converts else {})}
        else:
            function = "optional"
            arguments = {**given, **alias, **({"convert": "True"} if converts else {})}
            annotation = annotation if given else replace(annotation, text=f"{annotation.text} | None")
        if alias and function != "optional":
            annotation = self._aliased(annotation, name, scope)
        yield from (f"{INDENT}{attribute}: ", annotation)
        yield f"{self._assigned(function, arguments, scope)}\n{described(schema, INDENT)}"

    def is_both_ways(self, name: str, shape: Shape) -> bool:
        """Tell whether a property may be absent and may be null: None alone does not say which."""
        schema = shape.properties[name]
        return (
            name not in shape.must
            and self._schemas.default_of(schema) is None
            and self._schemas.admits_null(schema)
        )

    def _aliased(self, annotation: Annotation, name: str, scope: Scope) -> Annotation:
        """Return an annotation that says what the document calls the property.

        Type checkers would take a default that says so for the one name under which it is given.
        """
        words = self._words.spell("Annotated", scope), self._words.spell("Field", scope)
        return replace(annotation, text=f"{words[0]}[{annotation.text}, {words[1]}(alias={name!r})]")

    def _lists_values(self, schema: Schema) -> bool:
        """Tell whether a property's values are listed where its `$ref` leads: these are as JSON has them."""
        parts = (schema, *schema.get("allOf", ())) if isinstance(schema, Mapping) else ()
        named = [self._schemas[name] for part in parts if (name := self._schemas.target(part)) is not None]
        return any(isinstance(one, Mapping) and ("enum" in one or "const" in one) for one in named)

    def _assigned(self, function: str, arguments: Mapping[str, str], scope: Scope) -> str:
        """Return what stands behind an annotation: ` = optional('new', alias='state')`, ` = None` or nothing."""
        if not function:
            return f" = {arguments['']}" if arguments else ""
        given = ", ".join(f"{key}={value}" if key else value for key, value in arguments.items())
        return f" = {self._words.spell(function, scope)}({given})"


def _converts(default: Any, annotation: str) -> bool:
    """Tell whether a default is JSON of another Python type."""
    if isinstance(default, str):
        return not annotation.startswith(("str", "Literal", "Any"))
    return bool(default) if isinstance(default, list) else isinstance(default, dict)
