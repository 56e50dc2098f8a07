"""What an API's schemas say beside their rules, against these rules: defaults, examples, listed values.

Not for the document's own form (document). Nearly everything found is a warning: the service runs, its
documentation lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.validation.defaults import bad_default, is_of_type
from macaron_runner.validation.formats import ALONE, Formats
from macaron_runner.validation.keywords import INDEPENDENT, inside
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.problems import Finding, pointer_of
from macaron_runner.validation.schema import Definitions, misfits
from macaron_runner.validation.text_values import shape_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from macaron_runner.openapi.operation import Api, Content, Operation, Parameter, Schema


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands, for a message."""

    name: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A value that a document says is of a schema: `what` it is, and where in the schema of `place`.

    `default_of` are the operation and its optional parameter of which it is the default.
    """

    code: str
    what: str
    value: Any
    schema: Schema
    place: _Place
    path: tuple[str | int, ...] = ()
    default_of: tuple[Operation, Parameter] | None = None


def check_examples(api: Api, formats: Formats = ALONE, *, whole: bool = True) -> tuple[Diagnostic, ...]:
    """Return a problem for each default, example or listed value that its own schema refuses.

    A warning, but an error for the default of a parameter that is not even of its type: that is never served.

    Of an API that is not `whole`, because what is wrong in its document was taken out, only what no missing part of a
    schema could change is told. A value may fit as part of a request or of a response. All are held against their
    schemas at once.
    """
    found = _false(list(_claims(api)), Definitions(api.schemas, formats))
    return tuple(dict.fromkeys(_problem(*each) for each in found if whole or _is_certain(each[1])))


def is_as_sent(example: Any, content: Content, definitions: Mapping[str, Schema]) -> bool:
    """Tell whether an example is the very text that is sent, which its schema is not about.

    "To represent examples of media types that cannot naturally be represented in JSON or YAML, use a string value to
    contain the example" (OpenAPI 3.1 section 4.8.19, `value`).
    """
    media_type = parse_media_type(content.media_type)
    if not isinstance(example, str) or content.schema is None or media_type is None or media_type.is_json:
        return False
    types = shape_of(content.schema, definitions).types
    return bool(types) and "string" not in types


def refused_defaults(api: Api) -> Iterator[tuple[Operation, Diagnostic]]:
    """Yield the operations that have a parameter whose default is not of its type, with this problem (MAC376)."""
    claims = [
        claim
        for operation in api.operations
        for parameter in operation.parameters
        for claim in _of_parameter(operation, parameter, api.schemas)
        if claim.default_of is not None
    ]
    for claim, finding in _false(claims, Definitions(api.schemas)):
        if claim.default_of is not None and is_of_type(finding):
            yield claim.default_of[0], _problem(claim, finding)


def _false(claims: list[_Claim], definitions: Definitions) -> list[tuple[_Claim, Finding]]:
    """Return the claims that hold neither in a request nor in a response, with what refuses them."""
    in_request = misfits([(claim.schema, claim.value) for claim in claims], definitions, "request")
    doubtful = [(claims[number], finding) for number, finding in in_request.items()]
    in_response = misfits([(claim.schema, claim.value) for claim, _ in doubtful], definitions, "response")
    return [(doubtful[number][0], finding) for number, finding in in_response.items()]


def _is_certain(finding: Finding) -> bool:
    """Tell whether a value is refused whatever stood, or should have stood, beside the keyword that refuses it."""
    return finding.keyword in INDEPENDENT and not {"not", "then", "else"} & set(finding.schema_path)


def _problem(claim: _Claim, finding: Finding) -> Diagnostic:
    if claim.default_of is not None and is_of_type(finding):
        return bad_default(*claim.default_of, claim.value)
    title = f"{claim.place.name} at {pointer_of(claim.path)}" if claim.path else claim.place.name
    reason = f"{pointer_of(finding.path) or 'it'} {finding.message}"
    message = f"{claim.what} in {title} does not fit: {reason}"
    return Diagnostic(claim.code, message, claim.place.location, severity=Severity.WARNING)


def _claims(api: Api) -> Iterator[_Claim]:
    for schema, place in _schemas(api):
        yield from _in_schema(schema, place, ())
    for operation, parameter in _parameters(api):
        yield from _of_parameter(operation, parameter, api.schemas)
    for operation in api.operations:
        for content, place in _contents(operation):
            if content.schema is not None:
                for value in content.examples.values():
                    if not is_as_sent(value, content, api.schemas):
                        yield _Claim("MAC382", "an example", value, content.schema, place)


def _parameters(api: Api) -> Iterator[tuple[Operation, Parameter]]:
    """Yield each parameter with its operation; one that several operations share with the first of them only."""
    first: dict[Hashable, tuple[Operation, Parameter]] = {}
    for operation in api.operations:
        for parameter in operation.parameters:
            place = parameter.place or (operation.name, parameter.location, parameter.name)
            first.setdefault(place, (operation, parameter))
    yield from first.values()


def _of_parameter(
    operation: Operation, parameter: Parameter, definitions: Mapping[str, Schema]
) -> Iterator[_Claim]:
    """Yield what the schema of a parameter claims; its default may be that of a schema to which it refers."""
    place = _Place(
        f'the {parameter.location} parameter "{parameter.name}" of {operation.name}',
        parameter.place or operation.location,
    )
    own = list(_in_schema(parameter.schema, place, ()))
    yield from (claim for claim in own if claim.path or claim.code != "MAC381")
    for default in shape_of(parameter.schema, definitions).default:
        used = None if parameter.required else (operation, parameter)
        yield _Claim("MAC381", "the default", default, parameter.schema, place, default_of=used)


def _schemas(api: Api) -> Iterator[tuple[Schema, _Place]]:
    """Yield the outermost schemas of an API but for parameters': named ones, and those written where they are used."""
    for name, schema in api.schemas.items():
        yield schema, _Place(f'the schema "{name}"', api.schema_locations.get(name))
    for operation in api.operations:
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
    for steps, inner in inside(schema):
        yield from _in_schema(inner, place, (*path, *steps))


def _examples(schema: Mapping[str, Any]) -> list[Any]:
    several = schema.get("examples", [])
    single = [schema["example"]] if "example" in schema else []
    return [*single, *(several if isinstance(several, list) else [])]
