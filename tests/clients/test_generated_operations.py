"""Operations made up by hypothesis, several parameters and a body each: what a client sends of them, a server decodes.

Through the router and the decoders of the server, without a server. Where a document may say it: test_round_trips.
"""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from macaron_runner.clients.encoding import compile_request
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.options import NO_OPTIONS
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.operation import Body, Content, Operation, Parameter
from macaron_runner.server.router import Router
from macaron_runner.validation.body import compile_body
from macaron_runner.validation.identifiers import argument_names, parameter_identifiers
from macaron_runner.validation.parameters import compile_parameters
from tests.clients.echo_documents import ARRAYS, OBJECTS, SCALARS
from tests.support.codec import STYLES
from tests.support.drawn_schemas import PAIRS

KINDS = {name: kind for name, kind in {**SCALARS, **ARRAYS, **OBJECTS}.items() if "date" not in name}
NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}/[]"), min_size=1, max_size=5
)
TOKENS = st.text(alphabet="abcXYZ019-_.~", min_size=1, max_size=5)
PIECES = st.text(alphabet="ab-.:~ é", max_size=3)


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    """Draw a parameter; but no exploded object, whose members would be taken for parameters beside it."""
    location = draw(st.sampled_from(sorted(STYLES)))
    kind = draw(st.sampled_from(sorted(KINDS)))
    return Parameter(
        draw(TOKENS if location in {"header", "cookie"} else NAMES),
        location,  # type: ignore[arg-type]
        location == "path" or draw(st.booleans()),
        KINDS[kind][0],
        draw(st.sampled_from(STYLES[location])),
        kind != "object" and draw(st.booleans()),
        description=kind,
    )


def place_of(parameter: Parameter) -> tuple[str, str]:
    """Return what no two parameters of an operation may share: names of headers count in any case."""
    name = parameter.name.lower() if parameter.location == "header" else parameter.name
    return parameter.location, name


@st.composite
def calls(draw: st.DrawFn) -> tuple[Operation, dict[str, Any], Any]:
    """Draw an operation, arguments by the document's names, and a body."""
    drawn = tuple(draw(st.lists(parameters(), max_size=4, unique_by=place_of)))
    segments = "".join(f"/{draw(PIECES)}{{{each.name}}}" for each in drawn if each.location == "path")
    schema, body = draw(PAIRS)
    content = Content("application/json", schema)
    operation = Operation(
        "shop",
        "POST",
        draw(st.sampled_from(["", "/v1"])),
        segments or "/",
        "make",
        drawn,
        Body(True, (content,)),
        (),
    )
    arguments = {
        name: draw(KINDS[each.description][1])
        for name, each in zip(argument_names(operation), drawn, strict=True)
        if each.required or draw(st.booleans())
    }
    return operation, arguments, body


def decoded(operation: Operation, outgoing: Outgoing) -> tuple[dict[str, Any], Any]:
    """Return the arguments and the body as a server decodes them."""
    found = Router([(operation.method, operation.route, operation)]).find(outgoing.method, outgoing.path)
    assert found is not None
    assert found.target is operation
    decode = compile_parameters(operation, {}, lambda _: unchanged)
    raw = outgoing.body
    assert isinstance(raw, bytes)
    body = compile_body(operation, {}, lambda _: unchanged)
    arguments = decode(found.values, outgoing.query, outgoing.header)
    return arguments, body(outgoing.header("Content-Type"), len(raw), lambda: raw)


def unchanged(value: Any) -> Any:
    return value


@settings(max_examples=150, deadline=None)
@given(calls())
def test_whatever_is_sent_is_decoded(call: tuple[Operation, dict[str, Any], Any]) -> None:
    operation, arguments, body = call
    assume(has_names(operation))
    outgoing = sent(operation, arguments, body)
    if isinstance(outgoing, CannotSend):
        assert {each.location for each in outgoing.errors} <= set(STYLES)  # never the body: JSON has it all
        return
    assert outgoing.target.isascii()
    assert decoded(operation, outgoing) == (arguments, body)


def sent(operation: Operation, arguments: dict[str, Any], body: Any) -> Outgoing | CannotSend:
    """Return the request of a call, or why there is none."""
    try:
        return compile_request(operation, {}, "shop.make")((body,), arguments, NO_OPTIONS)
    except CannotSend as refused:
        return refused


def has_names(operation: Operation) -> bool:
    """Tell whether a server would take the operation: its parameters have different names in Python."""
    try:
        return parameter_identifiers(operation) == argument_names(operation)
    except BadConfiguration:
        return False


def test_most_calls_are_not_refused() -> None:
    """So that the above is something."""
    arrived = []

    @settings(max_examples=100, deadline=None, database=None)
    @given(calls())
    def count(call: tuple[Operation, dict[str, Any], Any]) -> None:
        if isinstance(sent(*call), Outgoing):
            arrived.append(len(call[1]))

    count()
    assert len(arrived) > 40
    assert sum(arrived) > 40
