"""The responses of an operation, compiled: a handler's value checked against what the document promises, as bytes.

    status, media type  ->  the response described  ->  Content-Type, what writes the body, what looks at headers

Not for writing values (writing), for status lines (server) or for error answers, which are no part of an operation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from macaron_runner.errors import BadResponse, ErrorDetail, NotAcceptable
from macaron_runner.recent import RecentCache
from macaron_runner.validation.media_types import JSON, MediaType, parse_media_type, preferred
from macaron_runner.validation.problems import pointer_of
from macaron_runner.validation.promises import (
    Promise,
    Promises,
    closest_promise,
    compile_promises,
    concrete,
    covering,
    with_charset,
)
from macaron_runner.validation.writing import (
    Body,
    Write,
    bad,
    compile_writer,
    problems_of,
    write_any,
)

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Operation, Schema
    from macaron_runner.validation.schema import Check

Mode: TypeAlias = Literal["enforce", "log", "none"]
Report: TypeAlias = Callable[[BadResponse], None]
"""Hears of an answer that breaks the document and is sent all the same (mode "log")."""

Pairs: TypeAlias = Iterable[tuple[str, str]]
"""Headers, as they will be sent."""

_log = logging.getLogger(__name__)

_REMEMBERED: Final = 64
"""How many Accept headers are remembered with what they mean, those used last; and how many answers, which a handler
chooses among."""

BODILESS: Final = frozenset({204, 205, 304})
"""Statuses whose answers have no body, whatever the document says (RFC 9110 section 6.4.1)."""


class Answer(NamedTuple):
    """How values are answered under one status in one media type.

    `headers` is Content-Type, or nothing where there is no body. `check_headers`, where there is one, wants the headers
    that the handler adds; it raises BadResponse, or reports.
    """

    headers: tuple[tuple[str, str], ...]
    write: Write
    check_headers: Callable[[Pairs], None] | None


class ResponseEncoder:
    """Turns a handler's value into bytes; `prepare()` it before workers are forked.

    `answers` are those that `answer` remembers, by its arguments: whoever is in a hurry looks there first.

    Mode "enforce" raises BadResponse for an answer that breaks the document, "log" reports it and sends it,
    "none" does not look.
    """

    def __init__(self, promises: Promises, mode: Mode, report: Report) -> None:
        self._promises = promises
        self._mode = mode
        self._report = report
        self._offered = promises.offered()
        self._default = self._offered[0].name if self._offered else JSON
        self._usual: dict[str | None, str] = dict.fromkeys((None, "", "*/*"), self._default)
        self._recent: RecentCache[str] = RecentCache(_REMEMBERED)
        self.answers: dict[tuple[int, str], Answer] = {}

    def prepare(self) -> None:
        """Compile all checks now."""
        self._promises.prepare()

    def negotiate(self, accept: str | None) -> str:
        """Return the media type of a successful answer for an Accept header (RFC 9110 section 12.5.1).

        An operation that describes no content takes any header. Raises NotAcceptable, which names what there is.
        """
        usual = self._usual.get(accept)
        return usual if usual is not None else self._negotiated(accept or "")

    def media_type(self, status: int, negotiated: str) -> str:
        """Return the media type in which a status is answered: the negotiated one where its response has it.

        "" where the response promises an empty body.
        """
        described = self._promises.of(status)
        if described is None:
            return JSON
        if not described.contents:
            return ""
        promise = closest_promise(described.contents, negotiated)
        if promise.media_type.is_range:
            given = parse_media_type(negotiated)
            fits = given is not None and not given.is_range and promise.media_type.accepts(given)
            return negotiated if fits else concrete(promise.media_type)
        return promise.name

    def answer(self, status: int, negotiated: str) -> Answer:
        """Return how a status is answered to a client that accepts a media type; the same one each time."""
        known = self.answers.get((status, negotiated))
        return known if known is not None else self._remembered(status, negotiated)

    def answer_as(self, status: int, content_type: str) -> Answer:
        """Return how a status is answered in a media type that the handler chose, which is not among the headers."""
        described = self._promises.of(status)
        if status in BODILESS or described is None or not described.contents:
            return self.answer(status, JSON)._replace(headers=())
        given = parse_media_type(content_type) or MediaType("application/octet-stream")
        promise = covering(described.contents, given)
        write = self._writer(promise, given)

        def write_broken(value: Any) -> Body:
            self._wrong_media_type(status, content_type)
            return write(value)

        return Answer((), write if promise is not None else write_broken, self._header_check(status))

    def encode(self, value: Any, status: int, media_type: str) -> Body:
        """Return the bytes, or the stream, of a value: None where nothing is promised, anything that can be written.

        Raises BadResponse, whose `errors` are for the log, where the value breaks the document (mode
        "enforce") or cannot be written at all.
        """
        return self.answer(status, media_type).write(value)

    def _negotiated(self, accept: str) -> str:
        """Return what an Accept header means, which is found out once as long as it keeps coming."""
        name = self._recent.get(accept)
        if name is None:
            name = self._negotiate(accept)
            self._recent.put(accept, name)
        return name

    def _negotiate(self, accept: str) -> str:
        chosen = preferred(accept, self._offered) if self._offered else MediaType(JSON)
        if chosen is None:
            names = ", ".join(one.name for one in self._offered)
            raise NotAcceptable(f"None of the accepted media types can be produced, only {names}")
        return concrete(chosen)

    def _remembered(self, status: int, negotiated: str) -> Answer:
        answer = self._answer(status, negotiated)
        if len(self.answers) < _REMEMBERED:
            self.answers[status, negotiated] = answer
        return answer

    def _answer(self, status: int, negotiated: str) -> Answer:
        described = self._promises.of(status)
        name = self.media_type(status, negotiated)
        if described is None:
            headers = () if status in BODILESS else (("Content-Type", name),)
            return Answer(headers, self._undescribed(status), None)
        if status in BODILESS or not name:
            return Answer((), self._empty(status), self._header_check(status))
        promise = closest_promise(described.contents, negotiated)
        given = parse_media_type(name) or promise.media_type
        headers = (("Content-Type", with_charset(name, given)),)
        return Answer(headers, self._writer(promise, given), self._header_check(status))

    def _writer(self, promise: Promise | None, given: MediaType) -> Write:
        if promise is None or self._mode == "none":
            return compile_writer(given, None, None, self._broken_by)
        return compile_writer(given, promise.check, promise.item_check, self._broken_by)

    def _header_check(self, status: int) -> Callable[[Pairs], None] | None:
        described = self._promises.of(status)
        if described is None or described.headers is None or self._mode == "none":
            return None
        check = described.headers

        def check_headers(pairs: Pairs) -> None:
            given: dict[str, str] = {}
            for name, value in pairs:
                key = name.lower()
                given[key] = f"{given[key]}, {value}" if key in given else value
            problems = tuple(
                ErrorDetail("header", pointer_of([name]), message)
                for name, message in check(lambda name: given.get(name.lower()))
            )
            if problems:
                self._broken("", problems)

        return check_headers

    def _empty(self, status: int) -> Write:
        """Return what writes the body of a response that promises none."""

        def write(value: Any) -> bytes:
            if value is None or value == "" or value == b"":
                return b""
            self._broken(f"the response {status} promises no body, and the handler returned one")
            return b"" if status in BODILESS else write_any(value)

        return write

    def _undescribed(self, status: int) -> Write:
        """Return what writes the body of a status that no response is described for."""
        write_value = self._empty(status) if status in BODILESS else write_any

        def write(value: Any) -> Body:
            if self._promises:
                self._broken(f"the status {status} is not among the responses described")
            return write_value(value)

        return write

    def _wrong_media_type(self, status: int, content_type: str) -> None:
        self._broken(f'the media type "{content_type}" is not among those of the response {status}')

    def _broken_by(self, check: Check, value: Any) -> None:
        self._broken("", problems_of(check, value))

    def _broken(self, message: str, problems: tuple[ErrorDetail, ...] = ()) -> None:
        """Raise or report, by mode, that the handler broke the document."""
        if self._mode == "none":
            return
        error = bad(message, problems)
        if self._mode == "enforce":
            raise error
        self._report(error)


def log_broken(error: BadResponse) -> None:
    """Write to the log what an answer breaks."""
    for detail in error.errors:
        place = f"header {detail.pointer}" if detail.location == "header" else detail.pointer or "body"
        _log.warning("the answer breaks its description: %s %s", place, detail.message)


def compile_responses(
    operation: Operation, definitions: Mapping[str, Schema], mode: Mode, report: Report = log_broken
) -> ResponseEncoder:
    """Return the encoder of an operation's responses; `report` hears of what mode "log" lets pass.

    An operation without any response promises nothing, so nothing breaks it.
    """
    return ResponseEncoder(compile_promises(operation, definitions, checked=mode != "none"), mode, report)
