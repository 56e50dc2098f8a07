"""The responses of an operation, compiled: a handler's value checked against what the document promises, as bytes.

Not for status lines and headers (server) or for error answers, which are no part of an operation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from macaron_runner.errors import BadResponse, ErrorDetail, NotAcceptable
from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.jsonable import SURROGATE, NotJson, jsonable, write_json
from macaron_runner.validation.media_types import MediaType, closest, parse_media_type, preferred
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Operation, Response, Schema

Mode: TypeAlias = Literal["enforce", "log", "none"]
Report: TypeAlias = Callable[[BadResponse], None]
"""Hears of an answer that breaks the document and is sent all the same (mode "log")."""

_Encode: TypeAlias = Callable[[Any], bytes]

_log = logging.getLogger(__name__)

JSON: Final = "application/json"
_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class _Promise:
    """One media type of one response, with its check; `media_type` None: an empty body is promised."""

    name: str
    media_type: MediaType | None
    check: Check | None


class ResponseEncoder:
    """Turns a handler's value into bytes; `prepare()` it before workers are forked.

    Mode "enforce" raises BadResponse for a value that breaks the document, "log" reports it and sends it,
    "none" does not look.
    """

    def __init__(self, promises: Mapping[str, tuple[_Promise, ...]], mode: Mode, report: Report) -> None:
        self._promises = promises
        self._mode = mode
        self._report = report
        self._offered = _offered(promises)
        self._default = self._offered[0].name if self._offered else JSON
        self._negotiated: dict[str | None, str] = {
            None: self._default,
            "*/*": self._default,
            "": self._default,
        }
        self._encoders: dict[tuple[int, str], _Encode] = {}

    def prepare(self) -> None:
        """Compile all checks now."""
        for promises in self._promises.values():
            for promise in promises:
                if promise.check is not None:
                    promise.check.prepare()

    def negotiate(self, accept: str | None) -> str:
        """Return the media type of a successful answer for an Accept header (RFC 9110 section 12.5.1).

        An operation that describes no content takes any header. Raises NotAcceptable, which names what there is.
        """
        chosen = self._negotiated.get(accept)
        return chosen if chosen is not None else self._negotiate(accept or "")

    def media_type(self, status: int, negotiated: str) -> str:
        """Return the media type in which a status is answered: the negotiated one where its response has it.

        "" where the response promises an empty body.
        """
        promise = self._promise(status, negotiated)
        if promise is None or promise.media_type is None:
            return "" if promise else JSON
        if promise.media_type.is_range:
            given = parse_media_type(negotiated)
            fits = given is not None and not given.is_range and promise.media_type.accepts(given)
            return negotiated if fits else _concrete(promise.media_type)
        return promise.name

    def encode(self, value: Any, status: int, media_type: str) -> bytes:
        """Return the bytes of a value: a model, dict, list, scalar, str, bytes, or None where nothing is promised.

        Raises BadResponse, whose `errors` are for the log, where the value breaks the document (mode
        "enforce") or cannot be written at all.
        """
        encode = self._encoders.get((status, media_type))
        return (encode if encode is not None else self._encoder(status, media_type))(value)

    def _negotiate(self, accept: str) -> str:
        chosen = preferred(accept, self._offered) if self._offered else MediaType(JSON)
        if chosen is None:
            names = ", ".join(one.name for one in self._offered)
            raise NotAcceptable(f"None of the accepted media types can be produced, only {names}")
        name = _concrete(chosen)
        if len(self._negotiated) < _REMEMBERED:
            self._negotiated[accept] = name
        return name

    def _promise(self, status: int, media_type: str) -> _Promise | None:
        """Return what the document says of a status, or None where it does not speak of it."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self._promises:
                return _of_type(self._promises[key], media_type)
        return None

    def _encoder(self, status: int, media_type: str) -> _Encode:
        promise = self._promise(status, media_type)
        encode: _Encode
        if status in BODILESS or (promise is not None and promise.media_type is None):
            encode = self._empty(status)
        elif promise is None:
            encode = self._undeclared(status)
        else:
            encode = self._compile(promise, media_type)
        if len(self._encoders) < _REMEMBERED:
            self._encoders[status, media_type] = encode
        return encode

    def _empty(self, status: int) -> _Encode:
        """Return what encodes the body of a response that promises none."""

        def encode(value: Any) -> bytes:
            if value is None or value == "" or value == b"":
                return b""
            self._broken(f"the response {status} promises no body, and the handler returned one")
            return b"" if status in BODILESS else _write_any(value)

        return encode

    def _undeclared(self, status: int) -> _Encode:
        def encode(value: Any) -> bytes:
            self._broken(f"the status {status} is not among the responses described")
            return b"" if value is None else _write_any(value)

        return encode

    def _compile(self, promise: _Promise, media_type: str) -> _Encode:
        kind = promise.media_type
        given = parse_media_type(media_type) if kind is not None and kind.is_range else kind
        if given is not None and given.is_json:
            return self._json_encoder(promise.check if self._mode != "none" else None)
        if given is not None and given.name.startswith("text/"):
            return self._text_encoder(promise.check if self._mode != "none" else None)
        return _write_bytes

    def _json_encoder(self, check: Check | None) -> _Encode:
        if check is None:
            return _write
        valid = check.valid

        def encode(value: Any) -> bytes:
            try:
                plain = value.to_json() if hasattr(value, "to_json") else value
                if valid(plain):
                    return _write(plain)
            except (TypeError, ValueError):  # something in it is no JSON value yet: models in a list, dates
                raw = _quickly(check, value)
                if raw is not None:
                    return raw
            return self._exactly(check, value)

        return encode

    def _exactly(self, check: Check, value: Any) -> bytes:
        """Return the bytes of a value of which every part is looked at in Python, for what is quicker has failed."""
        plain = _plain(value)
        if not _valid(check, plain):
            self._broken_by(check, plain)
        return _write(plain)

    def _text_encoder(self, check: Check | None) -> _Encode:
        def encode(value: Any) -> bytes:
            if isinstance(value, str) and check is not None and not _valid(check, str(value)):
                self._broken_by(check, value)
            return _write_bytes(value)

        return encode

    def _broken_by(self, check: Check, value: Any) -> None:
        try:
            problems = check.problems(value)
        except UnicodeEncodeError:
            raise _bad(SURROGATE) from None
        first = problems[0]
        self._broken(f"{first.pointer or 'the body'}: {first.message}", problems)

    def _broken(self, message: str, problems: tuple[ErrorDetail, ...] = ()) -> None:
        """Raise or report, by mode, that the handler broke the document."""
        if self._mode == "none":
            return
        error = _bad(message, problems)
        if self._mode == "enforce":
            raise error
        self._report(error)


