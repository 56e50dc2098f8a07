"""Words of the shell into the arguments of a call, as the document describes them. Not for calling (call_target)."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macaron_runner.diagnostics import near_word
from macaron_runner.errors import UsageError
from macaron_runner.validation.identifiers import parameter_identifiers
from macaron_runner.validation.media_types import JSON, MediaType, parse_media_type
from macaron_runner.validation.text_values import converter, shape_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Operation, Schema


def values_of(
    given: Iterable[tuple[str, str]], operation: Operation, definitions: Mapping[str, Schema]
) -> dict[str, Any]:
    """Return the parameters of a call by name; one that is given several times is an array. Raises UsageError."""
    known = dict(zip(parameter_identifiers(operation), operation.parameters, strict=True))
    texts: dict[str, list[str]] = {}
    for name, text in given:
        if name not in known:
            hint = near_word(name, known) or f"it takes {', '.join(known) or 'none'}"
            raise UsageError(f'{operation.name} takes no parameter "{name}"; {hint}')
        texts.setdefault(name, []).append(text)
    return {name: _value(name, several, known[name].schema, definitions) for name, several in texts.items()}


def _value(name: str, texts: list[str], schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    shape = shape_of(schema, definitions)
    if len(texts) == 1 and _is_json(texts[0], shape.types):
        return _json(texts[0], name)
    if "array" in shape.types and (len(texts) > 1 or not shape.scalar):
        item = shape.items[0] if shape.items else {}
        return [_value(name, [text], item, definitions) for text in texts]
    if len(texts) > 1:
        raise UsageError(f"{name} is given {len(texts)} times, and is no array")
    return converter(schema, definitions)(texts[0])


def _is_json(text: str, types: frozenset[str]) -> bool:
    return (text[:1] == "[" and "array" in types) or (text[:1] == "{" and "object" in types)


def body_of(
    given: str | None, operation: Operation, content_type: str | None, definitions: Mapping[str, Schema]
) -> tuple[Any, ...]:
    """Return the body of a call as its one positional argument, or none. Raises UsageError."""
    if given is None:
        return ()
    if operation.body is None:
        raise UsageError(f"{operation.name} takes no body")
    raw = read_given(given)
    meant = [
        (each, kind) for each in operation.body.content if (kind := _kind(each, content_type)) is not None
    ]
    if meant and not any(kind.is_json or kind.is_form for _, kind in meant):
        return (raw.decode("utf-8", "replace") if all(kind.is_text for _, kind in meant) else raw,)
    try:
        value = json.loads(raw)
    except ValueError as error:
        if any(not (kind.is_json or kind.is_form) for _, kind in meant):
            return (raw,)
        raise UsageError(f"the body is no JSON: {error}") from None
    files = {name for each, kind in meant if kind.is_form for name in _files_in(each, definitions)}
    return (_with_files(value, files),)


def _kind(content: Content, content_type: str | None) -> MediaType | None:
    """Return the media type of a content that may be meant, None of one that is not."""
    kind = parse_media_type(content.media_type) or MediaType(JSON)
    wanted = parse_media_type(content_type) if content_type else None
    return kind if wanted is None or kind.accepts(wanted) else None


def _files_in(form: Content, definitions: Mapping[str, Schema]) -> Iterator[str]:
    """Yield the fields of a form that are files."""
    fields = shape_of(form.schema if form.schema is not None else True, definitions).properties
    return (name for name, field in fields.items() if shape_of(field, definitions).binary)


def _with_files(value: Any, files: Collection[str]) -> Any:
    """Return the fields of a form, those of `files` that are "@path" as the file that is there."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: (Path(each[1:]).name, read_given(each), "application/octet-stream")
        if name in files and isinstance(each, str) and each.startswith("@")
        else each
        for name, each in value.items()
    }


def read_given(given: str) -> bytes:
    """Return what was given: a text, @FILE or @- (stdin). Raises UsageError."""
    if given == "@-":
        return sys.stdin.buffer.read()
    if not given.startswith("@"):
        return given.encode()
    try:
        return Path(given[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"{given[1:]} cannot be read: {error.strerror}") from None


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{what} is no JSON: {error}") from None
