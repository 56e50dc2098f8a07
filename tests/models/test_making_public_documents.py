"""Public documents: an example of each object that they describe becomes what pydantic makes of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from macaron_runner.mock.fitting import Unfit, make_fitting
from macaron_runner.mock.merging import Merger
from macaron_runner.models.build import Models, build_models
from macaron_runner.models.core import described
from macaron_runner.models.making import Makers
from macaron_runner.models.model import Model
from macaron_runner.openapi.api import examine_api
from macaron_runner.openapi.document import read_document
from macaron_runner.openapi.operation import Api
from macaron_runner.validation.schema import Definitions
from tests.support.models import check_same, ref
from tests.support.public_documents import unpack

pytestmark = pytest.mark.slow

LARGEST = 400_000
"""Bytes: the largest documents say the same things more often."""
MOST = 60
"""Objects of one document."""


def is_of_the_sample(name: str) -> bool:
    return zlib.crc32(name.encode()) % 60 == 2


def test_every_example_becomes_what_pydantic_makes_of_it(tmp_path: Path) -> None:
    compared = 0
    for name, path in unpack(tmp_path, is_of_the_sample):
        if path.stat().st_size <= LARGEST:
            api, _ = examine_api(read_document(path), "it")
            models, makers = build_models(api, import_name=lambda _: object), Makers()
            for kind, value in islice(examples_of(api, models), MOST):
                print(name, kind)
                check_one(makers, kind, value)
                compared += 1
    assert compared > 1000


def examples_of(api: Api, models: Models) -> Iterator[tuple[type[Model], Any]]:
    merger = Merger(Definitions(api.schemas))
    for name in api.schemas:
        kind = models[name]
        if isinstance(kind, type) and issubclass(kind, Model):
            try:
                yield kind, make_fitting(ref(name), merger)
            except Unfit:
                continue


def check_one(makers: Makers, kind: type[Model], value: Any) -> None:
    text = json.dumps(value)
    make = makers.make(described(kind)).make
    try:
        expected = kind.__pydantic_validator__.validate_python(json.loads(text), by_alias=True, by_name=False)
    except ValidationError:
        return  # an example of an answer, of which a request may lack a part
    check_same(make(json.loads(text)), expected)
