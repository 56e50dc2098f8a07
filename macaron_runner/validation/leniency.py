"""What of a document that breaks its own specification is served all the same, where its API is not `strict`.

Not for which operations its faults touch (openapi.touched).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from macaron_runner.diagnostics import BadConfiguration, Diagnostic, Severity
from macaron_runner.validation.examples import refused_defaults
from macaron_runner.validation.identifiers import parameter_identifiers

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api, Operation
    from macaron_runner.openapi.touched import OperationKey

_MOST_NAMED: Final = 5
"""Operations left out that a message names; how many more there are, it counts."""
NEVER_TOLERATED: Final = frozenset({"MAC310", "MAC372"})
"""What reading an API tells where nothing can be served: it is not known where, or who may call."""


def tolerate(problems: Iterable[Diagnostic], *, but: Collection[str] = ()) -> Iterator[Diagnostic]:
    """Yield the problems of a document as warnings; those with the codes `but` stay what they are."""
    for problem in problems:
        is_tolerated = problem.severity is Severity.ERROR and problem.code not in but
        yield replace(problem, severity=Severity.WARNING) if is_tolerated else problem


def leave_out(api: Api, touched: Collection[OperationKey]) -> tuple[Api, tuple[Diagnostic, ...]]:
    """Return an API without the operations that cannot be served, and warnings that say which and why.

    `touched` are those that faults of the document's form are about. Others cannot be served for what they say: a
    default that is none, two parameters of one name.
    """
    wrong = list(_wrong_in(api, touched))
    left_out = {*touched, *(_key(operation) for operation, _ in wrong)}
    kept = tuple(operation for operation in api.operations if _key(operation) not in left_out)
    gone = [operation for operation in api.operations if _key(operation) in left_out]
    told = (problem for _, problem in wrong)
    return replace(api, operations=kept), (*tolerate(told), *_left_out(api, gone))


def _wrong_in(api: Api, touched: Collection[OperationKey]) -> Iterator[tuple[Operation, Diagnostic]]:
    """Yield the operations, but for those touched, with what is wrong in them by itself (MAC375, MAC376)."""
    others = tuple(operation for operation in api.operations if _key(operation) not in touched)
    for operation in others:
        try:
            parameter_identifiers(operation)
        except BadConfiguration as problem:
            yield from ((operation, each) for each in problem.diagnostics)
    yield from refused_defaults(replace(api, operations=others))


def _left_out(api: Api, operations: list[Operation]) -> Iterator[Diagnostic]:
    """Yield the warning that operations are not served, if any (MAC377)."""
    if not operations:
        return
    names = [f"{operation.method} {operation.path}" for operation in operations[:_MOST_NAMED]]
    more = len(operations) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    others = operations[1:_MOST_NAMED]
    yield Diagnostic(
        "MAC377",
        f'of API "{api.name}" {"these are" if len(operations) > 1 else "this is"} not served: {listed}',
        operations[0].location,
        "something that it is made of breaks the specification",
        severity=Severity.WARNING,
        related=tuple((each.location, "nor is this") for each in others if each.location is not None),
    )


def _key(operation: Operation) -> OperationKey:
    return operation.path, operation.method
