"""The body of a request, compiled per operation: bytes of a media type into what the handler gets as `body`.

Not for reading the bytes off the connection, or for their limit (server). RFC 9110 section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from macaron_runner.errors import ErrorDetail, InvalidParameter, UnsupportedMediaType
from macaron_runner.recent import RecentCache
from macaron_runner.validation.alike import Lists, forget, remember
from macaron_runner.validation.form import compile_form
from macaron_runner.validation.json_text import exactly, parse_json, read_json
from macaron_runner.validation.lossless import is_all_there
from macaron_runner.validation.media_types import (
    JSON,
    MULTIPART,
    URLENCODED,
    MediaType,
    closest,
    parse_media_type,
)
from macaron_runner.validation.multipart import compile_multipart, without_files
from macaron_runner.validation.parameters import prepare_conversion
from macaron_runner.validation.problems import Unusable, details_of, invalid
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.sequences import read_items, schema_of_sequence
from macaron_runner.validation.text_values import UnreadableText, converter, may_be_text, shape_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Body, Content, Operation, Schema
    from macaron_runner.validation.parameters import Adapt

Read: TypeAlias = Callable[[bytes, MediaType], Any]
"""Makes a JSON value (or text, or bytes) of bytes and of the media type they came with. Raises UnreadableText."""

_Decode: TypeAlias = Callable[[bytes, MediaType], Any]
"""Makes the handler's value of bytes and of the media type they came with. Raises InvalidParameter."""

STREAMED: Final = "x-stream-body"
"""The extension of an operation whose handler reads the body itself, as a file."""

_LONG: Final = 2048
"""Bytes from which on there may be a long list in a body."""

_REMEMBERED: Final = 64
"""How many Content-Type headers are remembered with what they mean, those used last: multipart sends ever new ones."""


class _Accepted(NamedTuple):
    """One media type or range that an operation takes."""

    media_type: MediaType
    decode: _Decode
    prepare: Callable[[], None]


class BodyDecoder:
    """Turns the body of a request into the handler's value; `prepare()` it before workers are forked.

    `takes_body` is False where the operation describes none: nothing is read then, and the value is None. `streams`
    tells whether the handler gets the body as a file that it reads itself: then `open` takes the place of a call.
    """

    def __init__(self, body: Body | None, contents: tuple[_Accepted, ...], *, streams: bool = False) -> None:
        self.takes_body = body is not None
        self.streams = streams
        self._required = body is not None and body.required
        self._contents = contents
        self._recent: RecentCache[tuple[_Decode, MediaType]] = RecentCache(_REMEMBERED)
        self._usual = {
            accepted.media_type.name: self._choose(accepted.media_type.name)
            for accepted in contents
            if not accepted.media_type.is_range and not accepted.media_type.parameters
        }

    def prepare(self) -> None:
        """Compile all checks now, and what makes the values."""
        for accepted in self._contents:
            accepted.prepare()

    def __call__(
        self, content_type: str | None, content_length: int | None, read: Callable[[], bytes]
    ) -> Any:
        """Return the value, None where there is no body and none is required.

        `read` gives the whole body and is called at most once; `content_length` None means that it is not
        known. Raises UnsupportedMediaType, or InvalidParameter with everything that is wrong.
        """
        if not self.takes_body:
            return None
        if content_type:
            usual = self._usual.get(content_type)
            decode, media_type = usual if usual is not None else self._chosen(content_type)
            raw = read() if content_length != 0 else b""
            if not raw and (media_type.is_json or not self._required):
                return self._without_body()
            return decode(raw, media_type)
        raw = read() if content_length != 0 else b""
        if not raw:
            return self._without_body()
        decode, media_type = self._guess()
        return decode(raw, media_type)

    def open(
        self, content_type: str | None, content_length: int | None, stream: Callable[[], IO[bytes] | None]
    ) -> IO[bytes] | None:
        """Return the body as `stream` gives it, None where there is none and none is required.

        Raises UnsupportedMediaType, or InvalidParameter where there must be a body; what is in it is not looked at.
        """
        body = stream() if content_length != 0 else None
        if body is None:
            self._without_body()
        elif not content_type:
            self._guess()
        else:
            self._chosen(content_type)
        return body

    def _without_body(self) -> None:
        if self._required:
            raise invalid([ErrorDetail("body", "", "a body is required")])

    def _chosen(self, content_type: str) -> tuple[_Decode, MediaType]:
        """Return what a Content-Type header means, which is found out once as long as it keeps coming."""
        chosen = self._recent.get(content_type)
        if chosen is None:
            chosen = self._choose(content_type)
            self._recent.put(content_type, chosen)
        return chosen

    def _choose(self, content_type: str) -> tuple[_Decode, MediaType]:
        """Return the decoder of the media type that covers this one most closely."""
        media_type = parse_media_type(content_type)
        accepted = self._closest(media_type) if media_type else None
        if media_type is None or accepted is None:
            raise self._unsupported(f'"{content_type[:100]}"')
        if not media_type.is_readable:
            raise self._unsupported(f'{media_type.name} in the charset "{media_type.charset[:100]}"')
        return accepted.decode, media_type

    def _guess(self) -> tuple[_Decode, MediaType]:
        """Return what a body without a Content-Type is taken for: JSON, else bytes (RFC 9110 section 8.3)."""
        for media_type in (MediaType(JSON), MediaType("application/octet-stream")):
            accepted = self._closest(media_type)
            if accepted is not None:
                return accepted.decode, media_type
        raise self._unsupported("a body without Content-Type")

    def _closest(self, media_type: MediaType) -> _Accepted | None:
        number = closest([accepted.media_type for accepted in self._contents], media_type)
        return None if number is None else self._contents[number]

    def _unsupported(self, given: str) -> UnsupportedMediaType:
        names = ", ".join(accepted.media_type.name for accepted in self._contents)
        return UnsupportedMediaType(f"{given} is not accepted here, only {names}", headers={"Accept": names})


