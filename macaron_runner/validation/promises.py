"""What a document promises of an operation's answers, compiled: by status, their media types and headers with checks.

Not for writing answers, nor for what happens to one that breaks a promise (responses).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from macaron_runner.validation.headers import HeaderCheck, compile_headers
from macaron_runner.validation.media_types import JSON, MediaType, closest, parse_media_type
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.text_values import may_be_text

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Operation, Response, Schema
    from macaron_runner.validation.rewriting import Direction

Said = TypeVar("Said")

_ADDED_LATER: Final = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "date", "deprecation", "server"}
    | {"sunset", "transfer-encoding", "vary", "x-request-id"}
)
"""Headers that are not the handler's: whoever sends the answer adds them."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One media type of one response, with its checks."""

    name: str
    media_type: MediaType
    check: Check | None
    item_check: Check | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """What the document says of a status: media types (none: an empty body is promised), and headers."""

    contents: tuple[Promise, ...]
    headers: HeaderCheck | None

    def prepare(self) -> None:
        """Compile all checks now."""
        for promise in self.contents:
            for check in (promise.check, promise.item_check):
                if check is not None:
                    check.prepare()
        if self.headers is not None:
            self.headers.prepare()


def said_of(described: Mapping[str, Said], status: int) -> Said | None:
    """Return what is said of a status: of itself, of its range, or by default (OpenAPI 3.2 "Responses Object")."""
    for key in (str(status), f"{status // 100}XX", "default"):
        if key in described:
            return described[key]
    return None


class Promises:
    """The responses that an operation describes; false where there are none."""

    def __init__(self, described: Mapping[str, Described]) -> None:
        self._described = described

    def __bool__(self) -> bool:
        return bool(self._described)

    def prepare(self) -> None:
        """Compile all checks now."""
        for described in self._described.values():
            described.prepare()

    def of(self, status: int) -> Described | None:
        """Return what is said of a status, or None where the document does not speak of it."""
        return said_of(self._described, status)

    def offered(self) -> tuple[MediaType, ...]:
        """Return the media types of successful answers; where there are none, those of any answer."""
        successes = [status for status in self._described if status[:1] == "2"] or [
            status for status in self._described if status == "default"
        ]
        found = {
            promise.name: promise.media_type
            for status in successes
            for promise in self._described[status].contents
        }
        return tuple(found.values())


def compile_promises(operation: Operation, definitions: Mapping[str, Schema], *, checked: bool) -> Promises:
    """Return what an operation promises; where nothing is to be `checked`, without checks."""
    return Promises(
        {
            response.status: _described(response, definitions, checked=checked)
            for response in operation.responses
        }
    )


def _described(response: Response, definitions: Mapping[str, Schema], *, checked: bool) -> Described:
    contents = tuple(
        compile_promise(content, media_type, definitions, "response" if checked else None)
        for content in response.content
        if (media_type := parse_media_type(content.media_type)) is not None
    )
    return Described(contents, header_check(response, definitions) if checked else None)


def header_check(response: Response, definitions: Mapping[str, Schema]) -> HeaderCheck | None:
    """Return the check of the headers of a response that are its own, None where it describes none."""
    own = [header for header in response.headers if header.name.lower() not in _ADDED_LATER]
    return compile_headers(own, definitions, "response")


def compile_promise(
    content: Content, media_type: MediaType, definitions: Mapping[str, Schema], direction: Direction | None
) -> Promise:
    """Return one media type, of a response or of a request's body; without a direction, without checks."""

    def check(schema: Schema | None) -> Check | None:
        return compile_schema(schema, definitions, direction) if direction and schema is not None else None

    whole = content.schema if _is_about_value(content.schema, media_type, definitions) else None
    return Promise(content.media_type, media_type, check(whole), check(content.item_schema))


def _is_about_value(schema: Schema | None, media_type: MediaType, definitions: Mapping[str, Schema]) -> bool:
    """Tell whether a schema describes what handlers return, and not what is in bytes or texts that they return."""
    if media_type.is_event_stream or schema is None:
        return False
    if media_type.is_text and not media_type.is_range:
        return may_be_text(schema, definitions)
    return media_type.is_json or media_type.is_range or media_type.is_sequence


def closest_promise(contents: tuple[Promise, ...], media_type: str) -> Promise:
    """Return the promise that fits a media type most closely, the first where none does."""
    for promise in contents:
        if promise.name == media_type:
            return promise
    given = parse_media_type(media_type)
    return (covering(contents, given) if given is not None else None) or contents[0]


def covering(contents: tuple[Promise, ...], given: MediaType) -> Promise | None:
    """Return the promise of a type or range that covers a media type most closely, None where none does."""
    number = closest([promise.media_type for promise in contents], given)
    return None if number is None else contents[number]


def with_charset(name: str, media_type: MediaType) -> str:
    """Return the Content-Type of a media type that its document calls `name`: text says that it is UTF-8."""
    says_nothing = (
        media_type.is_text and not media_type.is_event_stream and "charset" not in media_type.parameters
    )
    return f"{name}; charset=utf-8" if says_nothing else name


def concrete(media_type: MediaType) -> str:
    """Return a media type that can stand in Content-Type: a range that nobody narrowed is just bytes."""
    if not media_type.is_range:
        return media_type.name
    return JSON if media_type.name in {"*/*", "application/*"} else "application/octet-stream"
