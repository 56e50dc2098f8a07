"""What came back into the result of a call: a model or value as the document describes the status and media type.

    200, application/json  ->  a model, a value         204  ->  None
    404, 500               ->  RemoteError (remote_errors)

Read by what reads the bodies of requests (validation.body). Not for how an answer came (course).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from macaron_runner.clients.failures import InvalidAnswer
from macaron_runner.clients.outgoing import Answer, Pairs, value_of
from macaron_runner.clients.remote_errors import remote_error
from macaron_runner.errors import ErrorDetail
from macaron_runner.validation.body import Read, compile_reading, read_as_given, schema_of
from macaron_runner.validation.media_types import MediaType, closest, parse_media_type
from macaron_runner.validation.multipart import without_files
from macaron_runner.validation.problems import Unusable, details_of, invalid, pointer_of
from macaron_runner.validation.promises import header_check, said_of
from macaron_runner.validation.responses import BODILESS
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.sequences import Cutter
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Operation, Response, Schema
    from macaron_runner.validation.headers import HeaderCheck
    from macaron_runner.validation.parameters import Adapt

Mode: TypeAlias = Literal["enforce", "log", "none"]

MakeItem: TypeAlias = Callable[[Any], Any]
"""Makes the Python value of an item of a sequence. Raises InvalidAnswer."""

_log = logging.getLogger(__name__)

_BYTES: Final = MediaType("application/octet-stream")


class Result(NamedTuple):
    """The result of a call with all that came along (option `whole`)."""

    value: Any
    status: int
    headers: Pairs

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case; of several the list that they are."""
        return value_of(self.headers, name)


class _Kind(NamedTuple):
    """What values a schema describes: what checks them, and what makes Python values of those that fit."""

    check: Check
    convert: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Content:
    """One media type of a response: what reads it, and what its value is, or each of its items."""

    media_type: MediaType
    read: Read
    whole: _Kind | None
    item: _Kind | None


@dataclass(frozen=True, slots=True)
class _Response:
    """What the document says of a status."""

    contents: tuple[_Content, ...]
    headers: HeaderCheck | None


