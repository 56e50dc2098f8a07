"""The functions that macaron.yaml itself names: the error handler, the error reporter, checks of formats.

Not for handlers of operations (handlers) nor for tasks (tasks).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from macaron_runner.code.function import Code, Function, Unknowable
from macaron_runner.code.handlers import split_name
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic, Location, did_you_mean, nearest


def check_named_functions(configuration: Configuration, code: Code) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the functions that macaron.yaml names (MAC507).

    That a module is not there or broken is a problem of `code`.
    """
    named = ((name, key) for key, name in _named_functions(configuration).items() if name is not None)
    return tuple(
        found for name, key in named for found in find_named(name, configuration.locate(*key), code)[1]
    )


def _named_functions(configuration: Configuration) -> dict[tuple[str, ...], str | None]:
    """Return by their keys the names of functions, None where there is none."""
    config = configuration.config
    return {
        ("http", "error_handler"): config.http.error_handler,
        ("observability", "error_reporter"): config.observability.error_reporter,
    } | {("formats", name, "check"): each.check for name, each in config.formats.items()}


def find_format_checks(
    configuration: Configuration, code: Code
) -> tuple[Mapping[str, Callable[[str], object]], tuple[Diagnostic, ...]]:
    """Return the functions of `formats:` by format, those that are there, and MAC507 for the others."""
    checks: dict[str, Callable[[str], object]] = {}
    problems: list[Diagnostic] = []
    for name, each in configuration.config.formats.items():
        if each.check is not None:
            found, wrong = find_named(each.check, configuration.locate("formats", name, "check"), code)
            problems += wrong
            if isinstance(found, Function) and found.value is not None:
                checks[name] = found.value
    return checks, tuple(problems)


def find_named(
    name: str, place: Location, code: Code
) -> tuple[Function | Unknowable | None, tuple[Diagnostic, ...]]:
    """Return the function that "module:function" names at a place in macaron.yaml, and MAC507 where there is none."""
    module_name, function_name = split_name(name)
    module = code.module(module_name, place)
    function = module.function(function_name) if module is not None else None
    if module is None or function is not None:
        return function, ()
    meant = nearest(function_name, module.functions())
    message = f'module "{module_name}" has no function "{function_name}"'
    return None, (Diagnostic("MAC507", message, place, help=did_you_mean(meant), meant=meant),)


def import_function(name: str) -> Callable[..., Any]:
    """Return the function that "module:function" or "module.function" names.

    Raises ImportError or AttributeError, saying which part is missing.
    """
    module, function = split_name(name)
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
