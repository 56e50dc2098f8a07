"""The record of a release, and which release is live, left over, or brought back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from macaron_runner.deploy.release import (
    Release,
    live_one,
    next_number,
    one_to_bring_back,
    read_release,
    unfinished,
)

ONE = Release(
    1, "v1", "shop@sha256:1", "sha256:a", "2026-11-28T22:00:00Z", "ann@box", "live", "prod", "superseded"
)
TWO = replace(ONE, number=2, version="v2", status="live")
FAILED = replace(ONE, number=3, version="v3", status="failed")


def test_a_record_comes_back_as_it_was() -> None:
    for release in (ONE, replace(TWO, of=1, by="Änn")):
        assert read_release(release.to_json()) == release
        assert "\n" not in release.to_json()


def test_keys_that_another_macaron_added_are_left_alone() -> None:
    assert read_release(ONE.to_json()[:-1] + ',"later":1}') == ONE


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "1", b"\xff", ONE.to_json().replace("superseded", "odd"), '{"number":"1"}']
)
def test_what_is_no_record_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="no record of a release"):
        read_release(text)


def test_releases_are_told_apart() -> None:
    assert live_one([ONE, TWO, FAILED]) == TWO
    assert live_one([ONE]) is None
    assert live_one([TWO, replace(TWO, number=4)]) == replace(TWO, number=4)  # we died between two records
    assert next_number([]) == 1
    assert next_number([FAILED, ONE]) == 4
    assert unfinished([TWO, replace(ONE, status="deploying")]) == (replace(ONE, status="deploying"),)


def test_a_rollback_brings_back_what_was_live_before() -> None:
    assert one_to_bring_back([ONE, TWO, FAILED]) == ONE
    back = replace(ONE, number=4, status="live", of=1)
    again = [ONE, replace(TWO, status="superseded"), FAILED, back]
    assert one_to_bring_back(again).number == 2
    assert one_to_bring_back(again, 1) == ONE


@pytest.mark.parametrize(
    ("number", "why"), [(None, "was live before"), (1, "is live"), (3, "it is failed"), (9, "no release 9")]
)
def test_a_rollback_that_cannot_be_says_why(number: int | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        one_to_bring_back([replace(ONE, status="live"), FAILED], number)
