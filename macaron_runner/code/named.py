"""The functions that macaron.yaml itself names: the error handler and the error reporter.

Not for handlers of operations (handlers) nor for tasks (tasks).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from macaron_runner.code.function import Code, Function, Unknowable
from macaron_runner.code.handlers import split_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, near_word

_KEYS = (("http", "error_handler"), ("observability", "error_reporter"))


def check_named_functions(configuration: Configuration, code: Code) -> tuple[Diagnostic, ...]:
    """Return what is wrong with `http.error_handler` and `observability.error_reporter` (MAC507).

    That a module is not there or broken is a problem of `code`.
    """
    config = configuration.config
    named = (config.http.error_handler, config.observability.error_reporter)
    found: list[Diagnostic] = []
    for name, key in zip(named, _KEYS, strict=True):
        if name is not None:
            found += find_named(name, configuration.locate(*key), code)[1]
    return tuple(found)


def find_named(
    name: str, place: Location, code: Code
) -> tuple[Function | Unknowable | None, tuple[Diagnostic, ...]]:
    """Return the function that "module:function" names at a place in macaron.yaml, and MAC507 where there is none."""
    module_name, function_name = split_name(name)
    module = code.module(module_name, place)
    function = module.function(function_name) if module is not None else None
    if module is None or function is not None:
        return function, ()
    problem = Diagnostic(
        "MAC507",
        f'module "{module_name}" has no function "{function_name}"',
        place,
        help=near_word(function_name, module.functions()),
    )
    return None, (problem,)


def import_function(name: str) -> Callable[..., Any]:
    """Return the function that "module:function" or "module.function" names.

    Raises ImportError or AttributeError, saying which part is missing.
    """
    module, function = split_name(name)
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
