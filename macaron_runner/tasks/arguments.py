"""Arguments that were written down, as they travel: made of the types of the task's function, then JSON.

Not for what a type makes of a value (code.arguments), nor for the arguments of calls, which have their types already
(envelope).
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from macaron_runner.code.arguments import make_typed
from macaron_runner.configuration.model import Schedule
from macaron_runner.configuration.sensitive import revealed
from macaron_runner.tasks.envelope import encode_call


def encode_scheduled(schedule: Schedule, function: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a schedule's arguments as they travel. Raises TypeError (Mistyped) where they do not fit, or cannot."""
    return encode_typed(revealed(schedule.args), revealed(schedule.kwargs), function)


def encode_typed(
    args: Sequence[Any], kwargs: Mapping[str, Any], function: Callable[..., Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments in JSON's types as they travel, made of the function's types. Raises as `encode_scheduled`."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    make_typed(bound, _hints(function), kwargs)
    return encode_call(bound.args, bound.kwargs)


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the annotations of a function; none where one of them names what is not there at run time."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # an annotation may be any expression, and none of it need be there
        return {}
