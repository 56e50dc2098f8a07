"""What the operations of an API are called in Python: the names of a client's methods. Pure.

Not for the names of parameters (validation.identifiers), nor for calling anything (client).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from itertools import count
from typing import TYPE_CHECKING, Final

from macaron_runner.validation.identifiers import identifier, snake_case

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Operation

BOUND_BY: Final = "x-bind-client"
"""What says the name of an operation in clients."""

RESERVED: Final = frozenset({"aio", "with_options", "_api", "_kind", "_known", "_options"})
"""What a client has beside its operations: one of such a name gets a trailing underscore."""


def operation_name(operation: Operation) -> str:
    """Return the name of an operation's method: of x-bind-client, else its operationId, else its method and path.

    "getItem" -> "get_item", "pets.list" -> "pets_list", GET /orders/{order-id} -> "get_orders_order_id"
    """
    said = operation.extensions.get(BOUND_BY)
    if isinstance(said, str) and said.strip():
        word = identifier(said)
    else:
        word = snake_case(identifier(operation.operation_id or f"{operation.method} {operation.path}"))
    word = identifier(word)  # in lower case it may have become a keyword
    return f"{word}_" if word in RESERVED else word


def operation_names(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Return the operations by the names of their methods, in their order.

    Of those with one name the one that x-bind-client names has it, else the first; others get a number that makes a
    name of their own: get_item, get_item_2.
    """
    known = tuple(operations)
    words = [operation_name(operation) for operation in known]
    owners: dict[str, int] = {}
    for place in sorted(range(len(known)), key=lambda place: BOUND_BY not in known[place].extensions):
        owners.setdefault(words[place], place)
    taken = set(owners)
    named: dict[str, Operation] = {}
    for place, (word, operation) in enumerate(zip(words, known, strict=True)):
        name = word if owners[word] == place else _numbered(word, taken)
        taken.add(name)
        named[name] = operation
    return named


def _numbered(word: str, taken: Set[str]) -> str:
    return next(name for number in count(2) if (name := f"{word}_{number}") not in taken)
