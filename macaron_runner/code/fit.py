"""Whether a function's signature fits an operation's parameters and body, and what fills each of its arguments.

Not for calling it (server.signature).
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from macaron_runner.diagnostics import near_word
from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.identifiers import parameter_identifiers

_EMPTY: Final = inspect.Parameter.empty
_BY_POSITION: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANYTHING: Final = inspect.Signature(
    [
        inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
        inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
    ]
)
"""Stands for the signature of a function that tells none."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One way in which a function does not fit its operation: what, and how to mend it."""

    message: str
    help: str


class Arguments:
    """A signature, seen from an operation: what fills each argument. `body` is the one that gets the body."""

    def __init__(
        self, signature: inspect.Signature | None, declared: Mapping[str, Parameter], *, takes_body: bool
    ) -> None:
        all_of_them = list((signature or _ANYTHING).parameters.values())
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


def arguments_for(operation: Operation, signature: inspect.Signature | None) -> Arguments:
    """Return what of an operation fills each argument of a signature (None: one that takes anything).

    Raises BadConfiguration (MAC375) where two parameters have one name in Python.
    """
    declared = dict(zip(parameter_identifiers(operation), operation.parameters, strict=True))
    return Arguments(signature, declared, takes_body=operation.body is not None)


def misfits(name: str, arguments: Arguments, operation: Operation) -> Iterator[Misfit]:
    """Yield every way in which the function called `name` does not fit the operation."""
    not_taken = (
        []
        if arguments.takes_any_name
        else [each for each in arguments.declared if each not in arguments.named]
    )
    misnamed = _misnamed(not_taken, arguments) if operation.body is None else None
    for argument in not_taken:
        parameter = arguments.declared[argument]
        place = f"the {parameter.location} parameter {parameter.name}"
        mend = (
            f"rename its argument {misnamed} to {argument}" if misnamed else _how_to_take(argument, arguments)
        )
        yield Misfit(f"{name}() takes no argument for {place}", mend)
    body_is_lost = not arguments.takes_any_name and not arguments.takes_any_position
    if operation.body is not None and arguments.body is None and body_is_lost:
        free = ", ".join(arguments.undeclared)
        yield Misfit(
            f"{name}() takes no argument for the body",
            f"which of {free} is it? Call that one body" if free else "add the argument body",
        )
        return  # which of the others is one too many, only their author knows
    for argument in (each for each in arguments.unfilled if each != misnamed):
        yield Misfit(
            f"{name}() needs the argument {argument}, and the operation declares nothing that fills it",
            near_word(argument, arguments.declared)
            or "declare a parameter of this name, or give it a default",
        )


def _misnamed(not_taken: list[str], arguments: Arguments) -> str | None:
    """Return the argument that surely is meant for the one parameter not taken: the one that nothing fills."""
    return arguments.unfilled[0] if len(not_taken) == len(arguments.unfilled) == 1 else None


def _how_to_take(argument: str, arguments: Arguments) -> str:
    near = difflib.get_close_matches(argument, arguments.undeclared, n=1)
    if near:
        return f"rename its argument {near[0]} to {argument}"
    return f"add the argument {argument}, or **parameters to take whatever the document declares"
