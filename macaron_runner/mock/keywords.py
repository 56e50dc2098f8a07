"""What each keyword that stands for itself does to a shape. Not for those that bring other schemas along (merging)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from macaron_runner.mock.glance import types_of
from macaron_runner.mock.shape import TYPES, Shape, same, type_of
from macaron_runner.validation.engine import readable_pattern


def _put_options(shape: Shape, values: Sequence[Any]) -> None:
    known = shape.options
    shape.options = [
        value for value in values if known is None or any(same(value, option) for option in known)
    ]


def _put_types(shape: Shape, value: Any) -> None:
    shape.types &= types_of(value) & frozenset(TYPES)


def _narrow(name: str, choose: Callable[..., Any]) -> Callable[[Shape, Any], None]:
    """Return what keeps the narrower of two limits."""

    def put(shape: Shape, value: Any) -> None:
        if type_of(value) in ("integer", "number"):
            known = getattr(shape, name)
            setattr(shape, name, value if known is None else choose(known, value))

    return put


def _append(name: str, *, usable: Callable[[Any], bool] = lambda _: True) -> Callable[[Shape, Any], None]:
    def put(shape: Shape, value: Any) -> None:
        if usable(value):
            getattr(shape, name).append(value)

    return put


def _put_unique(shape: Shape, value: Any) -> None:
    shape.unique = shape.unique or value is True


PLAIN: Final[Mapping[str, Callable[[Shape, Any], None]]] = {
    "type": _put_types,
    "enum": _put_options,
    "const": lambda shape, value: _put_options(shape, [value]),
    "minProperties": _narrow("least_properties", max),
    "maxProperties": _narrow("most_properties", min),
    "minItems": _narrow("least_items", max),
    "maxItems": _narrow("most_items", min),
    "minLength": _narrow("least_length", max),
    "maxLength": _narrow("most_length", min),
    "minimum": _narrow("low", max),
    "maximum": _narrow("high", min),
    "exclusiveMinimum": _narrow("above", max),
    "exclusiveMaximum": _narrow("below", min),
    "multipleOf": _append("multiples"),
    "pattern": _append("patterns", usable=lambda value: isinstance(value, str) and readable_pattern(value)),
    "format": _append("formats", usable=lambda value: isinstance(value, str)),
    "propertyNames": _append("property_names"),
    "uniqueItems": _put_unique,
}
"""What each keyword that stands for itself does to a shape."""
