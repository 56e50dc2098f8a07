"""Arguments that were written down, not passed: made of the types that the function's parameters have.

YAML (a schedule) and JSON (macaron tasks call) know texts, numbers, lists and maps. A task that says `day: date`,
`order: apipool.shop.Order` or `amount: Decimal` gets that. What has no type is left as it stands. Not for where the
types come from (annotations reads them, tasks.arguments asks the function), nor for how arguments travel.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

Problem: TypeAlias = tuple[str, tuple[str | int, ...]]
"""What is wrong with an argument, in words, and where it stands below the schedule or call."""


class Mistyped(TypeError):
    """Arguments are not of their parameters' types; `problems` has each of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(message for message, _ in problems))
        self.problems = tuple(problems)


def make_typed(bound: inspect.BoundArguments, types: Mapping[str, Any], named: Collection[str]) -> None:
    """Replace the arguments of a call by what their types make of them. Raises Mistyped where any does not fit.

    `types` are those of parameters, by name; `named` are the arguments that were given by name.
    """
    problems: list[Problem] = []
    for place, (name, parameter) in enumerate(bound.signature.parameters.items()):
        if name not in types or name not in bound.arguments:
            continue
        try:
            bound.arguments[name] = _typed(bound.arguments[name], _kind(parameter, types[name]))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            path = _path(parameter, place, first["loc"], named)
            problems.append((_words(name, first), path))
    if problems:
        raise Mistyped(problems)


def _kind(parameter: inspect.Parameter, hint: Any) -> Any:
    """Return the type of what a call binds to a parameter: of `*days: date`, a tuple of dates."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return tuple[hint, ...]
    return dict[str, hint] if parameter.kind is parameter.VAR_KEYWORD else hint


def _path(
    parameter: inspect.Parameter, place: int, inside: tuple[str | int, ...], named: Collection[str]
) -> tuple[str | int, ...]:
    """Return where an argument stands; `inside` leads from there to what does not fit."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return ("args", place + int(inside[0]))
    if parameter.kind is parameter.VAR_KEYWORD:
        return ("kwargs", inside[0])
    return ("kwargs", parameter.name) if parameter.name in named else ("args", place)


def _typed(value: Any, kind: Any) -> Any:
    adapter = _adapter(kind)
    return value if adapter is None else adapter.validate_python(value)


def _words(name: str, error: ErrorDetails) -> str:
    inside = "".join(f"[{step!r}]" for step in error["loc"])
    return f'"{name}"{inside}: {error["msg"][:1].lower()}{error["msg"][1:]}'


def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """Return what makes values of a type; of a class that pydantic does not know, it only takes instances."""
    for config in (None, ConfigDict(arbitrary_types_allowed=True)):
        try:
            return TypeAdapter(kind, config=config)
        except PydanticUserError:
            continue
    return None
