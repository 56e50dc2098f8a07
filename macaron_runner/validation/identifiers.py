"""The names that documents have, in Python: of the parameters of an operation, as handlers get and calls give them.

Not for decoding them (parameters), calling handlers (server) or making calls (clients).
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

from macaron_runner.diagnostics import BadConfiguration, Diagnostic

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Operation, Parameter


_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Return a name in Python's manner: "createOrder" -> "create_order", "getHTTPInfo" -> "get_http_info"."""
    return _WORDS.sub("_", name).lower()


def identifier(name: str) -> str:
    """Return a parameter's name as a Python identifier: `shop-id` -> `shop_id`, `ids[]` -> `ids`, `from` -> `from_`.

    Runs of other characters become one underscore, none at the ends; a leading digit gets one before it.
    """
    text = unicodedata.normalize("NFKC", name)
    letters = "".join(char if f"_{char}".isidentifier() else " " for char in text)
    kept = "_".join(letters.split()) or "_"
    safe = kept if kept.isidentifier() else "_" + kept
    return safe + "_" if keyword.iskeyword(safe) else safe


def parameter_identifiers(operation: Operation) -> tuple[str, ...]:
    """Return one identifier for each of `operation.parameters`, in their order, each different.

    Where parameters of different locations share one (path `id` and query `id`), that of the path keeps it
    and the others carry their location: `id_in_query`. Raises BadConfiguration (MAC375) where two are still the same.
    """
    names = _by_place(operation)
    clashes = [name for name, count in Counter(names).items() if count > 1]
    if clashes:
        raise BadConfiguration(_clash(operation, name, names) for name in clashes)
    return names


def argument_names(operation: Operation) -> tuple[str, ...]:
    """Return what `parameter_identifiers` does; of two that are still the same the second gets a number: `start_2`.

    For calls: who describes a foreign API cannot be asked to rename its parameters.
    """
    names: list[str] = []
    for wanted in _by_place(operation):
        number, name = 2, wanted
        while name in names:
            number, name = number + 1, f"{wanted}_{number}"
        names.append(name)
    return tuple(names)


def _by_place(operation: Operation) -> tuple[str, ...]:
    plain = [identifier(parameter.name) for parameter in operation.parameters]
    places = {(name, parameter.location) for name, parameter in zip(plain, operation.parameters, strict=True)}
    crowded = {name for name, count in Counter(name for name, _ in places).items() if count > 1}
    return tuple(
        f"{name}_in_{parameter.location}" if name in crowded and parameter.location != "path" else name
        for name, parameter in zip(plain, operation.parameters, strict=True)
    )


def _clash(operation: Operation, name: str, names: tuple[str, ...]) -> Diagnostic:
    same = [parameter for parameter, one in zip(operation.parameters, names, strict=True) if one == name]
    titles = " and ".join(map(_title, same))
    # That their place is in the name as well is no help: both are in it.
    plain = identifier(same[0].name) if len({identifier(one.name) for one in same}) == 1 else name
    return Diagnostic(
        "MAC375",
        f'the parameters {titles} of {operation.name} are both "{plain}" in Python',
        operation.location,
        help="rename one of them in the API's document",
    )


def _title(parameter: Parameter) -> str:
    return f'"{parameter.name}" ({parameter.location})'
