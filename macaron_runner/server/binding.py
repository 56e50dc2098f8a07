"""From an operation to the function that answers it, found and looked at when the service starts.

In this order: `x-bind-server: module.function`, a dotted operationId, the operationId in the API's `handlers` modules
(also in snake_case). `x-decorate-server` wraps it. Everything that does not fit is a diagnostic, and all of them come
together. Not for running the function (endpoint).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from macaron_runner.assembly import ServedApi
from macaron_runner.auth.security import Marker
from macaron_runner.configuration.load import Configuration
from macaron_runner.diagnostics import Diagnostic, near_word
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.modules import Modules, functions_in, place_of_function
from macaron_runner.server.signature import Call, compile_call, layers, signature_of
from macaron_runner.validation.identifiers import identifier

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Binding:
    """The function behind an operation: how to call it, and what its decorators demand."""

    call: Call
    marker: Marker | None


def snake_case(name: str) -> str:
    """Return a name in Python's manner: "createOrder" -> "create_order", "getHTTPInfo" -> "get_http_info"."""
    return _WORDS.sub("_", name).lower()


class Binder:
    """Binds operations one after another; `problems` has everything that did not fit, in the order it was met."""

    def __init__(self, configuration: Configuration) -> None:
        folders = configuration.config.service.python_path
        self._configuration = configuration
        self._misfits: list[Diagnostic] = []
        self.modules = Modules(tuple(configuration.resolve(folder).resolve() for folder in folders))

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Modules that cannot be imported first: they explain much of the rest."""
        return (*self.modules.problems, *self._misfits)

    def bind(self, served: ServedApi, operation: Operation) -> Binding | None:
        """Return the function that answers, or None (and at least one more problem) where there is none that fits."""
        function = self._function_of(served, operation)
        if function is None:
            return None
        decorated = self._decorate(function, operation)
        call, misfits = compile_call(decorated, signature_of(function), operation)
        self._misfits += [
            self._problem("MAC505", misfit.message, operation, misfit.help, function) for misfit in misfits
        ]
        if misfits:
            return None
        return Binding(call, _marker(layers(decorated)))

    def _function_of(self, served: ServedApi, operation: Operation) -> Callable[..., Any] | None:
        named = operation.extensions.get("x-bind-server")
        if named is None and operation.operation_id is not None and "." in operation.operation_id:
            named = operation.operation_id
        if named is not None:
            return self._dotted(named, "x-bind-server", operation)
        if operation.operation_id is None:
            self._misfits.append(
                self._problem(
                    "MAC503",
                    f"{operation.method} {operation.path} has neither operationId nor x-bind-server",
                    operation,
                    "give it an operationId: the name of its handler",
                )
            )
            return None
        return self._looked_up(served, operation, operation.operation_id)

    def _dotted(self, name: object, key: str, operation: Operation) -> Callable[..., Any] | None:
        """Return the function that "module.function" names."""
        module_name, _, function_name = str(name).replace(":", ".").rpartition(".")
        if not module_name or not function_name:
            self._misfits.append(
                self._problem(
                    "MAC503",
                    f'{key} "{name}" is not of the form module.function',
                    operation,
                    label="no module",
                )
            )
            return None
        module = self.modules.load(module_name, operation.location)
        if module is None:
            return None
        function = getattr(module, function_name, None)
        if callable(function):
            return _as_function(function)
        self._misfits.append(
            self._problem(
                "MAC503",
                f'module "{module_name}" has no function "{function_name}"',
                operation,
                near_word(function_name, functions_in([module])),
            )
        )
        return None

    def _looked_up(
        self, served: ServedApi, operation: Operation, operation_id: str
    ) -> Callable[..., Any] | None:
        """Return the function in the API's handlers modules that is called like the operation."""
        asked = self._configuration.locate("apis", served.name, "handlers")
        names = served.settings.handlers
        found = [self.modules.load(name, asked) for name in ((names,) if isinstance(names, str) else names)]
        modules = [module for module in found if module is not None]
        for module in modules:
            for name in dict.fromkeys(
                (operation_id, identifier(operation_id), snake_case(identifier(operation_id)))
            ):
                function = getattr(module, name, None)
                if callable(function):
                    return _as_function(function)
        if None not in found:  # else the function may well be in the module that could not be imported
            self._misfits.append(self._no_handler(operation, operation_id, modules))
        return None

    def _no_handler(self, operation: Operation, operation_id: str, modules: list[ModuleType]) -> Diagnostic:
        searched = " or ".join(module.__name__ for module in modules)
        wanted = snake_case(identifier(operation_id))
        return self._problem(
            "MAC503",
            f'operation "{operation_id}" has no handler',
            operation,
            near_word(wanted, functions_in(modules))
            or f"write the function {wanted}, or name it by x-bind-server",
            label=f"no such function in {searched}" if searched else f"apis.{operation.api} has no handlers",
        )

    def _decorate(self, function: Callable[..., Any], operation: Operation) -> Callable[..., Any]:
        """Return the function inside its `x-decorate-server`, the first of several outermost."""
        names = operation.extensions.get("x-decorate-server") or []
        for name in reversed([names] if isinstance(names, str) else list(names)):
            decorator = self._dotted(name, "x-decorate-server", operation)
            if decorator is None:
                continue
            try:
                function = decorator(function)
            except Exception as error:  # the service's code may fail in any way at all
                self._misfits.append(
                    self._problem(
                        "MAC504",
                        f'the decorator "{name}" fails: {type(error).__name__}: {error}',
                        operation,
                        function=decorator,
                    )
                )
        return function

    def _problem(
        self,
        code: str,
        message: str,
        operation: Operation,
        help: str = "",  # noqa: A002 - the word of Diagnostic
        function: Callable[..., Any] | None = None,
        label: str = "",
    ) -> Diagnostic:
        place = place_of_function(function) if function is not None else None
        return Diagnostic(
            code,
            message,
            operation.location,
            label=label or f"{operation.method} {operation.path}",
            help=help,
            related=((place, "the function is here"),) if place else (),
        )


def _as_function(found: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = found
    return function


def _marker(wrapped: Iterable[object]) -> Marker | None:
    """Return the strongest mark that a decorator of auth.users left on any of the layers."""
    marks = {getattr(layer, "__macaron_guard__", None) for layer in wrapped}
    if "required" in marks:
        return "required"
    return "optional" if "optional" in marks else None
