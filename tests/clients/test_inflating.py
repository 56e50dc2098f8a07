"""Codings taken off answers, however they are cut into pieces on their way."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.clients.inflating import coding_of
from macaron_runner.clients.outgoing import Garbled

TEXT = bytes(range(256)) * 20
CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": zlib.compress(TEXT)[2:-4],
    "identity": TEXT,
    "": TEXT,
}


def inflated(name: str, *pieces: bytes) -> bytes:
    coding = coding_of(name)
    whole = b"".join(part for piece in pieces for part in coding.feed(piece))
    coding.end()
    return whole


@pytest.mark.parametrize("name", CODED)
@given(cuts=st.lists(st.integers(0, 600), max_size=8))
def test_however_it_is_cut(name: str, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), None]
    pieces = [CODED[name][begin:end] for begin, end in pairwise(places)]
    assert inflated(name, *pieces) == TEXT


@pytest.mark.parametrize("name", CODED)
def test_byte_by_byte(name: str) -> None:
    assert inflated(name, *(bytes([byte]) for byte in CODED[name])) == TEXT


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "deflate", "Deflate"])
def test_what_is_missing_or_too_much_is_told(name: str) -> None:
    for cut in (1, 2, 10, len(CODED[name]) - 1):
        with pytest.raises(Garbled):
            inflated(name, CODED[name][:cut])
    with pytest.raises(Garbled):
        inflated(name, CODED[name], b"more")
    assert inflated(name) == b""


def test_no_more_than_a_piece_is_made_at_once() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    pieces = coding_of("gzip").feed(bomb)
    assert len(next(pieces)) <= 256 * 1024
    pieces.close()


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, gzip", "chunked", "x"])
def test_what_was_not_accepted_is_refused(name: str) -> None:
    with pytest.raises(Garbled):
        coding_of(name)
