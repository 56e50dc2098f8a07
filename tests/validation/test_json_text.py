"""JSON texts of all shapes are read as a slow and careful reader reads them: nothing is lost, no key stands twice."""

from __future__ import annotations

import json
import random
from typing import Any

from macaron_runner.validation.json_text import read_json
from macaron_runner.validation.text_values import UnreadableText

KEYS = [
    '"a"',
    '"b"',
    '" a"',
    '"a b"',
    '"a:"',
    '":"',
    '"\\u0061"',
    '"\\u003a"',
    '"\\\\u003a"',
    '"é"',
    '""',
    '"\\""',
]
SCALARS = [
    "1", "1.0", "1.50", "null", '"x:y"', '"x,y"', '"x , y"', '"\\u003a"', '":"', '"\\":"', "123456789012345678901",
]  # fmt: skip
REPEATED = object()


def text(choose: random.Random, depth: int = 0) -> str:
    kind = choose.random()
    if depth > 3 or kind < 0.35:
        return choose.choice(SCALARS)
    space = choose.choice(["", " "])
    if kind < 0.5:
        return f"[{f',{space}'.join(text(choose, depth + 1) for _ in range(choose.randint(0, 3)))}]"
    members = (
        f"{choose.choice(KEYS)}{choose.choice(['', ' '])}:{space}{text(choose, depth + 1)}"
        for _ in range(choose.randint(0, 4))
    )
    return f"{{{f',{space}'.join(members)}}}"


def read_carefully(given: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise KeyError
        return dict(pairs)

    try:
        return json.loads(given, object_pairs_hook=unique)
    except KeyError:
        return REPEATED


def read(given: str) -> Any:
    try:
        return read_json(given.encode())
    except UnreadableText as error:
        return REPEATED if "twice" in str(error) else error


def test_texts_are_read_as_a_careful_reader_reads_them() -> None:
    choose = random.Random(20261128)
    repeated = 0
    for _ in range(4000):
        given = text(choose)
        expected, found = read_carefully(given), read(given)
        repeated += expected is REPEATED
        assert found is expected or repr(found) == repr(expected), given  # repr tells 1 from 1.0
    assert 500 < repeated < 3500
