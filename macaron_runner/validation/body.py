"""The body of a request, compiled per operation: bytes of a media type into what the handler gets as `body`.

Not for reading the bytes off the connection, or for their limit (server). RFC 9110 section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.errors import ErrorDetail, InvalidParameter, UnsupportedMediaType
from macaron_runner.validation.form import compile_form
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.media_types import MediaType, closest, parse_media_type
from macaron_runner.validation.multipart import compile_multipart
from macaron_runner.validation.problems import Unusable, details_of, invalid
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Body, Content, Operation, Schema
    from macaron_runner.validation.parameters import Adapt

_Decode: TypeAlias = Callable[[bytes, MediaType], Any]
"""Makes the handler's value of bytes and of the media type they came with."""

_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_REMEMBERED: Final = 64
"""How many Content-Type headers are remembered with what they mean; multipart sends a new one each time."""


class BodyDecoder:
    """Turns the body of a request into the handler's value; `prepare()` it before workers are forked.

    `takes_body` is False where the operation describes none: nothing is read then, and the value is None.
    """

    def __init__(
        self, body: Body | None, contents: tuple[tuple[MediaType, _Decode, Check | None], ...]
    ) -> None:
        self.takes_body = body is not None
        self._required = body is not None and body.required
        self._contents = contents
        self._known: dict[str, tuple[_Decode, MediaType]] = {}

    def prepare(self) -> None:
        """Compile all checks now."""
        for _, _, check in self._contents:
            if check is not None:
                check.prepare()

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
            known = self._known.get(content_type)
            decode, media_type = known if known is not None else self._choose(content_type)
            raw = read() if content_length != 0 else b""
            if not raw and (media_type.is_json or not self._required):
                return self._without_body()
            return decode(raw, media_type)
        raw = read() if content_length != 0 else b""
        if not raw:
            return self._without_body()
        decode, media_type = self._guess()
        return decode(raw, media_type)

    def _without_body(self) -> None:
        if self._required:
            raise invalid([ErrorDetail("body", "", "a body is required")])

    def _choose(self, content_type: str) -> tuple[_Decode, MediaType]:
        """Return the decoder of the media type that covers this one most closely."""
        media_type = parse_media_type(content_type)
        number = closest([offered for offered, _, _ in self._contents], media_type) if media_type else None
        if media_type is None or number is None:
            raise self._unsupported(f'"{content_type[:100]}"')
        if not media_type.name.startswith("multipart/") and media_type.charset not in _UTF8:
            raise UnsupportedMediaType(f'the charset must be utf-8, not "{media_type.charset[:100]}"')
        chosen = self._contents[number][1], media_type
        if len(self._known) < _REMEMBERED:
            self._known[content_type] = chosen
        return chosen

    def _guess(self) -> tuple[_Decode, MediaType]:
        """Return what a body without a Content-Type is taken for: JSON, else bytes (RFC 9110 section 8.3)."""
        for name in ("application/json", "application/octet-stream"):
            media_type = MediaType(name)
            number = closest([offered for offered, _, _ in self._contents], media_type)
            if number is not None:
                return self._contents[number][1], media_type
        raise self._unsupported("a body without Content-Type")

    def _unsupported(self, given: str) -> UnsupportedMediaType:
        accepted = ", ".join(offered.name for offered, _, _ in self._contents)
        return UnsupportedMediaType(
            f"{given} is not accepted here, only {accepted}", headers={"Accept": accepted}
        )


def compile_body(operation: Operation, definitions: Mapping[str, Schema], adapt: Adapt) -> BodyDecoder:
    """Return the decoder of an operation's body.

    JSON becomes what `adapt` makes of the schema (a model); so do forms, whose files are FileStorage; text/*
    a str; anything else bytes.
    """
    if operation.body is None:
        return BodyDecoder(None, ())
    contents = []
    for content in operation.body.content:
        media_type = parse_media_type(content.media_type)
        if media_type is not None:
            check = _check_of(content, media_type, definitions)
            contents.append((media_type, _decoder(content, media_type, definitions, adapt, check), check))
    return BodyDecoder(operation.body, tuple(contents))


def _is_text(media_type: MediaType) -> bool:
    return media_type.name.startswith("text/") and not media_type.is_json


def _is_form(media_type: MediaType) -> bool:
    return media_type.name in {"application/x-www-form-urlencoded", "multipart/form-data"}


def _check_of(content: Content, media_type: MediaType, definitions: Mapping[str, Schema]) -> Check | None:
    """Return the check of a body; bytes, and bodies without a schema, have none."""
    described = media_type.is_json or media_type.is_range or _is_text(media_type) or _is_form(media_type)
    if content.schema is None or not described:
        return None
    return compile_schema(content.schema, definitions, "request")


def _decoder(
    content: Content,
    media_type: MediaType,
    definitions: Mapping[str, Schema],
    adapt: Adapt,
    check: Check | None,
) -> _Decode:
    convert = adapt(content.schema) if check is not None and content.schema is not None else None
    if media_type.name == "application/x-www-form-urlencoded":
        decode_form = compile_form(content, definitions)
        return lambda raw, _: _checked(decode_form(raw), check, convert)
    if media_type.name == "multipart/form-data":
        return _multipart_decoder(content, definitions, check, convert)
    if media_type.is_range:
        return lambda raw, given: _of_any_type(raw, given, check, convert)
    if media_type.is_json:
        return lambda raw, _: _json(raw, check, convert)
    if _is_text(media_type):
        return lambda raw, _: _checked(_text(raw), check, convert)
    return lambda raw, _: raw


def _json(raw: bytes, check: Check | None, convert: Callable[[Any], Any] | None) -> Any:
    try:
        value = read_json(raw)
    except UnreadableText as error:
        raise _wrong(str(error)) from None
    return _checked(value, check, convert)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _wrong("is not UTF-8 text") from None


def _of_any_type(
    raw: bytes, given: MediaType, check: Check | None, convert: Callable[[Any], Any] | None
) -> Any:
    """Return the value of a body where the operation takes a range of types: the request says which it is."""
    if given.is_json:
        return _json(raw, check, convert)
    return _checked(_text(raw), check, convert) if _is_text(given) else raw


def _checked(value: Any, check: Check | None, convert: Callable[[Any], Any] | None) -> Any:
    """Return the handler's value of a JSON value. Raises InvalidParameter."""
    if check is None:
        return value
    if not check.valid(value):
        raise invalid(check.problems(value))
    return _converted(value, convert)


def _converted(value: Any, convert: Callable[[Any], Any] | None) -> Any:
    if convert is None:
        return value
    try:
        return convert(value)
    except Unusable as error:
        raise invalid(details_of(error.findings, "body")) from None


def _wrong(message: str) -> InvalidParameter:
    return invalid([ErrorDetail("body", "", message)])


def _multipart_decoder(
    content: Content,
    definitions: Mapping[str, Schema],
    check: Check | None,
    convert: Callable[[Any], Any] | None,
) -> _Decode:
    cut = compile_multipart(content, definitions)

    def decode(raw: bytes, media_type: MediaType) -> Any:
        boundary = media_type.parameters.get("boundary", "")
        if not boundary:
            raise _wrong("the Content-Type has no boundary")
        value = cut(raw, boundary)
        plain = {name: _without_files(member) for name, member in value.items()}
        if check is not None and not check.valid(plain):
            raise invalid(check.problems(plain))
        return _converted(value, convert)

    return decode


def _without_files(value: Any) -> Any:
    """Return what the check sees of a property: a file is a text, of no particular length."""
    if isinstance(value, list):
        return [_without_files(item) for item in value]
    return "" if hasattr(value, "stream") else value