BODILESS: Final = frozenset({204, 205, 304})
"""Statuses whose answers have no body, whatever the document says (RFC 9110 section 6.4.1)."""


def log_broken(error: BadResponse) -> None:
    """Write to the log what an answer breaks."""
    for detail in error.errors:
        _log.warning("the answer breaks its description: %s %s", detail.pointer or "body", detail.message)


def compile_responses(
    operation: Operation, definitions: Mapping[str, Schema], mode: Mode, report: Report = log_broken
) -> ResponseEncoder:
    """Return the encoder of an operation's responses; `report` hears of what mode "log" lets pass."""
    promises = {
        response.status: _promises(response, definitions, checked=mode != "none")
        for response in operation.responses
    }
    return ResponseEncoder(promises, mode, report)


def _promises(
    response: Response, definitions: Mapping[str, Schema], *, checked: bool
) -> tuple[_Promise, ...]:
    found = [
        _Promise(content.media_type, parsed, _check_of(content, parsed, definitions) if checked else None)
        for content in response.content
        if (parsed := parse_media_type(content.media_type)) is not None
    ]
    return tuple(found) or (_Promise("", None, None),)


def _check_of(content: Content, media_type: MediaType, definitions: Mapping[str, Schema]) -> Check | None:
    described = media_type.is_json or media_type.is_range or media_type.name.startswith("text/")
    if content.schema is None or not described:
        return None
    return compile_schema(content.schema, definitions, "response")


def _offered(promises: Mapping[str, tuple[_Promise, ...]]) -> tuple[MediaType, ...]:
    """Return the media types of successful answers; where there are none, those of any answer."""
    successes = [status for status in promises if status[:1] == "2"] or [
        status for status in promises if status == "default"
    ]
    found = {
        promise.name: promise.media_type
        for status in successes
        for promise in promises[status]
        if promise.media_type is not None
    }
    return tuple(found.values())


def _of_type(promises: tuple[_Promise, ...], media_type: str) -> _Promise:
    """Return the promise that fits a media type most closely, the first where none does."""
    for promise in promises:
        if promise.name == media_type or promise.media_type is None:
            return promise
    given = parse_media_type(media_type)
    offered = [promise.media_type for promise in promises if promise.media_type is not None]
    number = closest(offered, given) if given is not None else None
    return promises[number or 0]


def _concrete(media_type: MediaType) -> str:
    """Return a media type that can stand in Content-Type: a range that nobody narrowed is just bytes."""
    if not media_type.is_range:
        return media_type.name
    return JSON if media_type.name in {"*/*", "application/*"} else "application/octet-stream"


def _valid(check: Check, value: Any) -> bool:
    """Tell whether a plain value fits. Raises BadResponse for the one thing in it that is no JSON: broken text."""
    try:
        return check.valid(value)
    except UnicodeEncodeError:
        raise _bad(SURROGATE) from None


def _quickly(check: Check, value: Any) -> bytes | None:
    """Return the bytes of a value whose parts the fast writer can turn into JSON, None where they do not fit."""
    try:
        raw = write_json(value)
        return raw if check.valid(read_json(raw)) else None
    except (NotJson, UnreadableText):
        return None


def _plain(value: Any) -> Any:
    try:
        return jsonable(value)
    except NotJson as error:
        raise _bad(str(error)) from None


def _write(value: Any) -> bytes:
    try:
        return write_json(value)
    except NotJson as error:
        raise _bad(str(error)) from None


def _write_bytes(value: Any) -> bytes:
    """Return text or bytes as they are. Raises BadResponse for anything else."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            raise _bad(SURROGATE) from None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if value is None:
        return b""
    raise _bad(f"a value of type {type(value).__name__} is neither text nor bytes")


def _write_any(value: Any) -> bytes:
    """Return the bytes of a value nobody described: bytes as they are, the rest as JSON."""
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else _write(value)


def _bad(message: str, problems: tuple[ErrorDetail, ...] = ()) -> BadResponse:
    return BadResponse(errors=problems or (ErrorDetail("body", "", message),))
