"""Values into the body of a request: the media type chosen, the value checked, the bytes or the stream to send.

    {"sku": "a"}, a model       ->  JSON, a form
    {"photo": open(…)}          ->  multipart/form-data
    bytes, a file, a generator  ->  whatever is no JSON and no form

Written by what writes answers (validation.writing) and parameters. Not for where a body goes (encoding).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from macaron_runner.openapi.operation import Content
from macaron_runner.recent import RecentCache
from macaron_runner.validation.jsonable import jsonable
from macaron_runner.validation.media_types import (
    JSON,
    MULTIPART,
    URLENCODED,
    MediaType,
    closest,
    parse_media_type,
)
from macaron_runner.validation.multipart import without_files
from macaron_runner.validation.multipart_encoder import Written, as_file, compile_multipart_encoder
from macaron_runner.validation.parameter_encoder import compile_form_encoder
from macaron_runner.validation.problems import invalid
from macaron_runner.validation.promises import compile_promise, concrete, with_charset
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.writing import bad, compile_writer, problems_of

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Body, Schema

_Write: TypeAlias = Callable[[Any], Written]
"""Makes a body of a value. Raises InvalidParameter, BadResponse, Inexpressible or NotJson, which tell what is wrong."""

_REMEMBERED: Final = 16
"""Media types of a range that calls name, with what writes them."""


class BodyEncoder:
    """Writes the bodies of one operation."""

    def __init__(self, body: Body, definitions: Mapping[str, Schema]) -> None:
        self.required = body.required
        contents = [(each, parse_media_type(each.media_type)) for each in body.content]
        known = [(content, media_type) for content, media_type in contents if media_type is not None]
        self._contents = tuple(known) or ((Content(JSON), MediaType(JSON)),)
        self._definitions = definitions
        self._writers: RecentCache[_Write] = RecentCache(_REMEMBERED)
        self._usual = {
            content.media_type: _writer(content, media_type, content.media_type, definitions)
            for content, media_type in self._contents
            if not media_type.is_range
        }

    def __call__(self, value: Any, content_type: str | None) -> Written:
        """Return the body, in `content_type`, or in the first media type that a value of this kind is sent in.

        Raises what _Write raises, and TypeError where the operation takes no body of `content_type`.
        """
        named = content_type or self._fitting(value)
        usual = self._usual.get(named)
        return usual(value) if usual is not None else self._writer(named)(value)

    def _fitting(self, value: Any) -> str:
        fits = _fit_for(value) if len(self._contents) > 1 else _any
        found = next((each for each in self._contents if fits(each[1])), self._contents[0])
        return concrete(found[1]) if found[1].is_range else found[0].media_type

    def _writer(self, content_type: str) -> _Write:
        """Return what writes in a media type that a range covers, or that the document writes otherwise."""
        known = self._writers.get(content_type)
        if known is None:
            known = self._found(content_type)
            self._writers.put(content_type, known)
        return known

    def _found(self, content_type: str) -> _Write:
        given = parse_media_type(content_type)
        number = closest([each[1] for each in self._contents], given) if given is not None else None
        if given is None or number is None:
            names = ", ".join(content.media_type for content, _ in self._contents)
            raise TypeError(f'the operation takes no body of the media type "{content_type}", only {names}')
        return _writer(self._contents[number][0], given, content_type, self._definitions)


def _any(_: MediaType) -> bool:
    return True


def _fit_for(value: Any) -> Callable[[MediaType], bool]:
    """Return what tells whether a media type is one in which values of this kind are sent."""
    if as_file(value) is not None or hasattr(value, "__next__"):
        return lambda one: not (one.is_json or one.is_form)
    members = value.__macaron_values__() if hasattr(value, "__macaron_values__") else value
    if isinstance(members, Mapping) and any(map(_has_file, members.values())):
        return lambda one: one.name == MULTIPART
    return lambda one: one.is_json or one.name == "*/*"


def _has_file(value: Any) -> bool:
    return as_file(value) is not None or (isinstance(value, list) and any(map(as_file, value)))


def _writer(content: Content, given: MediaType, name: str, definitions: Mapping[str, Schema]) -> _Write:
    """Return what writes values in a concrete media type, whose Content-Type is `name`."""
    if given.name == URLENCODED:
        return _form_writer(content, name, definitions)
    if given.name == MULTIPART:
        return _multipart_writer(content, definitions)
    promise = compile_promise(content, given, definitions, "request")
    write = compile_writer(given, promise.check, promise.item_check, _refuse)
    content_type = with_charset(name, given)
    return lambda value: Written(write(value), content_type)


def _refuse(check: Check, value: Any) -> None:
    raise bad("", problems_of(check, value))


def _form_writer(content: Content, name: str, definitions: Mapping[str, Schema]) -> _Write:
    check = _check(content, definitions)
    encode = compile_form_encoder(_schema(content), content.encoding, definitions)
    return lambda value: Written(encode(_checked(jsonable(value), check)).encode("ascii"), name)


def _multipart_writer(content: Content, definitions: Mapping[str, Schema]) -> _Write:
    check = _check(content, definitions)
    encoder = compile_multipart_encoder(content, definitions)
    return lambda value: encoder.encode(_checked(encoder.members(value), check, without_files))


def _checked(value: Any, check: Check | None, view: Callable[[Any], Any] = lambda value: value) -> Any:
    """Return a value without what is not for requests. Raises InvalidParameter where it does not fit."""
    if check is None:
        return value
    seen = view(value)
    if not check.valid(seen):
        raise invalid(check.problems(seen))
    return check.trimmed(value)


def _check(content: Content, definitions: Mapping[str, Schema]) -> Check | None:
    return None if content.schema is None else compile_schema(content.schema, definitions, "request")


def _schema(content: Content) -> Schema:
    return content.schema if content.schema is not None else True
