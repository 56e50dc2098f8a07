"""What may be said of calls beside their arguments."""

from __future__ import annotations

import re
from typing import Any

import pytest

from macaron_runner.clients.options import NO_OPTIONS


def test_options_change_one_by_one_and_never_in_place() -> None:
    patient = NO_OPTIONS.changed({"timeout": 2.0})
    eager = patient.changed({"raise_errors": True})
    assert (eager.timeout, eager.raise_errors) == (2.0, True)
    assert (patient.timeout, patient.raise_errors) == (2.0, None)
    assert NO_OPTIONS.timeout is None


def test_an_option_that_does_not_exist_is_a_mistake_in_the_code() -> None:
    with pytest.raises(TypeError, match='"timout"; did you mean "timeout"'):
        NO_OPTIONS.changed({"timout": 2.0})


def test_credentials_do_not_show() -> None:
    assert "hunter2" not in repr(NO_OPTIONS.changed({"token": "hunter2", "headers": {"X-Key": "hunter2"}}))


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("timeout", "2s", "a number of seconds above 0, not '2s'"),
        ("timeout", 0, "a number of seconds above 0, not 0"),
        ("connect_timeout", True, "a number of seconds above 0, not True"),
        ("retries", -1, "a whole number, 0 or more, not -1"),
        ("headers", {"X-A": 3}, "a mapping of texts to texts, not {'X-A': 3}"),
    ],
)
def test_an_option_of_the_wrong_form_is_refused_where_it_is_given(option: str, value: Any, said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        NO_OPTIONS.changed({option: value})
