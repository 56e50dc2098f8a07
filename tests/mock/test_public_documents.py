"""Public documents, mocked: each response described has an answer that fits, or a sentence that says why not."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from macaron_runner.errors import NotImplementedYet
from macaron_runner.mock.answers import Mock
from macaron_runner.mock.merging import Merger
from macaron_runner.openapi.api import examine_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api, Operation
from macaron_runner.validation.responses import compile_responses
from macaron_runner.validation.schema import Definitions
from tests.support.public_documents import unpack

pytestmark = pytest.mark.slow

LARGEST = 700_000
"""Bytes: the largest documents say the same things more often."""


def is_of_the_sample(name: str) -> bool:
    return zlib.crc32(name.encode()) % 60 == 1


def test_every_answer_fits_or_is_refused_in_words(tmp_path: Path) -> None:
    answered, refused = 0, []
    for name, path in unpack(tmp_path, is_of_the_sample):
        if path.stat().st_size <= LARGEST:
            api, _ = examine_api(read_document(path), "api")
            for operation, prefer, error in answers_of(api):
                answered += error is None
                refused += [(name, operation.name, prefer, str(error))] if error is not None else []
    print(*refused, sep="\n")
    assert answered > 1000
    assert len(refused) <= answered / 200, "of what can be met, nearly all is"


def answers_of(api: Api) -> Iterator[tuple[Operation, str, NotImplementedYet | None]]:
    """Yield what was preferred of each operation, and None where an answer fits, else the error that says why not."""
    definitions = Definitions(api.schemas)
    merger = Merger(definitions)
    for operation in api.operations:
        mock = Mock(operation, merger)
        encoder = compile_responses(operation, definitions, "enforce")
        for prefer in preferences_for(operation):
            try:
                value, status, _ = mock.answer(prefer, None)
            except NotImplementedYet as error:
                yield operation, prefer, error
            else:
                encoder.encode(value, status, encoder.media_type(status, encoder.negotiate(None)))
                yield operation, prefer, None


def preferences_for(operation: Operation) -> Iterator[str]:
    statuses = [
        each.status for each in operation.responses if each.status.isdigit() and each.status[0] in "2345"
    ]
    for words in ("", *(f"code={status}" for status in statuses)):
        yield words
        yield f"{words}, dynamic=true".removeprefix(", ")
