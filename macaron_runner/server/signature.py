"""How a handler is called: with its operation's parameters and body, put together once when the service starts.

Not for what fills which argument (code.fit), nor for decoding what is passed (validation).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from macaron_runner.code.fit import Arguments, arguments_for
from macaron_runner.openapi.operation import Operation

Call: TypeAlias = Callable[[dict[str, Any], Any], Any]
"""(decoded parameters by identifier, which it may change; body or None) -> what the handler returns."""


def compile_call(
    function: Callable[..., Any], signature: inspect.Signature | None, operation: Operation
) -> Call:
    """Return how to call `function`, which has been seen to fit, for `operation`.

    Parameters go by name (`shop-id` to the argument shop_id), the body to `body` or to the one positional argument that
    nothing else fills. An optional parameter that a request leaves out is None, unless the argument has a default.
    """
    return _compile(function, arguments_for(operation, signature), operation)


def _compile(function: Callable[..., Any], arguments: Arguments, operation: Operation) -> Call:
    """Return the quickest way to call: most handlers take everything by name."""
    absent = tuple(
        name
        for name, parameter in arguments.declared.items()
        if not parameter.required and not arguments.has_default(name)
    )
    by_position = tuple(
        (name, argument.default)
        for name, argument in arguments.named.items()
        if argument.kind is inspect.Parameter.POSITIONAL_ONLY
    )
    call = _call_by_name(function, absent) if not by_position else _call_mixed(function, absent, by_position)
    if operation.body is None:
        return lambda values, _body: call(values)
    if arguments.body is None and arguments.takes_any_position and not _is_named_body(arguments):
        return _with_body_first(function, absent)
    return _with_body(
        call, arguments.body or "body", optional=arguments.has_default(arguments.body or "body")
    )


def _is_named_body(arguments: Arguments) -> bool:
    """Tell whether a function that takes any name is known to want its body as `body`: one that hides nothing."""
    return arguments.takes_any_name and bool(arguments.named)


def _call_by_name(function: Callable[..., Any], absent: Sequence[str]) -> Callable[[dict[str, Any]], Any]:
    if not absent:
        return lambda values: function(**values)
    nothing = dict.fromkeys(absent)
    return lambda values: function(**{**nothing, **values})


def _call_mixed(
    function: Callable[..., Any], absent: Sequence[str], by_position: Sequence[tuple[str, Any]]
) -> Callable[[dict[str, Any]], Any]:
    nothing = dict.fromkeys(absent)

    def call(values: dict[str, Any]) -> Any:
        given = {**nothing, **values}
        positional = [given.pop(name, default) for name, default in by_position]
        return function(*positional, **given)

    return call


def _with_body(call: Callable[[dict[str, Any]], Any], name: str, *, optional: bool) -> Call:
    """Return a call with the body under `name`; left out where the client sent none and there is a default."""

    def call_with_body(values: dict[str, Any], body: Any) -> Any:
        if body is not None or not optional:
            values[name] = body
        return call(values)

    return call_with_body


def _with_body_first(function: Callable[..., Any], absent: Sequence[str]) -> Call:
    """Return a call for a function that hides what it takes: a body is usually what comes first."""
    nothing = dict.fromkeys(absent)
    return lambda values, body: function(body, **{**nothing, **values})
