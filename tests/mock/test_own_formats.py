"""Values made up for a service's own formats (`formats:`), as far as a pattern tells what they look like."""

from __future__ import annotations

import pytest

from macaron_runner.configuration.model import Format
from macaron_runner.mock.fitting import Unfit, make_fitting
from macaron_runner.mock.merging import Merger
from macaron_runner.validation.formats import own_formats
from macaron_runner.validation.schema import Definitions, compile_schema

PATTERN = "^[A-Z]{3}-[0-9]{3}$"


def test_the_pattern_of_a_format_tells_what_its_texts_look_like() -> None:
    formats = own_formats({"sku": Format(pattern=PATTERN)}, {"sku": lambda text: len(text) == 7})
    definitions = Definitions({"Sku": {"type": "string", "format": "sku"}}, formats)
    schema = {"type": "array", "items": {"$ref": "#/$defs/Sku"}, "minItems": 2, "uniqueItems": True}
    made = make_fitting(schema, Merger(definitions), shown=True)
    assert compile_schema(schema, definitions, "response").valid(made)
    assert len(made) == 2


def test_a_format_that_only_code_knows_is_refused_in_words() -> None:
    definitions = Definitions({}, own_formats({"odd": Format(check="m:f")}, {"odd": lambda _: False}))
    with pytest.raises(Unfit, match="not a valid odd"):
        make_fitting({"type": "string", "format": "odd"}, Merger(definitions), shown=True)
