"""The reference of macaron.yaml as Markdown, made from the model, so that it cannot be wrong.

Not for explaining (README), only for looking things up: every key, its type, its default, what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.section import Section
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.shape import descriptions, sections_in, whole
from macaron_runner.configuration.values import (
    DnsLabel,
    DottedName,
    Duration,
    FunctionName,
    Name,
    NotYet,
    PathText,
    PositiveDuration,
    Share,
    Size,
    VariableName,
    Whole,
)

_WORDS: Final[tuple[tuple[Any, str], ...]] = (
    (Duration, "duration"),
    (PositiveDuration, "duration"),
    (Size, "size"),
    (Share, "cores"),
    (Name, "name"),
    (VariableName, "variable"),
    (DnsLabel, "DNS label"),
    (DottedName, "module"),
    (FunctionName, "function"),
    (PathText, "path"),
    (str, "text"),
    (bool, "true, false"),
    (int, "whole number"),
    (float, "number"),
    (Sensitive, "text with secrets"),
    (Any, "anything"),
)


def reference() -> str:
    """Return a Markdown table for each section, the top level first, in the order of the keys."""
    return "\n\n".join(_table(path, section) for path, section in _once(_sections("", MacaronConfig))) + "\n"


def _once(sections: Iterable[tuple[str, type[Section]]]) -> Iterator[tuple[str, type[Section]]]:
    """Yield each section at the first of its places."""
    seen: set[type[Section]] = set()
    for path, section in sections:
        if section not in seen:
            seen.add(section)
            yield path, section


def _sections(path: str, section: type[Section]) -> Iterator[tuple[str, type[Section]]]:
    yield path, section
    for name, field in section.model_fields.items():
        here = f"{path}.{name}".removeprefix(".")
        for inner in sections_in(field.annotation):
            yield from _sections(here, inner)
        if get_origin(field.annotation) is dict:
            kinds = list(sections_in(get_args(field.annotation)[1]))
            for inner in kinds:
                kind = f" ({type_of(inner.model_fields['type'].annotation)})" if len(kinds) > 1 else ""
                yield from _sections(f"{here}.<name>{kind.replace('`', '')}", inner)


def _table(path: str, section: type[Section]) -> str:
    texts = descriptions(section)
    rows = [
        f"| `{name}` | {type_of(whole(field))} | {default_of(field)} | {_cell(texts[name])} |"
        for name, field in section.model_fields.items()
        if not _is_later(field)
    ]
    later = [f"`{name}`" for name, field in section.model_fields.items() if _is_later(field)]
    note = [f"\nNot available in this version: {', '.join(later)}."] if later else []
    doc = (section.__doc__ or "").strip()
    heading = [f"#### `{path}`\n"] if path else []
    return "\n".join(
        [*heading, doc, "", "| key | type | default | what it is |", "|---|---|---|---|", *rows, *note]
    )


def _is_later(field: FieldInfo) -> bool:
    return field.annotation is type(None)


def type_of(annotation: Any) -> str:
    """Return the words for a type: "duration", "list of text", "`auto` or a whole number from 1 to 1024"."""
    known = next((word for kind, word in _WORDS if kind == annotation), "")
    if known:
        return known
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(type_of(arm) for arm in arguments if arm is not type(None)))
    if origin is tuple:
        return f"list of {type_of(arguments[0])}"
    if origin is dict:
        inner = type_of(arguments[1])
        return f"map of {inner}" if inner != "anything" else "map"
    return "map"


def _annotated(kind: Any, notes: tuple[Any, ...]) -> str:
    for note in notes:
        if isinstance(note, Whole):
            return note.phrase.removeprefix("a ")
        if isinstance(note, NotYet) and get_origin(kind) is Literal:
            return ", ".join(f"`{value}`" for value in get_args(kind) if value not in note.values)
    return type_of(kind)


def default_of(field: FieldInfo) -> str:
    """Return a key's default as a file would write it, in backquotes; "**required**", or "" where there is none."""
    if field.is_required():
        return "**required**"
    value = field.default
    if value is None or isinstance(value, Section | Mapping | tuple):
        return f"`[{', '.join(map(str, value))}]`" if isinstance(value, tuple) and value else ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{_unit(field, value)}`" if value != "" else ""


def _unit(field: FieldInfo, value: Any) -> str:
    """Return a default as the file would write it: 30.0 seconds as 30s."""
    kind = type_of(whole(field))
    if kind == "duration":
        return f"{value / 3600:g}h" if value >= 3600 else f"{value:g}s"
    if kind == "size":
        return f"{value // 2**20}MiB" if value >= 2**20 else f"{value}B"
    return str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    print(reference(), end="")
