"""How a handler is called: which of an operation's parameters fills which argument, found once when the service starts.

Not for finding the handler (binding), nor for decoding what is passed (validation).
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final, TypeAlias

from macaron_runner.diagnostics import near_word
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.identifiers import parameter_identifiers

Call: TypeAlias = Callable[[dict[str, Any], Any], Any]
"""(decoded parameters by identifier, which it may change; body or None) -> what the handler returns."""

_EMPTY: Final = inspect.Parameter.empty
_ANY_POSITION: Final = inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)
_ANY_NAME: Final = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)
_BY_POSITION: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Misfit:
    """One way in which a function does not fit its operation: what, and how to mend it."""

    message: str
    help: str


def layers(function: object) -> Iterator[object]:
    """Yield a function and those it wraps, outermost first.

    Decorators that use functools.wraps say what they wrap; of others it is the one function their closure holds.
    """
    seen: set[int] = set()
    inner: object = function
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = getattr(inner, "__wrapped__", None) or _enclosed(inner)


def _enclosed(function: object) -> object | None:
    """Return the one function in the closure of a wrapper that takes anything, or None."""
    if not isinstance(function, FunctionType) or not _takes_anything(inspect.signature(function)):
        return None
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    functions = [content for content in cells if isinstance(content, FunctionType)]
    return functions[0] if len(functions) == 1 else None


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that was never assigned
        return False


def _takes_anything(signature: inspect.Signature) -> bool:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    return kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature by which a handler is called: that of the innermost function its decorators wrap."""
    *_, innermost = layers(function)
    try:
        return inspect.signature(innermost if callable(innermost) else function)
    except (TypeError, ValueError):  # some callables written in C tell nothing
        return inspect.Signature([_ANY_POSITION, _ANY_NAME])


def compile_call(
    function: Callable[..., Any], signature: inspect.Signature, operation: Operation
) -> tuple[Call, tuple[Misfit, ...]]:
    """Return how to call `function` for `operation`, and every way in which the two do not fit.

    Parameters go by name (`shop-id` to the argument shop_id), the body to `body` or to the one positional argument that
    nothing else fills. An optional parameter that a request leaves out is None, unless the argument has a default.
    """
    declared = dict(zip(parameter_identifiers(operation), operation.parameters, strict=True))
    arguments = _Arguments(signature, declared, takes_body=operation.body is not None)
    misfits = tuple(_misfits(function, arguments, operation))
    return _compile(function, arguments, operation), misfits


class _Arguments:
    """A signature, seen from an operation: what fills each argument."""

    def __init__(
        self, signature: inspect.Signature, declared: Mapping[str, Parameter], *, takes_body: bool
    ) -> None:
        all_of_them = list(signature.parameters.values())
        kinds = {argument.kind for argument in all_of_them}
        self.declared = declared
        self.takes_any_position = inspect.Parameter.VAR_POSITIONAL in kinds
        self.takes_any_name = inspect.Parameter.VAR_KEYWORD in kinds
        self.named = {
            argument.name: argument
            for argument in all_of_them
            if argument.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        }
        self.body = self._body_argument() if takes_body else None

    def _body_argument(self) -> str | None:
        """Return the name of the argument that gets the body, or None where it is not clear."""
        if "body" in self.named and "body" not in self.declared:
            return "body"
        free = [
            argument
            for argument in self.named.values()
            if argument.kind in _BY_POSITION and argument.name not in self.declared
        ]
        needy = [argument for argument in free if argument.default is _EMPTY]
        candidates = needy or free
        return candidates[0].name if len(candidates) == 1 else None

    def has_default(self, name: str) -> bool:
        """Tell whether the function can be called without this argument."""
        return name in self.named and self.named[name].default is not _EMPTY

    @property
    def undeclared(self) -> list[str]:
        """The arguments that no parameter is called like."""
        return [name for name in self.named if name not in self.declared and name != "body"]

    @property
    def unfilled(self) -> list[str]:
        """The arguments that must be given and that nothing fills."""
        return [
            name
            for name, argument in self.named.items()
            if argument.default is _EMPTY and name not in self.declared and name != self.body
        ]


def _misfits(function: Callable[..., Any], arguments: _Arguments, operation: Operation) -> Iterator[Misfit]:
    name = getattr(function, "__name__", repr(function))
    if not arguments.takes_any_name:
        for argument, parameter in arguments.declared.items():
            if argument not in arguments.named:
                place = f"the {parameter.location} parameter {parameter.name}"
                yield Misfit(f"{name}() takes no argument for {place}", _how_to_take(argument, arguments))
    body_is_lost = not arguments.takes_any_name and not arguments.takes_any_position
    if operation.body is not None and arguments.body is None and body_is_lost:
        free = ", ".join(arguments.undeclared)
        yield Misfit(
            f"{name}() takes no argument for the body",
            f"which of {free} is it? Call that one body" if free else "add the argument body",
        )
        return  # which of the others is one too many, only their author knows
    for argument in arguments.unfilled:
        yield Misfit(
            f"{name}() needs the argument {argument}, and the operation declares nothing that fills it",
            near_word(argument, arguments.declared)
            or "declare a parameter of this name, or give it a default",
        )


def _how_to_take(argument: str, arguments: _Arguments) -> str:
    near = difflib.get_close_matches(argument, arguments.undeclared, n=1)
    if near:
        return f"rename its argument {near[0]} to {argument}"
    return f"add the argument {argument}, or **parameters to take whatever the document declares"


def _compile(function: Callable[..., Any], arguments: _Arguments, operation: Operation) -> Call:
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


def _is_named_body(arguments: _Arguments) -> bool:
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
