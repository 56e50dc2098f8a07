"""The client of an API as a type checker and an editor see it: the text of a stub, a method an operation.

    def create_order(
        self,
        /,
        body: Order | _abc.Mapping[str, _t.Any],
        *,
        dry_run: bool | None = False,
    ) -> Order | _Failure:
        \"\"\"Place an order.\"\"\"

What an operation gives is its result or a failure; where errors are raised, `_Failure` is Never. Not for what the
types are (stub_types), for models (models.source), nor for the files that stubs stand in (typings).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from macaron_runner.clients.options import Options
from macaron_runner.clients.stub_types import ANY, OperationTypes
from macaron_runner.models.names import docstring, literal
from macaron_runner.validation.identifiers import parameter_identifiers

if TYPE_CHECKING:
    from macaron_runner.models.source import ModelSource
    from macaron_runner.openapi.operation import Api, Operation, Parameter

_HEAD: Final = """
import collections.abc as _abc
import typing as _t

from macaron_runner.clients.failures import ClientError as _ClientError
"""
_INDENT: Final = "    "
_FAILURE: Final = "_Failure"
_OF_RESULTS: Final = ("stream", "whole")
"""The options that have an operation give something else than its result."""


def client_stub(api: Api, operations: Mapping[str, Operation], source: ModelSource) -> tuple[str, str]:
    """Return the name of the class of an API's client, and the stub it is in; `operations` are by their methods' names.

    `source` has written the models, those of results among them: what is mentioned is imported from `.models`.
    """
    types = OperationTypes(api, source, operations)
    plain, in_coroutines = source.give("Client"), source.give("AsyncClient")
    methods = ["".join(_method(name, operation, types)) for name, operation in operations.items()]
    text = [
        docstring(f"The client of the API {api.name}.", ""),
        _HEAD,
        *(f"{line}\n" for line in types.imports()),
        f'\n{_FAILURE} = _t.TypeVar("{_FAILURE}")\n',
        *_class(plain, f"Calls {api.name}."),
        *_aio(in_coroutines),
        *(f"\n{_INDENT}def {each}" for each in methods),
        *_class(in_coroutines, f"Calls {api.name} in coroutines."),
        *(f"\n{_INDENT}async def {each}" for each in methods),
    ]
    return plain, "".join(text)


def _class(name: str, about: str) -> Iterator[str]:
    """Yield a class up to its operations: what it is, and `with_options` for each thing that these make of results."""
    yield f"\nclass {name}(_t.Generic[{_FAILURE}]):\n{docstring(about, _INDENT)}"
    plain = {each.name: str(each.type) for each in fields(Options) if each.name not in _OF_RESULTS}
    plain["headers"] = "_abc.Mapping[str, str]"  # as which they are given
    silent = _optional({key: value for key, value in plain.items() if key != "raise_errors"})
    for arguments, result in (
        (["raise_errors: _t.Literal[True]", *silent], f"{name}[_t.Never]"),
        (["raise_errors: _t.Literal[False]", *silent], f"{name}[_ClientError]"),
        (silent, "_t.Self"),
        (_optional({**plain, **dict.fromkeys(_OF_RESULTS, "bool")}), ANY),
    ):
        words = ", ".join(("self", "*", *arguments))
        yield f"\n{_INDENT}@_t.overload\n{_INDENT}def with_options({words}) -> {result}: ..."
    yield "\n"


def _optional(arguments: Mapping[str, str]) -> list[str]:
    return [f"{name}: {annotation} = ..." for name, annotation in arguments.items()]


def _aio(name: str) -> Iterator[str]:
    yield f"\n{_INDENT}@property\n{_INDENT}def aio(self) -> {name}[{_FAILURE}]:\n"
    yield docstring("The same operations as coroutines.", _INDENT * 2)


def _method(name: str, operation: Operation, types: OperationTypes) -> Iterator[str]:
    """Yield a method from its name on."""
    identifiers = parameter_identifiers(operation)
    result = types.result(operation)
    yield f"{name}(\n"
    yield from (f"{_INDENT * 2}{each},\n" for each in _arguments(operation, identifiers, types))
    yield f"{_INDENT}) -> {result if result == ANY else f'{result} | {_FAILURE}'}:\n"
    yield docstring(_about(operation, identifiers), _INDENT * 2)


def _arguments(operation: Operation, identifiers: tuple[str, ...], types: OperationTypes) -> Iterator[str]:
    """Yield the arguments of a method: the body first, parameters by their names only."""
    yield from ("self", "/")
    if operation.body is not None:
        yield f"body: {types.body(operation)}{'' if operation.body.required else ' = None'}"
    if identifiers:
        yield "*"
    for name, parameter in zip(identifiers, operation.parameters, strict=True):
        default = "" if parameter.required else f" = {_default(parameter)}"
        yield f"{name}: {types.parameter(parameter)}{default}"


def _default(parameter: Parameter) -> str:
    """Return the default that the document tells of a parameter, where it is short to say; else None: left out."""
    default = parameter.schema.get("default") if isinstance(parameter.schema, Mapping) else None
    return literal(default) if isinstance(default, bool | int | float | str) else "None"


def _about(operation: Operation, identifiers: tuple[str, ...]) -> str:
    """Return what the document tells of an operation and its parameters."""
    told = [operation.summary.strip() or operation.description.strip() or operation.name]
    if operation.summary.strip() and operation.description.strip():
        told.append(operation.description.strip())
    described = [
        f"{name}: {parameter.description.strip()}"
        for name, parameter in zip(identifiers, operation.parameters, strict=True)
        if parameter.description.strip()
    ]
    return "\n\n".join([*told, *(["\n".join(described)] if described else [])])
