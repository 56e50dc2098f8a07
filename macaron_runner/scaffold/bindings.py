"""Which function of which module will answer which operation, and what the document must say for it to be found.

    operationId createOrder                  -> shop.api.create_order, and the document stays as it is
    no operationId, GET /orders/{id}         -> shop.api.get_orders_by_id, and the document gets this operationId
    operationIds get-order and get_order     -> get_order, get_order_2, and the document gets an x-bind-server

Not for writing the functions (stubs) or the document (documents).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from macaron_runner.auth.fitting import carries_a_token
from macaron_runner.code.handlers import bound_name, handler_names, split_name
from macaron_runner.openapi.document import Document, Pointer
from macaron_runner.openapi.operation import Api, Operation
from macaron_runner.openapi.reading import Reading
from macaron_runner.scaffold.names import (
    function_name,
    is_handler_name,
    is_module_path,
    is_reserved,
    is_taken,
    module_name,
    words_of_path,
)

Place: TypeAlias = tuple[str, Pointer]
"""A value of a document: its file's name and the pointer to it."""

MOST_IN_ONE_MODULE: Final = 12
"""Up to so many operations stand in one module; more are divided by tag, or by the first word of their paths."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One operation, its function, and what the copy of the document says beside what the original does."""

    operation: Operation
    place: Place
    module: str
    function: str
    additions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bindings:
    """The operations of one API and their functions.

    `handlers` are the modules in which macaron.yaml has operationIds looked up; `unserved` the operations that no
    verifier of this version can guard, which are not served rather than served open.
    """

    bound: tuple[Bound, ...]
    handlers: tuple[str, ...]
    unserved: tuple[Bound, ...] = ()

    @property
    def additions(self) -> Mapping[Place, Mapping[str, Any]]:
        """What the copies of the documents need, by place of the operation."""
        return {each.place: each.additions for each in (*self.bound, *self.unserved) if each.additions}


def bind(api: Api, document: Document, package: str, installed: Collection[str]) -> Bindings:
    """Return the function of each operation that is to be answered; `installed` are modules that must not be hidden."""
    places = {(each.path, each.method): each.operation.place for each in Reading(document).endpoints()}
    found = [(each, places[each.path, each.method]) for each in api.operations if _is_answered(each)]
    unserved = tuple(
        Bound(each, place, "", "", {"x-no-bind-server": True})
        for each, place in found
        if not _can_be_guarded(each, api)
    )
    served = [(each, place) for each, place in found if _can_be_guarded(each, api)]
    return _Binder(package, installed).bind(served, unserved)


def _is_answered(operation: Operation) -> bool:
    return operation.extensions.get("x-no-bind-server") is not True


def _can_be_guarded(operation: Operation, api: Api) -> bool:
    return all(
        carries_a_token(api.security_schemes[use.scheme])
        for requirement in operation.security
        for use in requirement
        if use.scheme in api.security_schemes
    )


class _Binder:
    """Gives out names of functions, each once."""

    def __init__(self, package: str, installed: Collection[str]) -> None:
        self._package = package
        self._installed = installed
        self._named: set[tuple[str, str]] = set()
        self._given: set[str] = set()

    def bind(self, served: Sequence[tuple[Operation, Place]], unserved: tuple[Bound, ...]) -> Bindings:
        named = {
            index: one for index, pair in enumerate(served) if (one := self._as_named(*pair)) is not None
        }
        given = self._give_all({index: pair for index, pair in enumerate(served) if index not in named})
        functions = self._given | {one.function for one in named.values()}
        bound = named | {index: self._checked(one, functions) for index, one in given.items()}
        handlers = tuple(dict.fromkeys(given[index].module for index in sorted(given)))
        return Bindings(tuple(bound[index] for index in range(len(served))), handlers, unserved)

    def _give_all(self, rest: Mapping[int, tuple[Operation, Place]]) -> dict[int, Bound]:
        """Return functions for operations for which the document names none; one of two paths has one function."""
        modules = dict(zip(rest, self._modules([operation for operation, _ in rest.values()]), strict=True))
        counts = Counter(place for _, place in rest.values())
        given: dict[int, Bound] = {}
        once: dict[Place, Bound] = {}
        # Names that the document gives come first: what has none takes what is left.
        for index in sorted(rest, key=lambda each: rest[each][0].operation_id is None):
            operation, place = rest[index]
            if place not in once:
                once[place] = self._give(operation, place, modules[index], alone=counts[place] == 1)
            given[index] = replace(once[place], operation=operation)
        return given

    def _as_named(self, operation: Operation, place: Place) -> Bound | None:
        """Return the function that the document itself names, where a new module may be called so."""
        module, function = split_name(bound_name(operation) or "")
        good = (
            is_module_path(module)
            and not is_taken(module.partition(".")[0], self._installed)
            and is_handler_name(function)
            and (module, function) not in self._named
        )
        if not good:
            return None
        self._named.add((module, function))
        return Bound(operation, place, module, function)

    def _modules(self, operations: Sequence[Operation]) -> list[str]:
        if len(operations) <= MOST_IN_ONE_MODULE:
            return [f"{self._package}.api"] * len(operations)
        return [f"{self._package}.{module_name(_group(operation))}" for operation in operations]

    def _give(self, operation: Operation, place: Place, module: str, *, alone: bool) -> Bound:
        wanted = (
            function_name(operation.operation_id)
            if operation.operation_id
            else words_of_path(operation.method, operation.path)
        )
        name, number = wanted, 2
        while name in self._given or (module, name) in self._named:
            name, number = f"{wanted}_{number}", number + 1
        self._given.add(name)
        bound = Bound(operation, place, module, name)
        if operation.operation_id or not alone:  # an operationId under two paths would be none
            return bound
        return replace(bound, additions={"operationId": name})

    def _checked(self, bound: Bound, functions: Collection[str]) -> Bound:
        """Return the binding with an `x-bind-server` where looking its operationId up would not find it, or another."""
        operation = bound.operation
        lookups = handler_names(str(bound.additions.get("operationId") or operation.operation_id or ""))
        others = [name for name in lookups if name != bound.function and name in functions]
        sure = bound.function in lookups and not others and not any(map(is_reserved, lookups))
        if sure and bound_name(operation) is None:
            return bound
        found = {"x-bind-server": f"{bound.module}.{bound.function}"}
        return replace(bound, additions={**bound.additions, **found})


def _group(operation: Operation) -> str:
    """Return the word by which operations are divided: the first tag, else the first word of the path."""
    steps = [step for step in operation.path.split("/") if step and "{" not in step]
    return next(iter((*operation.tags, *steps)), "")