class AnswerDecoder:
    """Makes the results of one operation. Mode "enforce" refuses what breaks the document, "log" tells of it."""

    def __init__(self, operation: Operation, responses: Mapping[str, _Response], mode: Mode) -> None:
        self._operation = operation
        self._responses = responses
        self._mode = mode

    def __call__(self, answer: Answer) -> Any:
        """Return the value of a success, None where it has no body. Raises RemoteError, InvalidAnswer."""
        if answer.status >= 400:
            raise remote_error(self._operation, answer, self._quietly(answer))
        described = self._described(answer.status, answer.headers)
        if answer.status in BODILESS or self._operation.method.upper() == "HEAD":
            return None
        return self._value(answer, described)

    def open(self, status: int, headers: Pairs) -> tuple[MediaType, MakeItem]:
        """Return the media type of a success that is read as it comes, and what makes values of its items.

        Raises InvalidAnswer.
        """
        content, given = self._content(Answer(status, headers), self._described(status, headers))
        item = content.item if content is not None else None
        return given, lambda value: self._made(value, item)

    def _described(self, status: int, headers: Pairs) -> _Response | None:
        described = said_of(self._responses, status)
        if described is None:
            if self._responses:
                self._broken(f"the status {status} is not among the responses described")
        elif described.headers is not None and self._mode != "none":
            problems = described.headers(lambda name: value_of(headers, name))
            self._told([ErrorDetail("header", pointer_of([name]), message) for name, message in problems])
        return described

    def _content(self, answer: Answer, described: _Response | None) -> tuple[_Content | None, MediaType]:
        """Return what describes the body, None where nothing does, and the media type that it has."""
        given = parse_media_type(answer.header("Content-Type") or "")
        contents = described.contents if described is not None else ()
        if given is None:
            only = contents[0] if len(contents) == 1 and not contents[0].media_type.is_range else None
            return only, only.media_type if only is not None else _BYTES
        number = closest([content.media_type for content in contents], given)
        if number is not None:
            return contents[number], given
        if contents:
            self._broken(f'the media type "{given.name}" is not among those of the response {answer.status}')
        return None, given

    def _value(self, answer: Answer, described: _Response | None) -> Any:
        content, given = self._content(answer, described)
        if content is None:
            return self._as_it_is(answer.body, given)
        if not answer.body and content.media_type.is_json:
            return self._broken("there is no body, and one is described")
        try:
            if given.is_event_stream:
                return [self._made(event, content.item) for event in Cutter(given).feed(answer.body)]
            return self._made(content.read(answer.body, given), content.whole)
        except UnreadableText as error:
            raise self._invalid([ErrorDetail("body", "", str(error))]) from None

    def _made(self, value: Any, kind: _Kind | None) -> Any:
        """Return the Python value of what was read; where it does not fit and may be so, as far as there is one."""
        if kind is None or isinstance(value, bytes):
            return value
        if self._mode != "none":
            seen = without_files(value) if isinstance(value, dict) else value
            if not kind.check.valid(seen):
                self._told(kind.check.problems(seen))
            else:
                value = kind.check.trimmed(value)
        try:
            return kind.convert(value)
        except Unusable as error:
            self._told(details_of(error.findings, "body"))
        except (TypeError, ValueError):  # what was made for values that fit was given another
            pass
        return value

    def _as_it_is(self, body: bytes, given: MediaType) -> Any:
        """Return a value that nobody described: of JSON what it says, of text a text, else bytes; None for none."""
        if not body:
            return None
        try:
            return read_as_given(body, given)
        except UnreadableText:
            return body

    def _quietly(self, answer: Answer) -> Any:
        """Return what the document makes of the body of an error; None where that is nothing, or not what it says."""
        described = said_of(self._responses, answer.status)
        given = parse_media_type(answer.header("Content-Type") or "")
        number = (
            closest([each.media_type for each in described.contents], given) if described and given else None
        )
        if described is None or given is None or number is None:
            return None
        content = described.contents[number]
        try:
            value = content.read(answer.body, given)
            if content.whole is None or not content.whole.check.valid(value):
                return None
            return content.whole.convert(content.whole.check.trimmed(value))
        except (UnreadableText, Unusable, ValueError):
            return None

    def _broken(self, message: str) -> None:
        self._told([ErrorDetail("body", "", message)])

    def _told(self, problems: list[ErrorDetail] | tuple[ErrorDetail, ...]) -> None:
        """Raise or log, by mode, that the answer breaks the document."""
        if not problems or self._mode == "none":
            return
        if self._mode == "enforce":
            raise self._invalid(problems)
        for detail in problems:
            _log.warning("the answer of %s breaks its description: %s%s %s", self._operation.name, *detail)

    def _invalid(self, problems: list[ErrorDetail] | tuple[ErrorDetail, ...]) -> InvalidAnswer:
        error = InvalidAnswer(errors=problems, operation=self._operation.name)
        error.add_note(invalid(problems).description)
        return error


def compile_answers(
    operation: Operation, definitions: Mapping[str, Schema], adapt: Adapt, mode: Mode
) -> AnswerDecoder:
    """Return what makes results of the answers to an operation; `adapt` makes models of values that were checked."""
    responses = {
        response.status: _response(response, definitions, adapt, mode) for response in operation.responses
    }
    return AnswerDecoder(operation, responses, mode)


def _response(response: Response, definitions: Mapping[str, Schema], adapt: Adapt, mode: Mode) -> _Response:
    contents = tuple(
        _content(content, media_type, definitions, adapt)
        for content in response.content
        if (media_type := parse_media_type(content.media_type)) is not None
    )
    return _Response(contents, header_check(response, definitions) if mode != "none" else None)


def _content(
    content: Content, media_type: MediaType, definitions: Mapping[str, Schema], adapt: Adapt
) -> _Content:
    def kind(schema: Schema | None) -> _Kind | None:
        if schema is None:
            return None
        return _Kind(compile_schema(schema, definitions, "response"), adapt(schema))

    return _Content(
        media_type,
        compile_reading(content, media_type, definitions),
        kind(schema_of(content, media_type, definitions)),
        kind(content.item_schema),
    )
