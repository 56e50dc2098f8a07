"""From an operation to the function that answers it, in code that was imported as in code that was only read.

In this order: `x-bind-server: module.function`, a dotted operationId, the operationId in the API's `handlers` modules
(also in snake_case). `x-decorate-server` names decorators around it, `x-decorate-request` those of calls. What does not
fit is a diagnostic; what reading cannot tell is none. Not for calling the function (server.binding).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from macaron_runner.code.fit import arguments_for, misfits
from macaron_runner.code.function import UNKNOWABLE, Code, Function, Marker, Module, Unknowable
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import Api
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Location, did_you_mean, nearest
from macaron_runner.openapi.operation import Operation
from macaron_runner.validation.identifiers import identifier, snake_case

REQUEST_DECORATORS: Final = "x-decorate-request"
"""The extension of an operation that names decorators of what sends its requests."""

Named: TypeAlias = tuple[str, Location | None]
"""A module's or function's full name, and the place in the user's files that says it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one operation.

    `handler` answers it: None where there is none, and then `problems` says why, unless its module has a problem of
    its own (Code.problems), or the operation may do without (`missing`). `decorators` are those of `x-decorate-server`
    that were found, by the names the document gives them, the outermost first.
    """

    handler: Function | Unknowable | None
    decorators: tuple[tuple[str, Function | Unknowable], ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    missing: bool = False

    @property
    def marker(self) -> Marker | None:
        """The strongest mark that is known: of the handler, or of a decorator that is itself one of ours."""
        everything = (self.handler, *(decorator for _, decorator in self.decorators))
        marks = {each.marker for each in everything if isinstance(each, Function)}
        if "required" in marks:
            return "required"
        return "optional" if "optional" in marks else None


def handler_names(operation_id: str) -> tuple[str, ...]:
    """Return the names under which a handler is looked up: "createOrder" -> "createOrder", "create_order"."""
    name = identifier(operation_id)
    return tuple(dict.fromkeys((operation_id, name, snake_case(name))))


def handler_modules(configuration: Configuration, api: str, settings: Api) -> tuple[Named, ...]:
    """Return the `handlers` modules of an API, and where in macaron.yaml each is named."""
    names = settings.handlers
    if isinstance(names, str):
        return ((names, configuration.locate("apis", api, "handlers")),)
    return tuple(
        (name, configuration.locate("apis", api, "handlers", index)) for index, name in enumerate(names)
    )


def split_name(name: object) -> tuple[str, str]:
    """Return module and function of "module.function" or "module:function"; the module is "" where there is none."""
    module, _, function = str(name).replace(":", ".").rpartition(".")
    return module, function


def bound_name(operation: Operation) -> object | None:
    """Return the "module.function" that an operation itself says: by x-bind-server, or by a dotted operationId."""
    named: object | None = operation.extensions.get("x-bind-server")
    if named is None and operation.operation_id is not None and "." in operation.operation_id:
        return operation.operation_id
    return named


def decorator_names(operation: Operation, key: str = "x-decorate-server") -> tuple[str, ...]:
    """Return the decorators that an operation names, the outermost first."""
    names = operation.extensions.get(key)
    several = names if isinstance(names, list | tuple) else () if names is None else (names,)
    return tuple(map(str, several))


def find_handler(
    operation: Operation, handlers: Sequence[Named], code: Code, *, optional: bool = False
) -> Found:
    """Return the function that answers an operation; `handlers` are the modules of its API (handler_modules).

    `optional`: the operation may do without one (`on_missing_handler: mock`), where no x-bind-server promises one. The
    problems are MAC503; that a module is not there or broken is a problem of `code`.
    """
    search = _Search(operation, code, optional=optional)
    handler = search.handler(handlers)
    decorators = tuple(search.decorators())
    return Found(handler, decorators, tuple(search.problems), search.missing)


def find_request_decorators(
    operation: Operation, code: Code
) -> tuple[tuple[Function | Unknowable, ...], tuple[Diagnostic, ...]]:
    """Return what `x-decorate-request` names, the outermost first, and MAC503 for what does not exist."""
    search = _Search(operation, code, optional=False)
    found = tuple(decorator for _, decorator in search.decorators(REQUEST_DECORATORS))
    return found, tuple(search.problems)


def check_fit(function: Function, operation: Operation) -> tuple[Diagnostic, ...]:
    """Return every way in which a function does not fit its operation (MAC505, and MAC375).

    None where it hides what it takes.
    """
    if function.signature is None:
        return ()
    try:
        arguments = arguments_for(operation, function.signature)
    except BadConfiguration as problem:
        return problem.diagnostics
    name = function.name.rpartition(".")[2]
    return tuple(
        problem_of("MAC505", misfit.message, operation, misfit.help, function)
        for misfit in misfits(name, arguments, operation)
    )


def problem_of(
    code: str,
    message: str,
    operation: Operation,
    help: str = "",  # noqa: A002 - the word of Diagnostic
    function: Function | None = None,
) -> Diagnostic:
    """Return a diagnostic that points at an operation in its document, and at a function in the code."""
    place = function.location if function is not None else None
    here = ((place, "the function is here"),) if place is not None else ()
    return Diagnostic(code, message, operation.location, _label_of(operation), help, related=here)


def _label_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


class _Search:
    """The search for one operation; `problems` has what was in vain, `missing` is that there need not be any."""

    def __init__(self, operation: Operation, code: Code, *, optional: bool) -> None:
        self._operation = operation
        self._code = code
        self._optional = optional
        self.problems: list[Diagnostic] = []
        self.missing = False

    def handler(self, handlers: Sequence[Named]) -> Function | Unknowable | None:
        """Return the function that answers."""
        operation = self._operation
        named = bound_name(operation)
        if named is not None:
            if self._optional and named == operation.operation_id and not self._leads_somewhere(named):
                self.missing = True
                return None
            return self._dotted(named, "x-bind-server")
        if operation.operation_id is not None:
            return self._looked_up(handlers, operation.operation_id)
        if self._optional:
            self.missing = True
            return None
        self._report(
            f"{operation.method} {operation.path} has neither operationId nor x-bind-server",
            "give it an operationId: the name of its handler",
        )
        return None

    def decorators(self, key: str = "x-decorate-server") -> Iterator[tuple[str, Function | Unknowable]]:
        """Yield the decorators that the operation names under a key, the outermost first."""
        for name in decorator_names(self._operation, key):
            found = self._dotted(name, key)
            if found is not None:
                yield name, found

    def _dotted(self, name: object, key: str) -> Function | Unknowable | None:
        """Return the function that "module.function" names."""
        module_name, function_name = split_name(name)
        if not module_name or not function_name:
            self._report(f'{key} "{name}" is not of the form module.function', label="no module")
            return None
        module = self._code.module(module_name, self._operation.location)
        if module is None:
            return None
        function = module.function(function_name)
        if function is None:
            meant = nearest(function_name, module.functions())
            message = f'module "{module_name}" has no function "{function_name}"'
            self._report(message, did_you_mean(meant), meant=meant)
        return function

    def _leads_somewhere(self, name: object) -> bool:
        """Tell whether there is a function, or may be, of which "module.function" is the name."""
        module_name, function_name = split_name(name)
        if not module_name or not self._code.has(module_name):
            return False
        module = self._code.module(module_name, self._operation.location)
        return module is None or module.function(function_name) is not None

    def _looked_up(self, handlers: Sequence[Named], operation_id: str) -> Function | Unknowable | None:
        """Return the function in the API's handlers modules that is called like the operation."""
        found = [self._code.module(name, place) for name, place in handlers]
        modules = [module for module in found if module is not None]
        for module in modules:
            for name in handler_names(operation_id):
                function = module.function(name)
                if function is not None:
                    return function
        if None in found:  # the function may well be in the module that is not there or broken
            return UNKNOWABLE
        if self._optional:
            self.missing = True
            return None
        self._no_handler(handlers, modules, operation_id)
        return None

    def _no_handler(self, handlers: Sequence[Named], modules: Sequence[Module], operation_id: str) -> None:
        operation = self._operation
        searched = " or ".join(module.name for module in modules)
        wanted = handler_names(operation_id)[-1]
        meant = nearest(wanted, [name for module in modules for name in module.functions()])
        self._report(
            f'operation "{operation_id}" has no handler',
            did_you_mean(meant) or f"write the function {wanted}, or name it by x-bind-server",
            meant=meant,
            label=f"no such function in {searched}" if searched else f"apis.{operation.api} has no handlers",
            related=tuple((place, f"{name} is named here") for name, place in handlers if place is not None),
        )

    def _report(
        self,
        message: str,
        help: str = "",  # noqa: A002 - the word of Diagnostic
        label: str = "",
        meant: str | None = None,
        related: tuple[tuple[Location, str], ...] = (),
    ) -> None:
        place, label = self._operation.location, label or _label_of(self._operation)
        self.problems.append(Diagnostic("MAC503", message, place, label, help, related=related, meant=meant))
