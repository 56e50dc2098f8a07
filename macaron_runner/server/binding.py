"""From an operation to a way of calling the function that answers it, made when the service starts.

Everything that does not fit is a diagnostic, and all of them come together. Not for finding the function
(code.handlers), nor for running it (endpoint).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import flask

from macaron_runner.assembly import ServedApi
from macaron_runner.code.function import Function, Marker
from macaron_runner.code.handlers import (
    Found,
    Named,
    check_fit,
    find_handler,
    handler_modules,
    problem_of,
)
from macaron_runner.code.imported import ImportedCode, marker_of
from macaron_runner.code.search import python_folders
from macaron_runner.configuration.load import Configuration
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.errors import MacaronError
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.signature import Call, compile_call
from macaron_runner.validation.schema import Definitions

if TYPE_CHECKING:  # imported where an operation is mocked: few services have any
    from macaron_runner.mock.answers import Made
    from macaron_runner.mock.merging import Merger

_ABOUT_DECORATORS: Final = "a decorator gets the function and returns the one to call instead"


@dataclass(frozen=True, slots=True)
class Binding:
    """The function behind an operation: how to call it, and what its decorators demand.

    `refusal` gives the answer of a mocked operation to an error, where its document describes one.
    """

    call: Call
    marker: Marker | None
    refusal: Callable[[MacaronError], Made | None] | None = None


class Binder:
    """Binds operations one after another; `problems` has everything that did not fit, in the order it was met."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._misfits: list[Diagnostic] = []
        self._modules: dict[str, tuple[Named, ...]] = {}
        self._merger: Merger | None = None
        self.code = ImportedCode(python_folders(configuration))

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Modules that cannot be imported first: they explain much of the rest."""
        return (*self.code.problems, *self._misfits)

    def bind(self, served: ServedApi, operation: Operation, definitions: Definitions) -> Binding | None:
        """Return the function that answers, or None (and at least one more problem) where there is none that fits.

        Where there need not be any, the function is one that makes up its answers; `definitions` are of the API.
        """
        found = self._find(served, operation)
        self._misfits += found.problems
        handler = self._mock(operation, definitions) if found.missing else found.handler
        if not isinstance(handler, Function) or handler.value is None:
            return None
        decorated = self._decorate(handler.value, found, operation)
        misfits = check_fit(handler, operation)
        self._misfits += misfits
        if misfits:
            return None
        refusal = self._refusal(operation) if found.missing else None
        return Binding(compile_call(decorated, handler.signature, operation), marker_of(decorated), refusal)

    def _find(self, served: ServedApi, operation: Operation) -> Found:
        if served.mocked:
            return Found(None, missing=True)
        optional = served.settings.on_missing_handler == "mock"
        return find_handler(operation, self._handlers(served), self.code, optional=optional)

    def _mock(self, operation: Operation, definitions: Definitions) -> Function:
        """Return what stands in for the handler of an operation; mocks of one API share what they learn of it."""
        from macaron_runner.mock.answers import mock_handler
        from macaron_runner.mock.merging import Merger

        if self._merger is None or self._merger.definitions is not definitions:
            self._merger = Merger(definitions)
        mocked = mock_handler(operation, self._merger, _header_of_request)
        return Function(mocked.__module__, mocked.__name__, signature=None, value=mocked)

    def _refusal(self, operation: Operation) -> Callable[[MacaronError], Made | None]:
        from macaron_runner.mock.answers import mock_refusal

        assert self._merger is not None
        return mock_refusal(operation, self._merger, _header_of_request)

    def _decorate(
        self, function: Callable[..., Any], found: Found, operation: Operation
    ) -> Callable[..., Any]:
        """Return the function inside its `x-decorate-server`, the first of several outermost."""
        for name, decorator in reversed(found.decorators):
            if not isinstance(decorator, Function) or decorator.value is None:
                continue
            message = f'the decorator "{name}" returns no function'
            try:
                decorated = decorator.value(function)
            except Exception as error:  # the service's code may fail in any way at all
                decorated, message = None, f'the decorator "{name}" fails: {type(error).__name__}: {error}'
            if callable(decorated):
                function = decorated
            else:
                self._misfits.append(
                    problem_of("MAC504", message, operation, _ABOUT_DECORATORS, function=decorator)
                )
        return function

    def _handlers(self, served: ServedApi) -> tuple[Named, ...]:
        """Return the modules in which the API's operationIds are looked up."""
        if served.name not in self._modules:
            self._modules[served.name] = handler_modules(self._configuration, served.name, served.settings)
        return self._modules[served.name]


def _header_of_request(name: str) -> str | None:
    """Return a header of the request under way, as a handler reads it."""
    return flask.request.headers.get(name)
