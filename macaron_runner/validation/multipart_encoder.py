"""`multipart/form-data` bodies, written as multipart reads them: the properties of one object as parts, files included.

    {"note": "hi", "ids": [1, 2]}                a part "note", two parts "ids"
    {"photo": open("a.png", "rb")}               a part "photo" with the file's name and type
    {"photo": b"…"}, {"photo": ("a.png", b"…", "image/png")}, {"photo": FileStorage(…)}      the same

Not for reading (multipart), nor for urlencoded forms (parameter_encoder). RFC 7578, OpenAPI 3.2 "Encoding Object".
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from macaron_runner.ids import new_id
from macaron_runner.validation.escaping import Inexpressible
from macaron_runner.validation.jsonable import NotJson, jsonable, write_json
from macaron_runner.validation.media_types import JSON, MULTIPART, parse_media_type
from macaron_runner.validation.multipart import says_nothing, sent_as_json
from macaron_runner.validation.parameter_encoder import text_of
from macaron_runner.validation.text_values import Shape, shape_of
from macaron_runner.validation.writing import Stream

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Content, Encoding, Schema

_BYTES: Final = (bytes, bytearray, memoryview)
_ANY_BYTES: Final = "application/octet-stream"
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\]|%22")
"""What cannot stand in the quoted name of a part so that all servers read it as it was."""
_FIELD_LINE: Final = re.compile(r"[\t -~]*")
_PIECE: Final = 64 * 1024


class Written(NamedTuple):
    """A body and its Content-Type. It is a stream where a file in it is."""

    body: bytes | Stream
    content_type: str


@dataclass(frozen=True, slots=True)
class File:
    """What is sent as a file, whichever way it was given; `data` is bytes, or a file that is read from where it stands.

    `headers` are those of its part, beside those that every part has.
    """

    filename: str
    data: bytes | IO[Any]
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def stream(self) -> bytes | IO[Any]:
        """The data, under the name by which files are told from values (multipart.without_files)."""
        return self.data


def as_file(value: Any) -> File | None:
    """Return a value as a file, None where it is none: FileStorage, open file, bytes, (name, bytes or file, type)."""
    if isinstance(value, File):
        return value
    if isinstance(value, _BYTES):
        return File("", bytes(value))
    if isinstance(value, tuple) and len(value) in {2, 3} and isinstance(value[0], str):
        inner = as_file(value[1])
        return inner and File(value[0], inner.data, value[2] if len(value) == 3 else inner.content_type)
    if hasattr(value, "stream") and hasattr(value, "filename"):
        return File(value.filename or "", value.stream, value.content_type or "", _own_headers(value))
    if hasattr(value, "read"):
        name = getattr(value, "name", "")
        return File(PurePath(name).name if isinstance(name, str) else "", value)
    return None


def _own_headers(value: Any) -> tuple[tuple[str, str], ...]:
    """Return the headers of a FileStorage that every part has not."""
    common = {"content-disposition", "content-type", "content-length"}
    return tuple((name, text) for name, text in value.headers.items() if name.lower() not in common)


class MultipartEncoder:
    """Writes objects as an operation describes them; `members` first, so that they can be checked as they are sent."""

    def __init__(self, fields: Mapping[str, _Field], other: _Field) -> None:
        self._fields = fields
        self._other = other

    def members(self, value: Any) -> dict[str, Any]:
        """Return the members of an object or model: plain values, and File. Raises NotJson."""
        given = value.__macaron_values__() if hasattr(value, "__macaron_values__") else value
        if not isinstance(given, Mapping):
            raise NotJson("only an object can be sent as a form")
        return {
            str(name): _member(member, self._fields.get(name, self._other)) for name, member in given.items()
        }

    def encode(self, members: Mapping[str, Any]) -> Written:
        """Return the body of what `members` returned. Raises Inexpressible for what no part can hold."""
        boundary = new_id()
        parts = [
            part
            for name, member in members.items()
            for part in _parts(name, member, self._fields.get(name, self._other))
        ]
        return Written(_body(parts, boundary), f"{MULTIPART}; boundary={boundary}")


def compile_multipart_encoder(content: Content, definitions: Mapping[str, Schema]) -> MultipartEncoder:
    """Return what writes the bodies that a content describes."""
    shape = shape_of(content.schema if content.schema is not None else True, definitions)
    fields = {
        name: _field(member, content.encoding.get(name), definitions)
        for name, member in shape.properties.items()
    }
    additional = next(iter(shape.additional), True)
    other = _ANYTHING if isinstance(additional, bool) else _field(additional, None, definitions)
    return MultipartEncoder(fields, other)


def _member(value: Any, field: _Field) -> Any:
    """Return a member, or an item of one, as it is sent: bytes are a file, but a text where the field is one."""
    if isinstance(value, list) and field.many:
        return [_member(item, field) for item in value]
    if field.textual and isinstance(value, _BYTES):
        return jsonable(value)
    file = as_file(value)
    return file if file is not None else jsonable(value)


@dataclass(frozen=True, slots=True)
class _Field:
    """How the parts of one name are written.

    `textual`: it is described, and not as a file; `many`: an array is several parts; `as_json`: the text is JSON.
    """

    shape: Shape
    binary: bool = False
    textual: bool = False
    many: bool = False
    as_json: bool = False
    media_type: str = ""


_ANYTHING: Final = _Field(shape_of({}, {}), many=True)
"""A field that nobody described."""


def _field(schema: Schema, encoding: Encoding | None, definitions: Mapping[str, Schema]) -> _Field:
    shape = shape_of(schema, definitions)
    many = "array" in shape.types and not sent_as_json(encoding)
    inner = shape_of(shape.items[0] if shape.items else True, definitions) if many else shape
    no_scalar = bool(inner.types & {"array", "object"}) and not inner.scalar
    named = (encoding.content_type or "").split(",") if encoding else []
    types = [found.name for name in named if (found := parse_media_type(name)) and not found.is_range]
    binary = inner.binary or (says_nothing(inner) and not many)
    return _Field(
        shape=inner,
        binary=binary,
        textual=not binary,
        many=many,
        as_json=sent_as_json(encoding) or (no_scalar and not types),
        media_type=types[0] if types else "",
    )


class _Part(NamedTuple):
    head: bytes
    data: bytes | IO[Any]


def _parts(name: str, value: Any, field: _Field) -> Iterator[_Part]:
    """Yield the parts of one property."""
    if not (field.many and isinstance(value, list)):
        yield _part(name, value, field)
        return
    if not value:
        raise Inexpressible(f'the field "{name}" is an empty array, which no part can hold')
    for item in value:
        yield _part(name, item, field)


def _part(name: str, value: Any, field: _Field) -> _Part:
    if field.binary and isinstance(value, str):
        value = File("", value.encode())
    if isinstance(value, File):
        media_type = value.content_type or field.media_type or _guessed(value.filename)
        head = _head(name, value.filename or name, media_type, value.headers)
        return _Part(head, value.data)
    try:
        text = write_json(value) if field.as_json else text_of(value, field.shape).encode()
    except UnicodeEncodeError:
        raise Inexpressible(f'the field "{name}" is no valid Unicode (a lone surrogate)') from None
    except (Inexpressible, NotJson) as error:
        raise Inexpressible(f'the field "{name}" cannot be sent: {error}') from None
    return _Part(_head(name, None, field.media_type or (JSON if field.as_json else ""), ()), text)


def _guessed(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or _ANY_BYTES


def _head(name: str, filename: str | None, media_type: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return the header lines of a part and the empty line behind them. Names are quoted as browsers do it.

    Of a file's name only what is unsafe is replaced: it is never a reason to refuse (RFC 7578 section 4.2).
    """
    if _UNSAFE.search(name):
        raise Inexpressible(f"{name[:60]!r} cannot be the name of a field")
    disposition = f'form-data; name="{_quoted(name)}"'
    if filename is not None:
        disposition += f'; filename="{_quoted(_UNSAFE.sub("_", filename))}"'
    lines = [
        ("Content-Disposition", disposition),
        *([("Content-Type", media_type)] if media_type else []),
        *headers,
    ]
    for key, value in lines[1:]:
        if not _FIELD_LINE.fullmatch(f"{key}{value}"):
            raise Inexpressible(f'the header "{key[:60]}" of the field "{name}" cannot be sent')
    try:
        return "".join(f"{key}: {value}\r\n" for key, value in lines).encode() + b"\r\n"
    except UnicodeEncodeError:
        raise Inexpressible(f"{name[:60]!r} is no valid Unicode (a lone surrogate)") from None


def _quoted(text: str) -> str:
    """Return a name as it stands between quotes (WHATWG HTML section 4.10.22.7)."""
    return text.replace('"', "%22")


def _body(parts: list[_Part], boundary: str) -> bytes | Stream:
    pieces = _pieces(parts, boundary)
    if all(isinstance(part.data, bytes) for part in parts):
        return b"".join(pieces)
    return Stream(pieces, pieces, bytes)


def _pieces(parts: list[_Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield f"--{boundary}\r\n".encode() + part.head
        yield from (part.data,) if isinstance(part.data, bytes) else _read(part.data)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _read(file: IO[Any]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece.encode() if isinstance(piece, str) else piece
