"""Arguments that were written down, not passed: made of the types that the function is annotated with, then as JSON.

YAML (a schedule) and JSON (macaron tasks call) know texts, numbers, lists and maps. A task that says `day: date`,
`order: apipool.shop.Order` or `amount: Decimal` gets that. What is not annotated is left as it stands.

Not for the arguments of calls, which have their types already (envelope).
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from macaron_runner.configuration.model import Schedule
from macaron_runner.configuration.sensitive import revealed
from macaron_runner.tasks.envelope import encode_call


class Misfit(TypeError):
    """An argument is not of its parameter's type; it stands at `path` below the schedule or call."""

    def __init__(self, message: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.path = path


def encode_scheduled(schedule: Schedule, function: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a schedule's arguments as they travel. Raises TypeError (Misfit) for those that do not fit, or cannot."""
    return encode_typed(revealed(schedule.args), revealed(schedule.kwargs), function)


def encode_typed(
    args: Sequence[Any], kwargs: Mapping[str, Any], function: Callable[..., Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments in JSON's types as they travel, made of the function's types. Raises as `encode_scheduled`."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    hints = _hints(function)
    places = list(bound.signature.parameters)
    for name, value in bound.arguments.items():
        if name in hints:
            kind = _kind(bound.signature.parameters[name], hints[name])
            path = ("kwargs", name) if name in kwargs else ("args", places.index(name))
            bound.arguments[name] = _typed(value, kind, name, path)
    return encode_call(bound.args, bound.kwargs)


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the annotations of a function; none where one of them names what is not there at run time."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, TypeError):
        return {}


def _kind(parameter: inspect.Parameter, hint: Any) -> Any:
    """Return the type of what a call binds to a parameter: of `*days: date`, a tuple of dates."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return tuple[hint, ...]
    return dict[str, hint] if parameter.kind is parameter.VAR_KEYWORD else hint


def _typed(value: Any, kind: Any, name: str, path: tuple[str | int, ...]) -> Any:
    adapter = _adapter(kind)
    if adapter is None:
        return value
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        inside = "".join(f"[{step!r}]" for step in first["loc"])
        message = f'"{name}"{inside}: {first["msg"][:1].lower()}{first["msg"][1:]}'
        raise Misfit(message, path) from None


def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """Return what makes values of a type; of a class that pydantic does not know, it only takes instances."""
    for config in (None, ConfigDict(arbitrary_types_allowed=True)):
        try:
            return TypeAdapter(kind, config=config)
        except PydanticUserError:
            continue
    return None
