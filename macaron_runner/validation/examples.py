"""What an API's schemas say beside their rules, against these rules: defaults, examples, listed values.

Not for the document's own form (document). Everything found is a warning: the service runs, its documentation lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.validation.problems import Finding, pointer_of
from macaron_runner.validation.schema import Definitions, misfits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from macaron_runner.openapi.operation import Api, Content, Operation, Schema


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands, for a message."""

    name: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class _Value:
    """A value beside its schema; `what` it is, `path` where in the schema of that place."""

    code: str
    what: str
    value: Any
    schema: Schema
    place: _Place
    path: tuple[str | int, ...]


MOST_COMPILED: Final = 5000
"""How many schemas are compiled to look at the values of one API: some tenths of a second, and of 100 MB."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A value that a document says is of a schema: `what` it is, and where in the schema of `place`."""

    code: str
    what: str
    value: Any
    schema: Schema
    place: _Place
    path: tuple[str | int, ...] = ()


def check_examples(api: Api) -> tuple[Diagnostic, ...]:
    """Return a warning for each default, example or listed value that its own schema refuses.

    A value may fit as part of a request or of a response. All are held against their schemas at once.
    """
    claims = list(_claims(api))
    definitions = Definitions(api.schemas)
    in_request = misfits([(claim.schema, claim.value) for claim in claims], definitions, "request")
    doubtful = [(claims[number], finding) for number, finding in in_request.items()]
    in_response = misfits([(claim.schema, claim.value) for claim, _ in doubtful], definitions, "response")
    return tuple(dict.fromkeys(_warning(*doubtful[number]) for number in in_response))


def _warning(claim: _Claim, finding: Finding) -> Diagnostic:
    title = f"{claim.place.name} at {pointer_of(claim.path)}" if claim.path else claim.place.name
    reason = f"{pointer_of(finding.path) or 'it'} {finding.message}"
    message = f"{claim.what} in {title} does not fit: {reason}"
    return Diagnostic(claim.code, message, claim.place.location, severity=Severity.WARNING)


def _claims(api: Api) -> Iterator[_Claim]:
    for schema, place in _schemas(api):
        yield from _in_schema(schema, place, ())
    for operation in api.operations:
        for content, place in _contents(operation):
            if content.schema is not None:
                for value in content.examples.values():
                    yield _Claim("MAC382", "an example", value, content.schema, place)


def _schemas(api: Api) -> Iterator[tuple[Schema, _Place]]:
    """Yield the outermost schemas of an API: named ones, and those written where they are used."""
    for name, schema in api.schemas.items():
        yield schema, _Place(f'the schema "{name}"', api.schema_locations.get(name))
    for operation in api.operations:
        for parameter in operation.parameters:
            name = f'the {parameter.location} parameter "{parameter.name}" of {operation.name}'
            yield parameter.schema, _Place(name, operation.location)
        for content, place in _contents(operation):
            if content.schema is not None:
                yield content.schema, place


def _contents(operation: Operation) -> Iterator[tuple[Content, _Place]]:
    for content in operation.body.content if operation.body else ():
        yield content, _Place(f"the body of {operation.name}", operation.location)
    for response in operation.responses:
        for content in response.content:
            yield content, _Place(f"the response {response.status} of {operation.name}", operation.location)


def _in_schema(schema: Schema, place: _Place, path: tuple[str | int, ...]) -> Iterator[_Claim]:
    """Yield what a schema and all inside it claim; what a `$ref` leads to has its own turn."""
    if isinstance(schema, bool):
        return
    if "default" in schema:
        yield _Claim("MAC381", "the default", schema["default"], schema, place, path)
    for example in _examples(schema):
        yield _Claim("MAC382", "an example", example, schema, place, path)
    if isinstance(schema.get("enum"), list):
        rest = {keyword: value for keyword, value in schema.items() if keyword != "enum"}
        for value in schema["enum"]:
            yield _Claim("MAC383", "a listed value", value, rest, place, path)
    for step, inner in _inside(schema):
        yield from _in_schema(inner, place, (*path, *step))


def _examples(schema: Mapping[str, Any]) -> list[Any]:
    several = schema.get("examples", [])
    single = [schema["example"]] if "example" in schema else []
    return [*single, *(several if isinstance(several, list) else [])]


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    for keyword, value in schema.items():
        if keyword in {"properties", "patternProperties", "dependentSchemas"}:
            yield from (((keyword, name), inner) for name, inner in value.items())
        elif keyword in {"allOf", "anyOf", "oneOf", "prefixItems"}:
            yield from (((keyword, number), inner) for number, inner in enumerate(value))
        elif keyword in {"items", "additionalProperties", "not", "contains", "if", "then", "else"}:
            yield (keyword,), value
