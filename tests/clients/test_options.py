"""What may be said of calls beside their arguments."""

from __future__ import annotations

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
