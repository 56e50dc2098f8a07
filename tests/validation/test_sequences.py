"""Sequences cut while they arrive: whatever the pieces, the items are those of the whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.validation.jsonable import write_json
from macaron_runner.validation.media_types import MediaType
from macaron_runner.validation.sequences import Cutter, json_line, server_sent_event
from macaron_runner.validation.text_values import UnreadableText

LINES, SEQUENCE, EVENTS = map(MediaType, ("application/jsonl", "application/json-seq", "text/event-stream"))
VALUES = st.lists(
    st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.just({"a": [1]})
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def cut(media_type: MediaType, raw: bytes, places: list[int]) -> list[Any]:
    """Return the items of text that arrives in pieces cut at these places."""
    cutter = Cutter(media_type)
    edges = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(edges)]
    return [item for piece in pieces for item in cutter.feed(piece)] + cutter.finish()


@given(st.sampled_from([LINES, SEQUENCE]), VALUES, st.lists(st.integers(0, 200), max_size=5))
def test_json_values(media_type: MediaType, values: list[Any], places: list[int]) -> None:
    raw = b"".join(json_line(write_json(value), media_type) for value in values)
    assert cut(media_type, raw, places) == values


@given(st.lists(TEXTS, max_size=4), ENDS, st.lists(st.integers(0, 200), max_size=5))
def test_events(texts: list[str], end: bytes, places: list[int]) -> None:
    raw = b"".join(server_sent_event({"event": "e", "data": text}) for text in texts).replace(b"\n", end)
    assert cut(EVENTS, raw + b"\n", places) == [{"event": "e", "data": text} for text in texts]


def test_fields_of_events() -> None:
    raw = b": a comment\n\ndata: one\ndata:two\nid: 7\nretry: 300\nretry: soon\nother: x\n\ndata: lost"
    assert cut(EVENTS, raw, []) == [{"data": "one\ntwo", "id": "7", "retry": 300}]


def test_the_last_line_needs_no_end_and_what_is_no_json_is_told_by_its_number() -> None:
    assert cut(LINES, b'1\n\n{"a": 2}', [3]) == [1, {"a": 2}]
    with pytest.raises(UnreadableText, match="item 2"):
        cut(LINES, b"1\n{\n", [])