def compile_body(operation: Operation, definitions: Mapping[str, Schema], adapt: Adapt) -> BodyDecoder:
    """Return the decoder of an operation's body.

    JSON becomes what `adapt` makes of the schema (a model); so do forms, whose files are FileStorage, and the list of
    the values of a JSON sequence; text/* becomes a str; anything else bytes.
    """
    if operation.body is None:
        return BodyDecoder(None, ())
    streams = operation.extensions.get(STREAMED) is True
    accepted = tuple(
        _accepted(content, media_type, definitions, adapt)
        for content in operation.body.content
        if (media_type := parse_media_type(content.media_type)) is not None
    )
    return BodyDecoder(operation.body, accepted, streams=streams)


def _accepted(
    content: Content, media_type: MediaType, definitions: Mapping[str, Schema], adapt: Adapt
) -> _Accepted:
    read = compile_reading(content, media_type, definitions)
    schema = schema_of(content, media_type, definitions)
    if schema is None:
        return _Accepted(media_type, lambda raw, given: _readable(read, raw, given), lambda: None)
    check, convert = compile_schema(schema, definitions, "request"), adapt(schema)
    view = without_files if media_type.name == MULTIPART else None
    takes_bytes = not media_type.is_range or _admits_bytes(schema, definitions)

    def decode(raw: bytes, given: MediaType) -> Any:
        lists = None
        try:
            if len(raw) >= _LONG and media_type.is_json:
                value, lists = _read_long(raw, check)
            else:
                value = read(raw, given)
        except UnreadableText as error:
            raise _unreadable(error) from None
        if type(value) is bytes:
            if takes_bytes:
                return value
            raise UnsupportedMediaType(
                f"no value as it is described here can be read from {given.name[:100]}",
                headers={"Accept": JSON if media_type.accepts(MediaType(JSON)) else media_type.name},
            )
        if lists is None:
            seen = value if view is None else view(value)
            if not check.valid(seen):
                raise invalid(check.problems(seen))
        else:
            remember(lists.values())
        try:
            return convert(check.trimmed(value))
        except Unusable as error:
            raise invalid(details_of(error.findings, "body")) from None
        finally:
            if lists is not None:
                forget(lists.values())

    def prepare() -> None:
        check.prepare()
        prepare_conversion(convert)

    return _Accepted(media_type, decode, prepare)


def _read_long(raw: bytes, check: Check) -> tuple[Any, Lists | None]:
    """Return the value of a JSON text, and the long lists in it where it fits. Raises UnreadableText."""
    value = parse_json(raw)
    lists = check.by_columns(value)
    if lists is not None and is_all_there(raw, value, lists):
        return value, lists
    exact = exactly(raw, value)
    return exact, lists if exact is value else check.by_columns(exact)


def _admits_bytes(schema: Schema, definitions: Mapping[str, Schema]) -> bool:
    """Tell whether bytes may be what a schema describes: they are texts, or anything at all."""
    types = shape_of(schema, definitions).types
    return not types or "string" in types


def _readable(read: Read, raw: bytes, given: MediaType) -> Any:
    """Return what is read. Raises InvalidParameter where it cannot be."""
    try:
        return read(raw, given)
    except UnreadableText as error:
        raise _unreadable(error) from None


def _unreadable(error: UnreadableText) -> InvalidParameter:
    return invalid([ErrorDetail("body", "", str(error))])


def schema_of(content: Content, media_type: MediaType, definitions: Mapping[str, Schema]) -> Schema | None:
    """Return what a whole body is held against: bytes, bodies without a schema, texts of arrays against nothing."""
    if media_type.is_sequence:
        return schema_of_sequence(content)
    if media_type.is_text and not media_type.is_range:
        readable = content.schema is not None and may_be_text(content.schema, definitions)
        return content.schema if readable else None
    described = media_type.is_json or media_type.is_range or media_type.is_form
    return content.schema if described else None


def compile_reading(content: Content, media_type: MediaType, definitions: Mapping[str, Schema]) -> Read:
    """Return what reads a media type or range, of a request or an answer: forms as their schema describes them."""
    if media_type.name == URLENCODED:
        read_form = compile_form(content, definitions)
        return lambda raw, _: read_form(raw)
    if media_type.name == MULTIPART:
        return compile_multipart(content, definitions)
    if media_type.is_text and not media_type.is_range and content.schema is not None:
        convert = converter(content.schema, definitions)
        return lambda raw, given: convert(_read_text(raw, given))
    return read_as_given if media_type.is_range else _reader_of(media_type)


def read_as_given(raw: bytes, given: MediaType) -> Any:
    """Return the value of a body where nobody describes its type more closely than it does itself.

    Raises UnreadableText.
    """
    return _reader_of(given)(raw, given)


def _reader_of(media_type: MediaType) -> Read:
    if media_type.is_json:
        return lambda raw, _: read_json(raw)
    if media_type.is_sequence:
        return read_items
    return _read_text if media_type.is_text else lambda raw, _: raw


def _read_text(raw: bytes, given: MediaType) -> str:
    try:
        return raw.decode(given.charset)
    except UnicodeError:
        raise UnreadableText(f"is not {given.charset.upper()} text") from None
