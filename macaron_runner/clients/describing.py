"""What help(), editors and notebooks show of an operation: its signature, and what its document says of it.

    get_item(*, item_id: int, tags: list[str] | None = None) -> Item

Not for calling it (client), nor for stubs (stubs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter as Argument
from inspect import Signature
from typing import TYPE_CHECKING, Final, TypeAlias

from macaron_runner.openapi.operation import Content, Operation, Parameter, Schema
from macaron_runner.validation.identifiers import argument_names
from macaron_runner.validation.media_types import parse_media_type

if TYPE_CHECKING:
    from collections.abc import Iterable

Annotate: TypeAlias = Callable[[Schema], str]
"""Gives what a value of a schema is in Python, as source."""

_BODY: Final = "body"


def signature_of(operation: Operation, annotate: Annotate) -> Signature:
    """Return the signature of an operation: its body first, then parameters by keyword, the required ones first."""
    named = list(zip(argument_names(operation), operation.parameters, strict=True))
    arguments = [
        *_body(operation, annotate),
        *(_argument(name, each, annotate) for name, each in named if each.required),
        *(_argument(name, each, annotate) for name, each in named if not each.required),
    ]
    return Signature(arguments, return_annotation=_Words(_results(operation, annotate)))


class _Words(str):
    """An annotation that shows as it is written, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _body(operation: Operation, annotate: Annotate) -> Iterator[Argument]:
    if operation.body is None:
        return
    words = _union(_kind(content, annotate) for content in operation.body.content)
    default = Argument.empty if operation.body.required else None
    note = _Words(words if operation.body.required else f"{words} | None")
    yield Argument(_BODY, Argument.POSITIONAL_ONLY, default=default, annotation=note)


def _argument(name: str, parameter: Parameter, annotate: Annotate) -> Argument:
    words = annotate(parameter.schema)
    if parameter.required:
        return Argument(name, Argument.KEYWORD_ONLY, annotation=_Words(words))
    return Argument(name, Argument.KEYWORD_ONLY, default=None, annotation=_Words(f"{words} | None"))


def _results(operation: Operation, annotate: Annotate) -> str:
    """Return what a call gives where it does not fail."""
    successes = [each for each in operation.responses if each.status[:1] == "2"] or [
        each for each in operation.responses if each.status == "default"
    ]
    kinds = (
        _kind(content, annotate) if content is not None else "None"
        for each in successes
        for content in each.content or (None,)
    )
    return _union(kinds) or "Any"


def _kind(content: Content, annotate: Annotate) -> str:
    media_type = parse_media_type(content.media_type)
    if media_type is None or content.schema is None:
        if media_type is not None and media_type.is_text:
            return "str"
        return f"list[{annotate(content.item_schema)}]" if content.item_schema is not None else "Any"
    if media_type.is_json or media_type.is_form or media_type.is_sequence:
        return annotate(content.schema)
    return "str" if media_type.is_text else "bytes"


def _union(words: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(words))


def documentation_of(operation: Operation, title: str, signature: Signature) -> str:
    """Return what a document says of an operation, as a docstring."""
    return "\n\n".join(_sections(operation, title, signature))


def _sections(operation: Operation, title: str, signature: Signature) -> Iterator[str]:
    yield f"{title}{signature}"
    yield from (text.strip() for text in (operation.summary, operation.description) if text.strip())
    if operation.deprecated:
        yield "Deprecated."
    arguments = [*_described_body(operation), *_described_parameters(operation)]
    if arguments:
        yield "\n".join(["Arguments:", *arguments])
    answers = [f"    {each.status}: {_one_line(each.description)}" for each in operation.responses]
    if answers:
        yield "\n".join(["Answers:", *answers])
    yield f"{operation.method.upper()} {operation.route}"


def _described_body(operation: Operation) -> Iterator[str]:
    if operation.body is not None:
        types = ", ".join(content.media_type for content in operation.body.content)
        yield f"    {_BODY}: {_one_line(operation.body.description)} ({types})".replace(":  (", ": (")


def _described_parameters(operation: Operation) -> Iterator[str]:
    for name, parameter in zip(argument_names(operation), operation.parameters, strict=True):
        where = (
            parameter.location if name == parameter.name else f'"{parameter.name}" in {parameter.location}'
        )
        text = _one_line(parameter.description)
        yield f"    {name}: {text} ({where})".replace(":  (", ": (")


def _one_line(text: str) -> str:
    return " ".join(text.split())
