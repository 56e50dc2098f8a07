"""What an API's schemas say beside their rules, against these rules: defaults, examples, listed values.

Not for the document's own form (document). Everything found is a warning: the service runs, its documentation lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from macaron_runner.diagnostics import Diagnostic, Location, Severity
from macaron_runner.validation.problems import pointer_of
from macaron_runner.validation.schema import Definitions, compile_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from macaron_runner.openapi.operation import Api, Content, Operation, Schema


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands, for a message."""

    name: str
    location: Location | None


def check_examples(api: Api) -> tuple[Diagnostic, ...]:
    """Return a warning for each default, example or listed value that its own schema refuses.

    Compiles one check for each schema that has such a value: some milliseconds for a service's document, seconds for
    one of thousands of operations.
    """
    definitions = Definitions(api.schemas)
    found = [
        warning for schema, place in _schemas(api) for warning in _in_schema(schema, place, (), definitions)
    ]
    for operation in api.operations:
        for content, place in _contents(operation):
            found += _in_content(content, place, definitions)
    return tuple(dict.fromkeys(found))


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


def _in_content(content: Content, place: _Place, definitions: Definitions) -> Iterator[Diagnostic]:
    if content.schema is not None:
        for value in content.examples.values():
            yield from _misfit("MAC382", "an example", value, content.schema, place, (), definitions)


def _in_schema(
    schema: Schema, place: _Place, path: tuple[str | int, ...], definitions: Definitions
) -> Iterator[Diagnostic]:
    """Yield warnings of a schema and of all inside it; what a `$ref` leads to has its own turn."""
    if isinstance(schema, bool):
        return
    if "default" in schema:
        yield from _misfit("MAC381", "the default", schema["default"], schema, place, path, definitions)
    for example in _examples(schema):
        yield from _misfit("MAC382", "an example", example, schema, place, path, definitions)
    if "enum" in schema:
        rest = {keyword: value for keyword, value in schema.items() if keyword != "enum"}
        for value in schema["enum"]:
            yield from _misfit("MAC383", "a listed value", value, rest, place, path, definitions)
    for step, inner in _inside(schema):
        yield from _in_schema(inner, place, (*path, *step), definitions)


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


def _misfit(
    code: str,
    what: str,
    value: Any,
    schema: Schema,
    place: _Place,
    path: tuple[str | int, ...],
    definitions: Definitions,
) -> Iterator[Diagnostic]:
    """Yield a warning where a value fits neither as part of a request nor of a response."""
    request = compile_schema(schema, definitions, "request")
    if request.valid(value) or compile_schema(schema, definitions, "response").valid(value):
        return
    problem = next(iter(request.problems(value)), None)
    reason = f"{problem.pointer} {problem.message}".strip() if problem is not None else "it does not fit"
    message = f"{what} in {_title(place, path)} does not fit: {reason}"
    yield Diagnostic(code, message, place.location, severity=Severity.WARNING)


def _title(place: _Place, path: tuple[str | int, ...]) -> str:
    return f"{place.name} at {pointer_of(path)}" if path else place.name
