"""The functions behind operations, looked for in the service's code as it is written, without importing it.

Not for what importing alone can tell (imports).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from macaron_runner.auth.schemes import verifier_of_decorator
from macaron_runner.code.function import Code, Function
from macaron_runner.code.handlers import Found, bound_name, check_fit, find_handler, handler_modules
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Diagnostic
from macaron_runner.inspection.doubts import Doubts
from macaron_runner.inspection.inspection import InspectedApi, InspectedOperation
from macaron_runner.inspection.security import known_verifiers
from macaron_runner.openapi.operation import Operation
from macaron_runner.openapi.unsure import Unsure


class HandlerSearch:
    """Looks for the handlers of one API after another; `problems` has what was found wrong so far."""

    def __init__(self, configuration: Configuration, code: Code, doubts: Doubts) -> None:
        self._configuration = configuration
        self._code = code
        self._doubts = doubts
        self.problems: list[Diagnostic] = []

    def fill_in(self, api: InspectedApi, unsure: Unsure) -> InspectedApi:
        """Return the API with the functions that answer its operations.

        What a function takes is not compared with operations that are `unsure`: where parameters are missing there, the
        function is not at fault.
        """
        operations = tuple(
            self._filled_in(api, each.operation, sound=not unsure.about(each.operation))
            for each in api.operations
        )
        return replace(api, operations=operations)

    def _filled_in(self, api: InspectedApi, operation: Operation, *, sound: bool) -> InspectedOperation:
        modules = handler_modules(self._configuration, api.name, api.settings)
        if bound_name(operation) is None and operation.operation_id is None and not sound:
            return InspectedOperation(operation, None)  # its name may well be what is misspelt
        optional = api.settings.on_missing_handler == "mock"
        found = find_handler(operation, modules, self._code, optional=optional)
        if not self._handlers_are_unsure(api):
            self.problems += found.problems
        handler = found.handler if isinstance(found.handler, Function) else None
        if handler is not None and sound:
            self.problems += check_fit(handler, operation)
        if sound:
            self.problems += self._marked_in_vain(api, operation, found)
        return InspectedOperation(operation, handler, found.missing)

    def _handlers_are_unsure(self, api: InspectedApi) -> bool:
        """Tell whether macaron.yaml may mean other modules than it says: they are wrong, or under a misspelt key."""
        path = ("apis", api.name, "handlers") if api.settings.handlers else ("apis", api.name)
        return self._doubts.about(*path)

    def _marked_in_vain(self, api: InspectedApi, operation: Operation, found: Found) -> Iterator[Diagnostic]:
        """Yield a problem where a decorator looks at a token, and neither document nor `auth:` say who checks it."""
        open_to_all = not any(operation.security)
        if found.marker is None or not open_to_all or self._doubts.about("auth"):
            return
        verifiers = known_verifiers(self._configuration, builtin=api.builtin)
        chosen = verifier_of_decorator(operation, api.settings.security, verifiers)
        if isinstance(chosen, Diagnostic):
            yield chosen
