"""What answers an operation that has no handler: a function as a handler is one, its answers taken from the document.

    Prefer: code=404, example=missing   ->   the example "missing" of the response 404

Made when first asked for and kept: the same request gets the same answer. Not for schemas (values, fitting), nor for
encoding what is returned (validation.responses): it goes the way of every handler's result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

from macaron_runner.errors import MacaronError, NotFound, NotImplementedYet
from macaron_runner.mock.fitting import Unfit, fits, make_fitting
from macaron_runner.mock.forms import in_form
from macaron_runner.mock.headers import headers_of
from macaron_runner.mock.merging import Merger
from macaron_runner.mock.prefer import Preferences, read_preferences
from macaron_runner.openapi.operation import Content, Operation, Response, Schema
from macaron_runner.validation.examples import is_as_sent
from macaron_runner.validation.media_types import JSON, MediaType, closest, parse_media_type
from macaron_runner.validation.responses import BODILESS, ResponseEncoder, compile_responses
from macaron_runner.validation.schema import compile_schema
from macaron_runner.validation.sequences import schema_of_sequence

Made: TypeAlias = tuple[Any, int, dict[str, str]]
"""Value, status and headers, as a handler returns them."""

HeaderOf: TypeAlias = Callable[[str], str | None]
"""Returns a header of the request under way."""

_KEPT: Final = 64
"""Answers that one operation keeps; what clients prefer is bounded by the document, but for ranges of statuses."""

_OURS: Final = MediaType(JSON)
"""What our own form of an error is sent as."""

_NOTHING: Final = Response("204")
"""What answers an operation that describes no response, as 3.1 allows: whatever is said breaks no promise."""

_SAME: Final[Mapping[int, int]] = {400: 422}
"""Where documents have another status for what we refuse: all that FastAPI writes, for one."""


class Mock:
    """Makes the answers of one operation; `merger` is of its API."""

    def __init__(self, operation: Operation, merger: Merger) -> None:
        self._operation = operation
        self._merger = merger
        self._kept: dict[tuple[int, str, Preferences], tuple[Any, dict[str, str]]] = {}

    def answer(self, prefer: str | None, accept: str | None) -> Made:
        """Return value, status and headers for what a client prefers and accepts.

        Raises InvalidParameter or NotFound where the document has no such answer, NotAcceptable, and NotImplementedYet
        where nothing can be made up that fits.
        """
        preferences = read_preferences(prefer)
        response, status = self._response(preferences.code)
        return self._answer(response, status, self._encoder.negotiate(accept), preferences)

    def refusal(self, error: MacaronError) -> Made | None:
        """Return what the document describes for an error's status, or for one that means the same.

        None where it describes neither, or what our own form is anyway.

        Raises NotImplementedYet where nothing can be made up that fits.
        """
        described = self._described(error.status) or self._described(_SAME.get(error.status))
        if described is None:
            return None
        response, status = described
        is_ours = any(self._is_ours(error, content) for content in response.content)
        if status == error.status and (is_ours or not response.content):
            return None
        if is_ours:
            return error.to_json() | {"status": status}, status, error.headers
        value, status, headers = self._answer(response, status, self._encoder.negotiate(None), Preferences())
        return value, status, headers | error.headers

    def _described(self, status: int | None) -> tuple[Response, int] | None:
        try:
            return None if status is None else self._response(status)
        except NotFound:
            return None

    def _is_ours(self, error: MacaronError, content: Content) -> bool:
        """Tell whether an error in our own form is what the document describes."""
        media_type = parse_media_type(content.media_type)
        return media_type is not None and media_type.accepts(_OURS) and self._fits(error.to_json(), content)

    def _answer(self, response: Response, status: int, negotiated: str, preferences: Preferences) -> Made:
        media_type = self._encoder.media_type(status, negotiated)
        key = (status, media_type, preferences)
        if key not in self._kept:
            made = self._made(response, status, media_type, preferences)
            if len(self._kept) >= _KEPT:
                return made[0], status, made[1]
            self._kept[key] = made
        value, headers = self._kept[key]
        return value, status, headers

    @cached_property
    def _encoder(self) -> ResponseEncoder:
        return compile_responses(self._operation, self._merger.definitions, "enforce")

    def _response(self, code: int | None) -> tuple[Response, int]:
        """Return the response with a status, else the first that tells of success."""
        responses = {response.status: response for response in self._operation.responses}
        if code is not None:
            for status in (str(code), f"{code // 100}XX", "default"):
                if status in responses:
                    return responses[status], code
            there = f"only {_listed(responses)}" if responses else "and none at all"
            raise NotFound(f"There is no response {code} for this operation, {there}")
        if not responses:
            return _NOTHING, 204
        if not (usual := sorted(filter(_can_be_sent, responses.values()), key=_unusualness)):
            raise NotImplementedYet("The document describes no response that could be made up")
        return usual[0], _status_of(usual[0])

    def _made(
        self, response: Response, status: int, media_type: str, preferences: Preferences
    ) -> tuple[Any, dict[str, str]]:
        headers = dict(headers_of(response, self._merger))
        if preferences.applied:
            headers["Preference-Applied"] = preferences.applied
        content = _content_of(response, media_type)
        if content is None or status in BODILESS:
            if preferences.example is not None:
                raise NotFound(f"The response {response.status} has no body, and so no examples")
            return None, headers
        try:
            value = self._value(response, content, preferences)
            schema = True if content.schema is None else content.schema
            return in_form(value, media_type, schema, self._merger.definitions), headers
        except Unfit as error:
            where = f'response {response.status} of "{self._operation.name}", {content.media_type}'
            raise NotImplementedYet(f"No answer could be made up for {where}: {error}") from None

    def _value(self, response: Response, content: Content, preferences: Preferences) -> Any:
        """Return an example that fits, the one that is asked for, or a value of the schema."""
        if preferences.example is not None:
            return self._example(response, content, preferences.example)
        if not preferences.dynamic:
            for value in content.examples.values():
                if self._fits(value, content):
                    return value
        schema = _schema_of(content)
        return {} if schema is None else make_fitting(schema, self._merger, shown=not preferences.dynamic)

    def _example(self, response: Response, content: Content, name: str) -> Any:
        if name not in content.examples:
            names = [each for each in content.examples if each]
            there = f"only {_listed(names)}" if names else "and none at all"
            raise NotFound(f'There is no example "{name}" of the response {response.status}, {there}')
        if not self._fits(content.examples[name], content):
            raise Unfit(f'the example "{name}" does not fit its own schema')
        return content.examples[name]

    def _fits(self, value: Any, content: Content) -> bool:
        schema, definitions = _schema_of(content), self._merger.definitions
        if schema is None or not _is_described(content) or is_as_sent(value, content, definitions):
            return True
        return fits(value, compile_schema(schema, definitions, "response"))


def mock_refusal(
    operation: Operation, merger: Merger, header: HeaderOf
) -> Callable[[MacaronError], Made | None]:
    """Return a function that gives the answer to a request that is refused before a mocked operation is called.

    It gives None where the error is to be told as it is: the document describes no such answer, or one that our own
    form fits, or the client speaks to the mock itself (`Prefer`), and wants to know.
    """
    mock = Mock(operation, merger)

    def refusal(error: MacaronError) -> Made | None:
        if error.status >= 500 or header("Prefer") is not None:
            return None
        try:
            return mock.refusal(error)
        except NotImplementedYet:
            return None

    return refusal


def mock_handler(operation: Operation, merger: Merger, header: HeaderOf) -> Callable[..., Any]:
    """Return a function that answers an operation in the place of a handler, whatever it is called with.

    `header` gives a header of the request under way.
    """
    mock = Mock(operation, merger)

    def mocked(*_: Any, **__: Any) -> tuple[Any, int, Mapping[str, str]]:
        return mock.answer(header("Prefer"), header("Accept"))

    return mocked


def _can_be_sent(response: Response) -> bool:
    return 200 <= _status_of(response) <= 599


def _status_of(response: Response) -> int:
    """Return the status of a response; the first of a range, 200 for the default."""
    if response.status == "default":
        return 200
    text = response.status.upper().replace("X", "0")
    return int(text) if text.isdigit() else 0


def _unusualness(response: Response) -> tuple[bool, bool, bool, int]:
    """Return what sorts responses: success first, with a body rather than without, the lowest first."""
    is_default = response.status == "default"
    success = not is_default and _status_of(response) < 300
    return not success and not is_default, not success, not response.content, _status_of(response)


def _content_of(response: Response, media_type: str) -> Content | None:
    """Return the content that is sent as a media type."""
    given = parse_media_type(media_type)
    if given is None:
        return None
    offered: list[MediaType] = []
    contents: list[Content] = []
    for content in response.content:
        if content.media_type == media_type:
            return content
        if (parsed := parse_media_type(content.media_type)) is not None:
            offered.append(parsed)
            contents.append(content)
    number = closest(offered, given)
    return contents[number] if number is not None else next(iter(contents), None)


def _schema_of(content: Content) -> Schema | None:
    """Return what the value of a content must fit; of a sequence, all items together."""
    media_type = parse_media_type(content.media_type)
    if media_type is not None and (media_type.is_sequence or content.item_schema is not None):
        return schema_of_sequence(content)
    return content.schema


def _is_described(content: Content) -> bool:
    """Tell whether the schema is about the value, and not about the bytes that are sent."""
    media_type = parse_media_type(content.media_type)
    return media_type is not None and (
        media_type.is_json or media_type.is_range or media_type.is_text or media_type.is_sequence
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
