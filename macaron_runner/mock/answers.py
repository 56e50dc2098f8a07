"""What answers an operation that has no handler: a function as a handler is one, its answers taken from the document.

    Prefer: code=404, example=missing   ->   the example "missing" of the response 404

Made when first asked for and kept: the same request gets the same answer. Not for schemas (values, fitting), nor for
encoding what is returned (validation.responses): it goes the way of every handler's result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

from macaron_runner.errors import NotFound, NotImplementedYet
from macaron_runner.mock.fitting import Unfit, fits, make_fitting
from macaron_runner.mock.forms import in_form
from macaron_runner.mock.headers import headers_of
from macaron_runner.mock.merging import Merger
from macaron_runner.mock.prefer import Preferences, read_preferences
from macaron_runner.openapi.operation import Content, Operation, Response
from macaron_runner.validation.media_types import MediaType, closest, parse_media_type
from macaron_runner.validation.responses import BODILESS, ResponseEncoder, compile_responses
from macaron_runner.validation.schema import compile_schema

HeaderOf: TypeAlias = Callable[[str], str | None]
"""Returns a header of the request under way."""

_KEPT: Final = 64
"""Answers that one operation keeps; what clients prefer is bounded by the document, but for ranges of statuses."""


class Mock:
    """Makes the answers of one operation; `merger` is of its API."""

    def __init__(self, operation: Operation, merger: Merger) -> None:
        self._operation = operation
        self._merger = merger
        self._kept: dict[tuple[int, str, Preferences], tuple[Any, dict[str, str]]] = {}

    def answer(self, prefer: str | None, accept: str | None) -> tuple[Any, int, dict[str, str]]:
        """Return value, status and headers for what a client prefers and accepts.

        Raises InvalidParameter or NotFound where the document has no such answer, NotAcceptable, and NotImplementedYet
        where nothing can be made up that fits.
        """
        preferences = read_preferences(prefer)
        response, status = self._response(preferences.code)
        media_type = self._encoder.media_type(status, self._encoder.negotiate(accept))
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
            raise NotFound(f"There is no response {code} for this operation, only {_listed(responses)}")
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
            return in_form(self._value(response, content, preferences), media_type), headers
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
        if content.schema is None:
            return {}
        return make_fitting(content.schema, self._merger, shown=not preferences.dynamic)

    def _example(self, response: Response, content: Content, name: str) -> Any:
        if name not in content.examples:
            names = [each for each in content.examples if each]
            there = f"only {_listed(names)}" if names else "and none at all"
            raise NotFound(f'There is no example "{name}" of the response {response.status}, {there}')
        if not self._fits(content.examples[name], content):
            raise Unfit(f'the example "{name}" does not fit its own schema')
        return content.examples[name]

    def _fits(self, value: Any, content: Content) -> bool:
        if content.schema is None or not _is_described(content):
            return True
        return fits(value, compile_schema(content.schema, self._merger.definitions, "response"))


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


def _is_described(content: Content) -> bool:
    """Tell whether the schema is about what is sent, and not about bytes."""
    media_type = parse_media_type(content.media_type)
    return media_type is not None and (
        media_type.is_json or media_type.is_range or media_type.name.startswith("text/")
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
