"""`multipart/form-data` bodies: parts into the properties of one JSON object, files into FileStorage.

Not for urlencoded forms (form), nor for writing bodies (multipart_encoder). OpenAPI 3.2 "Encoding Object", RFC 7578.
The parts are cut by Werkzeug, imported when the first operation takes such a body.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from macaron_runner.errors import ErrorDetail, InvalidParameter
from macaron_runner.validation.form import value_reader
from macaron_runner.validation.headers import HeaderCheck, compile_headers
from macaron_runner.validation.media_types import MediaType, is_charset, parse_media_type
from macaron_runner.validation.problems import invalid, pointer_of
from macaron_runner.validation.text_values import Convert, Shape, UnreadableText, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from werkzeug.datastructures import FileStorage, Headers

    from macaron_runner.openapi.operation import Content, Encoding, Schema

MOST_PARTS: Final = 1000
"""A body with more parts than this is refused: each costs far more to take apart than its bytes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field's name, its file's name where it has one, its headers and its bytes."""

    name: str
    filename: str | None
    headers: Headers
    data: bytes

    @property
    def media_type(self) -> MediaType | None:
        """What the part says it is; None where it says nothing."""
        return parse_media_type(self.headers.get("Content-Type", ""))

    @property
    def is_no_file(self) -> bool:
        """Whether this is what browsers send where no file was chosen (WHATWG HTML section 4.10.22.4)."""
        return self.filename == "" and not self.data


def compile_multipart(
    content: Content, definitions: Mapping[str, Schema]
) -> Callable[[bytes, MediaType], dict[str, Any]]:
    """Return what makes an object of a body and its Content-Type; files are `FileStorage` values in it.

    Parts that the schema does not name are what additionalProperties says, else text, or files where they have a file's
    name. It raises InvalidParameter with everything that is wrong.
    """
    import werkzeug.sansio.multipart  # noqa: F401 - paid for at start, not by the first request

    shape = shape_of(content.schema if content.schema is not None else True, definitions)
    fields = {
        name: _field(member, content.encoding.get(name), definitions)
        for name, member in shape.properties.items()
    }
    other = _other_field(shape, definitions)

    def decode(raw: bytes, given: MediaType) -> dict[str, Any]:
        found: dict[str, Any] = {}
        errors: list[ErrorDetail] = []
        for part in cut(raw, given.parameters.get("boundary", "")):
            try:
                _put(found, part, fields.get(part.name, other))
            except UnreadableText as error:
                errors.append(ErrorDetail("body", pointer_of([part.name]), str(error)))
        if errors:
            raise invalid(errors)
        return found

    return decode


def without_files(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the check sees of a body: a file is a text, of no particular length."""
    return {name: _without_file(value) for name, value in body.items()}


def _without_file(value: Any) -> Any:
    """Return a property as the check sees it; files are parts or the items of an array of parts, and no deeper."""
    if isinstance(value, list):
        return ["" if hasattr(item, "stream") else item for item in value]
    return "" if hasattr(value, "stream") else value


def cut(raw: bytes, boundary: str) -> Iterator[Part]:
    """Yield the parts of a body. Raises InvalidParameter where it is malformed or has more than MOST_PARTS."""
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Epilogue, MultipartDecoder, Preamble

    if not boundary:
        raise _malformed("the Content-Type has no boundary")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=MOST_PARTS)
    try:
        decoder.receive_data(raw)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if not isinstance(event, Preamble):
                yield _part(event, decoder)
    except RequestEntityTooLarge:
        raise _malformed(f"has more than {MOST_PARTS} parts") from None
    except (ValueError, UnicodeError):
        raise _malformed("is not well-formed multipart/form-data") from None


def _part(event: Any, decoder: Any) -> Part:
    """Return the part that a Field or File event begins. Raises ValueError where it does not end."""
    data = decoder.next_event()
    chunks = [data.data]
    while data.more_data:
        data = decoder.next_event()
        chunks.append(data.data)
    if event.name is None:
        raise ValueError("a part without a name")
    return Part(event.name, getattr(event, "filename", None), event.headers, b"".join(chunks))


