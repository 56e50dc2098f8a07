"""One parameter read and written: what the tests of its codec share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macaron_runner.openapi.operation import Operation, Parameter
from macaron_runner.validation.parameter_encoder import compile_encoder
from macaron_runner.validation.parameters import compile_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STYLES: Mapping[Any, tuple[Any, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
"""The styles of each place."""


def color(
    location: Any, style: Any = "form", explode: bool = False, schema: Any = None, **details: Any
) -> Parameter:
    """Return a parameter of the name the specification's examples have."""
    return Parameter("color", location, True, {} if schema is None else schema, style, explode, **details)


def compile_reading(
    *parameters: Parameter, definitions: Mapping[str, Any] | None = None
) -> Callable[[str], dict[str, Any]]:
    """Return what reads the raw text at the place of parameters, all of one place, as a server does.

    For a path that is the text of the first one, for a header its value; for cookies the header Cookie, else the query.
    """
    decoder = compile_parameters(
        Operation("shop", "GET", "", "/x", "find", parameters, None, ()),
        definitions or {},
        lambda _: lambda value: value,
    )
    decoder.prepare()
    name, location = parameters[0].name, parameters[0].location
    if location == "path":
        return lambda raw: decoder({name: raw}, "", {}.get)
    if location in {"header", "cookie"}:
        key = "Cookie" if location == "cookie" else name
        return lambda raw: decoder({}, "", {key: raw}.get)
    return lambda raw: decoder({}, raw, {}.get)


def written(parameter: Parameter, value: Any) -> str:
    """Return the raw text of a value, its pieces joined as in a request. Raises Inexpressible."""
    joint = {"query": "&", "cookie": "; "}.get(parameter.location, "")
    return joint.join(compile_encoder(parameter, {})(value))
