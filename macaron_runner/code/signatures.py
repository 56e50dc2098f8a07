"""The signature of a function that is only read, as inspect.signature would give it, but without values.

Not for signatures of imported functions (layers).
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Final

_KINDS: Final = inspect.Parameter
WITH_DEFAULT: Final = "…"
"""Stands for a default, whose value only running the code would tell."""


def signature_of_arguments(arguments: ast.arguments) -> inspect.Signature:
    """Return a signature: names, kinds, and whether there is a default (then it is WITH_DEFAULT)."""
    return inspect.Signature(list(_parameters(arguments)), __validate_parameters__=False)


def _parameters(arguments: ast.arguments) -> Iterator[inspect.Parameter]:
    by_position = [*arguments.posonlyargs, *arguments.args]
    first_default = len(by_position) - len(arguments.defaults)
    for index, argument in enumerate(by_position):
        only = index < len(arguments.posonlyargs)
        kind = _KINDS.POSITIONAL_ONLY if only else _KINDS.POSITIONAL_OR_KEYWORD
        yield _parameter(argument, kind, has_default=index >= first_default)
    if arguments.vararg is not None:
        yield _parameter(arguments.vararg, _KINDS.VAR_POSITIONAL, has_default=False)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, _KINDS.KEYWORD_ONLY, has_default=default is not None)
    if arguments.kwarg is not None:
        yield _parameter(arguments.kwarg, _KINDS.VAR_KEYWORD, has_default=False)


def _parameter(argument: ast.arg, kind: inspect._ParameterKind, *, has_default: bool) -> inspect.Parameter:
    return inspect.Parameter(argument.arg, kind, default=WITH_DEFAULT if has_default else _KINDS.empty)