def _malformed(message: str) -> InvalidParameter:
    return invalid([ErrorDetail("body", "", message)])


@dataclass(frozen=True, slots=True)
class _Field:
    """How the parts of one name are read; `many`: they are the items of an array; `check` looks at their headers.

    Where nothing is `described`, a part is a file if it has a file's name, and several of one name are an array.
    """

    convert: Convert
    binary: bool = False
    many: bool = False
    allowed: tuple[MediaType, ...] = ()
    check: HeaderCheck | None = None
    described: bool = True


def _field(schema: Schema, encoding: Encoding | None, definitions: Mapping[str, Schema]) -> _Field:
    shape = shape_of(schema, definitions)
    many = "array" in shape.types and not sent_as_json(encoding)
    inner: Schema = shape.items[0] if many and shape.items else (True if many else schema)
    inner_shape = shape_of(inner, definitions)
    names = (encoding.content_type or "").split(",") if encoding else []
    return _Field(
        convert=value_reader(inner, encoding, definitions),
        binary=inner_shape.binary or (says_nothing(inner_shape) and many is False),
        many=many,
        allowed=tuple(found for name in names if (found := parse_media_type(name)) is not None),
        check=compile_headers(encoding.headers, definitions, "request") if encoding else None,
    )


def _other_field(shape: Shape, definitions: Mapping[str, Schema]) -> _Field:
    """Return how the parts that no property names are read."""
    additional = next(iter(shape.additional), True)
    if isinstance(additional, bool):
        return _Field(convert=str, described=False)
    return _field(additional, None, definitions)


def sent_as_json(encoding: Encoding | None) -> bool:
    """Tell whether a field is one JSON text by its encoding, an array of it too."""
    found = parse_media_type(encoding.content_type) if encoding and encoding.content_type else None
    return found is not None and found.is_json


def says_nothing(shape: Shape) -> bool:
    """Tell whether a schema says nothing: in OpenAPI 3.1 `file: {}` describes bytes."""
    return not shape.types and not shape.properties


def _put(found: dict[str, Any], part: Part, field: _Field) -> None:
    """Put the value of a part into the object. Raises UnreadableText."""
    if part.is_no_file and (field.binary or not field.described):
        return
    value = _value(part, field)
    if field.many:
        found.setdefault(part.name, []).append(value)
    elif part.name not in found:
        found[part.name] = value
    elif field.described:
        raise UnreadableText("is given more than once")
    else:
        before = found[part.name]
        found[part.name] = [*before, value] if isinstance(before, list) else [before, value]


def _value(part: Part, field: _Field) -> Any:
    media_type = part.media_type
    if field.allowed and media_type is not None and not any(one.accepts(media_type) for one in field.allowed):
        names = ", ".join(one.name for one in field.allowed)
        raise UnreadableText(f"is of the media type {media_type.name}, not {names}")
    if field.check is not None:
        for name, message in field.check(part.headers.get):
            raise UnreadableText(f"has a header {name} that does not fit: it {message}")
    if field.binary or (part.filename is not None and not field.described):
        return _file(part)
    return field.convert(_text_of(part, media_type))


def _text_of(part: Part, media_type: MediaType | None) -> str:
    """Return a part's text, in the charset it names, else UTF-8 (RFC 7578 section 4.5). Raises UnreadableText."""
    charset = media_type.charset if media_type is not None else "utf-8"
    if not is_charset(charset):
        raise UnreadableText(f'is in the charset "{charset[:40]}", which is not known')
    try:
        return part.data.decode(charset)
    except UnicodeError:
        raise UnreadableText(f"is not {charset.upper()} text") from None


def _file(part: Part) -> FileStorage:
    from werkzeug.datastructures import FileStorage

    return FileStorage(io.BytesIO(part.data), part.filename, part.name, headers=part.headers)
