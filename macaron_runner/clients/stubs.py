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
from macaron_runner.clients.pages import links_pages
from macaron_runner.clients.stub_types import ANY, OperationTypes
from macaron_runner.models.names import docstring, pascal
from macaron_runner.validation.identifiers import parameter_identifiers

if TYPE_CHECKING:
    from macaron_runner.models.source import ModelSource
    from macaron_runner.openapi.operation import Api, Operation

_HEAD: Final = """
import collections.abc as _abc
import typing as _t

import typing_extensions as _te

from macaron_runner.clients.failures import ClientError as _ClientError
"""
_INDENT: Final = "    "
_FAILURE: Final = "_Failure"
_OF_RESULTS: Final = ("stream", "whole")
"""The options that have an operation give something else than its result."""
_ABOUT_PAGES: Final = {
    "pages": "The result, and those of the pages behind it. What fails is raised.",
    "items": "The items of all pages. What fails is raised.",
}


def client_stub(api: Api, operations: Mapping[str, Operation], source: ModelSource) -> tuple[str, str]:
    """Return the name of the class of an API's client, and the stub it is in; `operations` are by their methods' names.

    `source` has written the models, those of results among them: what is mentioned is imported from `.models`.
    """
    types = OperationTypes(api, source, operations)
    plain, in_coroutines = source.give("Client"), source.give("AsyncClient")
    classes = [
        *_class(plain, f"Calls {api.name}.", operations, types),
        *_aio(in_coroutines),
        *_class(in_coroutines, f"Calls {api.name} in coroutines.", operations, types, coroutines=True),
    ]
    text = [
        docstring(f"The client of the API {api.name}.", ""),
        _HEAD,
        *(f"{line}\n" for line in types.imports()),
        f'\n{_FAILURE} = _t.TypeVar("{_FAILURE}")\n',
        *classes,
    ]
    return plain, "".join(text)


def _class(
    name: str,
    about: str,
    operations: Mapping[str, Operation],
    types: OperationTypes,
    *,
    coroutines: bool = False,
) -> Iterator[str]:
    """Yield a client; before it a class for each of its operations that has pages."""
    methods: list[str] = []
    for word, operation in operations.items():
        if not links_pages(operation):
            methods.append(_method(word, operation, types, coroutine=coroutines))
            continue
        kind = f"_{pascal(name, word)}"
        yield from _paged(kind, operation, types, coroutines=coroutines)
        methods.append(f"@property\n{_INDENT}def {word}(self) -> {kind}[{_FAILURE}]:\n{_about(operation)}")
    yield f"\nclass {name}(_t.Generic[{_FAILURE}]):\n{docstring(about, _INDENT)}"
    yield from _with_options(name)
    yield from (f"\n{_INDENT}{method}" for method in methods)


def _paged(kind: str, operation: Operation, types: OperationTypes, *, coroutines: bool) -> Iterator[str]:
    """Yield the class of an operation that has pages; what fails while they are followed is raised."""
    iterator = "_abc.AsyncIterator" if coroutines else "_abc.Iterator"
    yield f"\nclass {kind}(_t.Generic[{_FAILURE}]):\n"
    yield f"{_INDENT}{_method('__call__', operation, types, coroutine=coroutines)}"
    for name, given in (("pages", types.result(operation)), ("items", types.item(operation))):
        head = _head(name, operation, types, f"{iterator}[{given}]")
        yield f"\n{_INDENT}{head}{docstring(_ABOUT_PAGES[name], _INDENT * 2)}"


def _with_options(name: str) -> Iterator[str]:
    """Yield `with_options` for each thing that its options make of the results."""
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


def _method(name: str, operation: Operation, types: OperationTypes, *, coroutine: bool) -> str:
    """Return a method that calls an operation."""
    result = types.result(operation)
    head = _head(name, operation, types, result if result == ANY else f"{result} | {_FAILURE}")
    mark = f'@_te.deprecated("as its document says")\n{_INDENT}' if operation.deprecated else ""
    return f"{mark}{'async ' if coroutine else ''}{head}{_about(operation)}"


def _head(name: str, operation: Operation, types: OperationTypes, result: str) -> str:
    """Return a method up to its docstring, which takes what an operation takes."""
    arguments = "".join(f"{_INDENT * 2}{each},\n" for each in _arguments(operation, types))
    return f"def {name}(\n{arguments}{_INDENT}) -> {result}:\n"


def _arguments(operation: Operation, types: OperationTypes) -> Iterator[str]:
    """Yield the arguments of a method: the body first, parameters by their names only."""
    identifiers = parameter_identifiers(operation)
    body = []
    if operation.body is not None:
        name = "_body" if "body" in identifiers else "body"  # a parameter of that name is meant by it
        body = [f"{name}: {types.body(operation)}{'' if operation.body.required else ' = None'}"]
    yield from ("self", *body, "/") if "body" in identifiers else ("self", "/", *body)
    if identifiers:
        yield "*"
    for name, parameter in zip(identifiers, operation.parameters, strict=True):
        default = "" if parameter.required else f" = {types.default(parameter)}"
        yield f"{name}: {types.parameter(parameter)}{default}"


def _about(operation: Operation) -> str:
    """Return what the document tells of an operation and its parameters, as the docstring of its method."""
    told = [operation.summary.strip() or operation.description.strip() or operation.name]
    if operation.summary.strip() and operation.description.strip():
        told.append(operation.description.strip())
    named = zip(parameter_identifiers(operation), operation.parameters, strict=True)
    described = [f"{name}: {text}" for name, parameter in named if (text := parameter.description.strip())]
    return docstring("\n\n".join([*told, *(["\n".join(described)] if described else [])]), _INDENT * 2)
