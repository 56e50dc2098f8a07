"""The arguments of a call into the request that is sent: what the server's decoders read, written.

    get_item(item_id=3, tags=["a", "b"])  ->  GET /v1/items/3?tags=a&tags=b

Not for the styles (validation.parameter_encoder), nor for bodies (bodies), nor for what identity and call tree add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from macaron_runner.clients.bodies import BodyEncoder
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.diagnostics import near_word
from macaron_runner.errors import BadResponse, ErrorDetail, InvalidParameter
from macaron_runner.openapi.operation import PLACEHOLDER
from macaron_runner.validation.escaping import Inexpressible
from macaron_runner.validation.identifiers import argument_names
from macaron_runner.validation.jsonable import SURROGATE, NotJson, jsonable
from macaron_runner.validation.parameter_encoder import Encode, compile_encoder
from macaron_runner.validation.problems import invalid, pointer_of
from macaron_runner.validation.promises import compile_promises
from macaron_runner.validation.schema import Check, compile_schema

if TYPE_CHECKING:
    from macaron_runner.clients.options import Options
    from macaron_runner.openapi.operation import Operation, Parameter, Schema
    from macaron_runner.validation.multipart_encoder import Written
    from macaron_runner.validation.writing import Stream

_IN_PATHS: Final = "/:@!$&'()*+,;=~%"
"""What the fixed parts of a path template keep as it is (RFC 3986 section 3.3)."""


_ABSENT: Final = object()


@dataclass(slots=True)
class _Texts:
    """What the parameters of one call become, by place; and what is wrong with them."""

    path: dict[str, str] = field(default_factory=dict)
    query: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    errors: list[ErrorDetail] = field(default_factory=list)

    def put(self, parameter: Parameter, pieces: tuple[str, ...]) -> None:
        """Put the raw pieces of one parameter where they belong."""
        if parameter.location == "path":
            self.path[parameter.name] = pieces[0]
        elif parameter.location == "header":
            self.headers.append((parameter.name, pieces[0]))
        elif parameter.location == "cookie":
            self.cookies += pieces
        else:
            self.query += pieces


@dataclass(frozen=True, slots=True, eq=False)
class _Parameter:
    """One parameter of an operation, ready to be written; `name` is its identifier in Python."""

    name: str
    described: Parameter
    check: Check
    encode: Encode

    def write(self, value: Any, texts: _Texts) -> None:
        """Write a value, nothing where it is None and need not be there."""
        if value is None:
            if self.described.required:
                self._refuse(texts, "is required")
            return
        try:
            plain = jsonable(value)
            if self.check.valid(plain):
                texts.put(self.described, self._pieces(plain))
            else:
                texts.errors += self.check.problems(plain, self.described.location, self._pointer)
        except (Inexpressible, NotJson) as error:
            self._refuse(texts, str(error))
        except UnicodeEncodeError:
            self._refuse(texts, SURROGATE)

    def _pieces(self, value: Any) -> tuple[str, ...]:
        pieces = self.encode(value)
        if self.described.location == "path" and not pieces[0]:
            raise Inexpressible("is empty: the request would go to another path")
        return pieces

    def _refuse(self, texts: _Texts, message: str) -> None:
        texts.errors.append(ErrorDetail(self.described.location, self._pointer, message))

    @property
    def _pointer(self) -> str:
        return pointer_of([self.described.name])


class RequestEncoder:
    """Makes the requests of one operation, which messages call `title`."""

    def __init__(
        self,
        operation: Operation,
        parameters: tuple[_Parameter, ...],
        body: BodyEncoder | None,
        accept: str,
        title: str,
    ) -> None:
        self._operation = operation
        self._parameters = {each.described.name: each for each in parameters} | {
            each.name: each for each in parameters
        }
        self._required = tuple(each for each in parameters if each.described.required)
        self._template = _template(operation)
        self._body = body
        self._accept = accept
        self._title = title

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: Options) -> Outgoing:
        """Return the request of a call.

        Raises TypeError for arguments that do not exist or are missing, as a function does, and CannotSend with every
        place where a value does not fit.
        """
        values, body = self._bound(args, kwargs)
        texts = _Texts()
        for parameter, value in values.items():
            parameter.write(value, texts)
        written = self._written(body, options.content_type, texts.errors)
        if texts.errors:
            description = invalid(texts.errors).description
            raise CannotSend(description, errors=texts.errors, operation=self._operation.name)
        headers = [("Accept", options.accept or self._accept)]
        if written is not None:
            headers.append(("Content-Type", written.content_type))
        if texts.cookies:
            headers.append(("Cookie", "; ".join(texts.cookies)))
        outgoing = Outgoing(
            self._operation,
            "".join(text if name is None else texts.path[name] for text, name in self._template),
            "&".join(texts.query),
            tuple(headers),
            None if written is None else self._sent(written.body),
        )
        return outgoing.with_headers(*texts.headers) if texts.headers else outgoing

    def _sent(self, body: bytes | Stream) -> bytes | Iterator[bytes]:
        return body if isinstance(body, bytes) else _told_as_ours(body, self._operation.name)

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[_Parameter, Any], Any]:
        """Return the value of each parameter that is given, and the body. Raises TypeError."""
        if len(args) > (self._body is not None):
            takes = (
                "one positional argument, its body" if self._body is not None else "no positional arguments"
            )
            raise TypeError(f"{self._title} takes {takes}")
        body = args[0] if args else _ABSENT
        values: dict[_Parameter, Any] = {}
        for name, value in kwargs.items():
            parameter = self._parameters.get(name)
            if parameter is not None:
                if parameter in values:
                    raise TypeError(f'{self._title} got "{parameter.name}" twice')
                values[parameter] = value
            elif name == "body" and self._body is not None and body is _ABSENT:
                body = value
            else:
                raise TypeError(self._unexpected(name))
        missing = [each.name for each in self._required if each not in values]
        if self._body is not None and self._body.required and body is _ABSENT:
            missing.insert(0, "body")
        if missing:
            raise TypeError(f"{self._title} lacks {', '.join(missing)}")
        return values, None if body is _ABSENT else body

    def _unexpected(self, name: str) -> str:
        if name == "body":
            return (
                f"{self._title} got its body twice"
                if self._body is not None
                else f"{self._title} takes no body"
            )
        known = {each.name for each in self._parameters.values()}
        hint = near_word(name, known) or f"it takes {', '.join(sorted(known)) or 'no parameters'}"
        return f'{self._title} takes no parameter "{name}"; {hint}'

    def _written(self, body: Any, content_type: str | None, errors: list[ErrorDetail]) -> Written | None:
        """Return the body as it is sent, None where there is none; what is wrong with it goes to the errors."""
        if self._body is None or (body is None and not self._body.required):
            return None
        try:
            return self._body(body, content_type)
        except (InvalidParameter, BadResponse) as error:
            errors += error.errors
        except (Inexpressible, NotJson) as error:
            errors.append(ErrorDetail("body", "", str(error)))
        except UnicodeEncodeError:
            errors.append(ErrorDetail("body", "", SURROGATE))
        return None


def _told_as_ours(pieces: Stream, operation: str) -> Iterator[bytes]:
    """Yield the pieces of a body that is made while it is sent. Raises CannotSend where an item does not fit."""
    try:
        yield from pieces
    except BadResponse as error:
        raise CannotSend(errors=error.errors, operation=operation) from None
    finally:
        pieces.close()


def _template(operation: Operation) -> tuple[tuple[str, str | None], ...]:
    """Return the path template in pieces: fixed texts, encoded, and names of path parameters.

    "/v1/items/{id}.json" gives ("/v1/items/", None), ("", "id"), (".json", None).
    """
    pieces = PLACEHOLDER.split(operation.path)
    pieces[0] = operation.base_path + pieces[0]
    return tuple(
        ("", piece) if number % 2 else (quote(piece, safe=_IN_PATHS), None)
        for number, piece in enumerate(pieces)
    )


def compile_request(operation: Operation, definitions: Mapping[str, Schema], title: str) -> RequestEncoder:
    """Return what makes the requests of an operation."""
    parameters = tuple(
        _Parameter(
            name,
            parameter,
            compile_schema(parameter.schema, definitions, "request"),
            compile_encoder(parameter, definitions),
        )
        for parameter, name in zip(operation.parameters, argument_names(operation), strict=True)
    )
    body = BodyEncoder(operation.body, definitions) if operation.body is not None else None
    return RequestEncoder(operation, parameters, body, _accept(operation, definitions), title)


def _accept(operation: Operation, definitions: Mapping[str, Schema]) -> str:
    """Return what is asked for: the media types of successful answers; anything else is better than nothing."""
    offered = compile_promises(operation, definitions, checked=False).offered()
    names = [each.name for each in offered if each.name != "*/*"]
    return ", ".join([*names, "*/*;q=0.1"]) if names else "*/*"
