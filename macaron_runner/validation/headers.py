"""Headers that a document describes, of a response or of a part of a multipart body, held against their schemas.

Not for header parameters of requests (parameters), which become arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from macaron_runner.openapi.operation import Parameter
from macaron_runner.validation.schema import Check, compile_schema
from macaron_runner.validation.styles import ABSENT, Read, compile_reader
from macaron_runner.validation.text_values import UnreadableText

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Header, Schema
    from macaron_runner.validation.rewriting import Direction


class HeaderProblem(NamedTuple):
    """A header that breaks its description, and how."""

    name: str
    message: str


class HeaderCheck:
    """Tells what is wrong with headers; `prepare()` it before workers are forked."""

    def __init__(self, headers: Sequence[tuple[Header, Read, Check]]) -> None:
        self._headers = headers

    def prepare(self) -> None:
        """Compile all checks now."""
        for _, _, check in self._headers:
            check.prepare()

    def __call__(self, header: Callable[[str], str | None]) -> Iterator[HeaderProblem]:
        """Yield what is wrong, the first problem of each header; `header` gives a value by its name in any case."""
        for described, read, check in self._headers:
            try:
                value = read(header)
            except UnreadableText as error:
                yield HeaderProblem(described.name, str(error))
                continue
            if value is ABSENT:
                if described.required:
                    yield HeaderProblem(described.name, "is required")
            elif not check.valid(value):
                yield HeaderProblem(described.name, check.problems(value)[0].message)


def compile_headers(
    headers: Sequence[Header], definitions: Mapping[str, Schema], direction: Direction
) -> HeaderCheck | None:
    """Return the check of these headers, None where there are none; their style is simple ("Header Object")."""
    if not headers:
        return None
    return HeaderCheck(
        [
            (
                header,
                compile_reader(_as_parameter(header), definitions),
                compile_schema(header.schema, definitions, direction),
            )
            for header in headers
        ]
    )


def _as_parameter(header: Header) -> Parameter:
    return Parameter(
        name=header.name,
        location="header",
        required=header.required,
        schema=header.schema,
        style="simple",
        explode=header.explode,
        media_type=header.media_type,
    )
