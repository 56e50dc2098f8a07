"""Operations of a service that would answer the same requests. Not for answering them (router).

It imports no framework, so that looking through a service is quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from macaron_runner.diagnostics import Diagnostic
from macaron_runner.openapi.operation import Operation
from macaron_runner.server.router import shape_of_path


def claimed_twice(operations: Iterable[Operation]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each operation whose method and path one of another API has already.

    Two of one API are told as a fault of its document (MAC319).
    """

    def claim(operation: Operation) -> tuple[str, str]:
        return operation.method, shape_of_path(operation.route)

    for (method, _), same in groupby(sorted(operations, key=claim), claim):
        first, *others = same
        for other in (each for each in others if each.api != first.api):
            yield Diagnostic(
                "MAC506",
                f"{first.name} and {other.name} both answer {method} {other.route}",
                other.location,
                label=f"the same as {first.route} of API {first.api}",
                help="give one of the two APIs another base_path",
                related=((first.location, "the other one is here"),) if first.location else (),
            )
