"""What an operation could answer, taken from its document: a value that fits the response it promises.

Not for judging a document's examples (validation.examples): one that does not fit is left out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.openapi.operation import Content, Operation, Response, Schema
from macaron_runner.scaffold.python import literal
from macaron_runner.validation.discriminators import name_of
from macaron_runner.validation.media_types import parse_media_type
from macaron_runner.validation.schema import Definitions, compile_schema

_DEEPEST: Final = 6
_LONGEST: Final = 1500
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Example:
    """A value to answer with; `status` where the result must say it, None where the document leaves only one."""

    value: Any
    status: int | None


def example_of(operation: Operation, definitions: Definitions) -> Example | None:
    """Return what the operation could answer, or None where its document shows nothing that fits and is short."""
    successes = [response for response in operation.responses if response.status.startswith("2")]
    for response in successes:
        if not response.status.isdigit() or response.status in ("204", "205"):
            continue
        for value in _values(response, definitions):
            return Example(value, None if len(successes) == 1 else int(response.status))
    return None


def _values(response: Response, definitions: Definitions) -> Iterator[Any]:
    for content in response.content[:1]:  # the first is the one that is answered to whom any suits
        for value in _candidates(content, definitions):
            if _is_plain(value) and len(literal(value)) <= _LONGEST and _fits(value, content, definitions):
                yield value


def _candidates(content: Content, definitions: Definitions) -> Iterator[Any]:
    media_type = parse_media_type(content.media_type)
    if media_type is None or media_type.is_range:
        return
    if media_type.is_json:
        yield from content.examples.values()
        if content.schema is not None:
            yield _made(content.schema, definitions, 0)
    elif media_type.name.startswith("text/"):
        yield from (value for value in content.examples.values() if isinstance(value, str))


def _fits(value: Any, content: Content, definitions: Definitions) -> bool:
    if content.schema is None:
        return True
    try:
        return compile_schema(content.schema, definitions, "response").valid(value)
    except (BadConfiguration, ValueError):  # a schema that cannot be checked; a text that is no Unicode
        return False


def _is_plain(value: Any) -> bool:
    """Tell whether a value is a good one to show: JSON, not null, without numbers that JSON cannot write."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and (item is None or _is_plain(item)) for key, item in value.items())
    if isinstance(value, list):
        return all(item is None or _is_plain(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)


def _made(schema: Schema, definitions: Mapping[str, Schema], depth: int) -> Any:
    """Return a value of the examples that a schema and those inside it give, or _NOTHING where one is missing."""
    if isinstance(schema, bool) or depth > _DEEPEST:
        return _NOTHING
    if "$ref" in schema:
        return _made(definitions.get(name_of(schema["$ref"]), True), definitions, depth + 1)
    for keyword in ("example", "const", "default"):
        if keyword in schema:
            return schema[keyword]
    for keyword in ("examples", "enum"):
        if isinstance(schema.get(keyword), list | tuple) and schema[keyword]:
            return schema[keyword][0]
    if isinstance(schema.get("properties"), Mapping):
        return _object(schema, definitions, depth)
    if schema.get("type") == "array" and "items" in schema:
        item = _made(schema["items"], definitions, depth + 1)
        return _NOTHING if item is _NOTHING else [item]
    return _NOTHING


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Schema], depth: int) -> Any:
    found = {
        name: _made(inner, definitions, depth + 1)
        for name, inner in schema["properties"].items()
        if not (isinstance(inner, Mapping) and inner.get("writeOnly") is True)
    }
    missing = [name for name in schema.get("required", ()) if found.get(name) is _NOTHING]
    shown = {name: value for name, value in found.items() if value is not _NOTHING}
    return _NOTHING if missing or not shown else shown
