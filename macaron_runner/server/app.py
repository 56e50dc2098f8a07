"""From an assembled service to its WSGI application: operations bound, guarded, compiled; errors, health, hooks.

Everything wrong with any operation is found before this returns. Not for running it under a server (gunicorn).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from macaron_runner.assembly import Assembly, ServedApi
from macaron_runner.auth.presence import compile_presence
from macaron_runner.auth.security import Guard, compile_security
from macaron_runner.code.function import Function
from macaron_runner.code.named import find_format_checks, find_named
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, raise_errors
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.binding import Binder, Binding
from macaron_runner.server.conflicts import claimed_twice
from macaron_runner.server.deprecation import announcing, deprecation_headers
from macaron_runner.server.endpoint import Codec, Endpoint, compile_endpoint, surrounded
from macaron_runner.server.errors import compile_form
from macaron_runner.server.health import health_checks
from macaron_runner.server.refusing import refusing
from macaron_runner.server.service_app import ServiceApp
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.formats import Formats, check_formats, own_formats
from macaron_runner.validation.parameters import compile_parameters
from macaron_runner.validation.responses import compile_responses
from macaron_runner.validation.schema import Definitions

PREPARED_OPERATIONS = 500
"""How many operations are compiled to the last before workers are forked; the others, when they are first used."""


@dataclass(frozen=True, slots=True)
class ServedOperation:
    """One operation with all that was compiled for it."""

    operation: Operation
    endpoint: Endpoint
    codec: Codec


def create_app(
    assembly: Assembly, *, prepared: int = PREPARED_OPERATIONS, heartbeats: Path | None = None
) -> ServiceApp:
    """Return the service as a WSGI application, ready to be forked, its first `prepared` operations to the last.

    `heartbeats` is the folder in which workers of this machine tell how they fare; None: there are none.

    Handler modules are imported inside the application's context, so `flask.current_app` is there to register hooks and
    extensions with. Raises BadConfiguration with every diagnostic of every operation.
    """
    config = assembly.configuration.config
    app = ServiceApp(
        config.service.name,
        assembly.configuration.directory,
        body_limit=config.http.body_limit,
        slow_call=config.observability.slow_call,
    )
    compiler = _Compiler(assembly)
    with app.app_context():
        served = tuple(compiler.operations())
        error_handler = compiler.error_handler()
    raise_errors(compiler.problems())
    redactor = assembly.configuration.redactor
    app.answer(((each.operation, each.endpoint) for each in served), health_checks(app.readiness, heartbeats))
    app.answer_errors(compile_form(config.http.errors, redactor.redact_bytes), error_handler)
    app.service_modules = compiler.modules
    prepare(served[:prepared])
    return app


def prepare(served: Iterable[ServedOperation]) -> None:
    """Compile now what is otherwise compiled when an operation is first used: before the fork, workers share it."""
    for each in served:
        each.codec.prepare()


class _Compiler:
    """Compiles a service's operations, going on after each problem so that all are found."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._limit = assembly.configuration.config.http.body_limit
        self._binder = Binder(assembly.configuration)
        self._problems: list[Diagnostic] = []

    @property
    def modules(self) -> tuple[ModuleType, ...]:
        """The service's modules that were imported to bind its operations."""
        return self._binder.code.loaded

    def problems(self) -> Iterator[Diagnostic]:
        """Yield all that was found wrong, each once."""
        operations = [operation for served in self._assembly.apis for operation in served.operations]
        return _unique((*self._binder.problems, *self._problems, *claimed_twice(operations)))

    def operations(self) -> Iterator[ServedOperation]:
        """Yield the operations that could be compiled."""
        formats = self._formats()
        for served in self._assembly.apis:
            definitions = Definitions(served.api.schemas, formats)
            for operation in served.operations:
                try:
                    compiled = self._operation(served, operation, definitions)
                except BadConfiguration as problem:
                    self._problems += problem.diagnostics
                    continue
                if compiled is not None:
                    yield compiled

    def _operation(
        self, served: ServedApi, operation: Operation, definitions: Definitions
    ) -> ServedOperation | None:
        binding = self._binder.bind(served, operation, definitions)
        if binding is None:
            return None
        guard = compile_guard(served, operation, binding)
        codec = compile_codec(served, operation, definitions)
        endpoint = compile_endpoint(operation, binding, guard, codec, self._limit)
        if served.models.has_foreign_classes or definitions.formats.has_functions:
            endpoint = surrounded(endpoint)
        if binding.refusal is not None:
            endpoint = refusing(endpoint, binding.refusal, codec.responses)
        headers = deprecation_headers(operation)
        return ServedOperation(operation, announcing(endpoint, headers) if headers else endpoint, codec)

    def _formats(self) -> Formats:
        """Return the formats of the service; what is wrong with them joins the problems."""
        configuration = self._assembly.configuration
        checks, problems = find_format_checks(configuration, self._binder.code)
        self._problems += [*check_formats(configuration), *problems]
        return own_formats(configuration.config.formats, checks)

    def error_handler(self) -> Callable[..., Any] | None:
        """Return the function of `http.error_handler`, or None; what is wrong with it joins the problems."""
        name = self._assembly.configuration.config.http.error_handler
        if name is None:
            return None
        place = self._assembly.configuration.locate("http", "error_handler")
        found, problems = find_named(name, place, self._binder.code)
        self._problems += problems
        return found.value if isinstance(found, Function) else None


def compile_guard(served: ServedApi, operation: Operation, binding: Binding) -> Guard | None:
    """Return what looks at the operation's credentials, None where it is open to all. Raises BadConfiguration."""
    if served.mocked:
        return compile_presence(operation, served.api)
    return compile_security(operation, served.api, served.settings.security, served.verifiers, binding.marker)


def compile_codec(served: ServedApi, operation: Operation, definitions: Definitions) -> Codec:
    """Return what validation makes of an operation. Raises BadConfiguration."""
    adapt = served.models.adapt
    return Codec(
        parameters=compile_parameters(operation, definitions, adapt) if operation.parameters else None,
        body=compile_body(operation, definitions, adapt) if operation.body is not None else None,
        responses=compile_responses(operation, definitions, served.settings.validate_responses),
    )


def _unique(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield each once: what is wrong with a whole API is found again at each of its operations."""
    seen: set[Diagnostic] = set()
    for diagnostic in diagnostics:
        if diagnostic not in seen:
            seen.add(diagnostic)
            yield diagnostic
