"""What the operations of an API are called in Python: the names of a client's methods. Pure.

Not for the names of parameters (validation.identifiers), nor for calling anything (client).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from macaron_runner.validation.identifiers import identifier, snake_case

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Operation

RESERVED: Final = frozenset({"aio", "with_options", "_api", "_kind", "_known", "_options"})
"""What a client has beside its operations: one of such a name gets a trailing underscore."""


def operation_name(operation: Operation) -> str:
    """Return the name of an operation's method: of x-bind-client, else its operationId, else its method and path.

    "getItem" -> "get_item", "pets.list" -> "pets_list", GET /orders/{order-id} -> "get_orders_order_id"
    """
    said = operation.extensions.get("x-bind-client")
    if isinstance(said, str) and said.strip():
        word = identifier(said)
    else:
        word = snake_case(identifier(operation.operation_id or f"{operation.method} {operation.path}"))
    word = identifier(word)  # in lower case it may have become a keyword
    return f"{word}_" if word in RESERVED else word


def operation_names(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Return the operations by the names of their methods, in their order; of those with one name the first."""
    named: dict[str, Operation] = {}
    for operation in operations:
        named.setdefault(operation_name(operation), operation)
    return named
