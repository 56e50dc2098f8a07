"""The header Prefer: what counts, what does not, and what is told back."""

from __future__ import annotations

import pytest

from macaron_runner.errors import InvalidParameter
from macaron_runner.mock.prefer import Preferences, read_preferences


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Preferences()),
        ("", Preferences()),
        ("respond-async, wait=10", Preferences()),
        ("code=404", Preferences(code=404)),
        ("Code=404, EXAMPLE=missing, Dynamic=true", Preferences(404, "missing", dynamic=True)),
        ("dynamic", Preferences(dynamic=True)),
        ("dynamic=false", Preferences(dynamic=False)),
        ('example="a, \\"b\\"; c"', Preferences(example='a, "b"; c')),
        ("code=404, code=500", Preferences(code=404)),
        ("code = 404 ; why=not, example=x", Preferences(404, "x")),
        ("example=", Preferences()),
        ('example="', Preferences()),
    ],
)
def test_a_header_is_read(header: str | None, expected: Preferences) -> None:
    assert read_preferences(header) == expected


@pytest.mark.parametrize("header", ["code=abc", "code=1", "code=99", "code=600", "code", "dynamic=maybe"])
def test_what_makes_no_sense_is_refused(header: str) -> None:
    with pytest.raises(InvalidParameter, match="Prefer: "):
        read_preferences(header)


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(),
        Preferences(code=404),
        Preferences(404, "missing", dynamic=True),
        Preferences(example='a, "b\\"; c', dynamic=False),
    ],
)
def test_what_was_applied_reads_as_it_was_asked(preferences: Preferences) -> None:
    assert read_preferences(preferences.applied) == preferences


def test_what_was_applied_can_be_sent() -> None:
    assert Preferences(example="naïve\r\nX-Evil: 1").applied == 'example="na?ve??X-Evil: 1"'
