"""Durations, sizes, cron lines, addresses: what each text means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from macaron_runner.configuration.address import check_address
from macaron_runner.configuration.cron import parse_cron
from macaron_runner.configuration.sensitive import Sensitive, encode_secrets
from macaron_runner.configuration.values import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("250ms", 0.25), ("1.5h", 5400), ("2d", 172800), ("0s", 0)],
)
def test_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "value", [30, 1.5, True, None, "", "30", "s", "-1s", "1 s", "1s ", "1w", "1S", "٣s", "9" * 400 + "s"]
)
def test_no_duration(value: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_duration(value)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1MiB", 2**20), ("64kB", 64000), ("10B", 10), ("1.5GiB", 3 * 2**29), ("2GB", 2 * 10**9)],
)
def test_a_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "value", [1, True, None, "", "1", "MiB", "1 MiB", "1mib", "1KB", "-1B", "9" * 400 + "B"]
)
def test_no_size(value: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_size(value)


def test_a_cron_line() -> None:
    cron = parse_cron("*/20 0-6/3,12 1,15 Jan-mar MON-fri")
    assert (sorted(cron.minutes), sorted(cron.hours)) == ([0, 20, 40], [0, 3, 6, 12])
    assert (sorted(cron.days), sorted(cron.months)) == ([1, 15], [1, 2, 3])
    assert sorted(cron.weekdays) == [1, 2, 3, 4, 5]
    assert cron.either_day
    assert not parse_cron("0 0 1 * *").either_day
    assert not parse_cron("0 0 * * 1").either_day


@pytest.mark.parametrize(
    ("field", "days"),
    [("7", [0]), ("0", [0]), ("fri-sun", [0, 5, 6]), ("5-7", [0, 5, 6]), ("1/2", [0, 1, 3, 5])],
)
def test_days_of_the_week(field: str, days: list[int]) -> None:
    assert sorted(parse_cron(f"0 0 * * {field}").weekdays) == days


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
        *(
            "-1 * * * *",
            "a * * * *",
            "1- * * * *",
            "*-5 * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "1,,2 * * * *",
        ),
        *("* * * mon *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "@daily", "٣ * * * *"),
    ],
)
def test_a_broken_cron_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_cron(text)


@given(st.text("0123456789*/,-montue "))
def test_any_text_is_a_cron_line_or_an_error(text: str) -> None:
    try:
        cron = parse_cron(text)
    except ValueError:
        return
    assert cron.minutes <= set(range(60))
    assert cron.weekdays <= set(range(7))
    assert all((cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("LocalHost:080", "localhost:80"),
        ("[0:0::1]:80", "[::1]:80"),
        ("unix:/run/a b.sock", "unix:/run/a b.sock"),
        ("shop_web:0", "shop_web:0"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert check_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        ":80",
        "a:",
        "a:b",
        "a:65536",
        "::1:80",
        "[::1]",
        "[::1",
        "[a]:80",
        "1.2.3:80",
        "unix:a",
        "a b:80",
    ],
)
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_address(text)


def test_secrets_in_urls_are_encoded() -> None:
    assert (
        encode_secrets(Sensitive(("amqp://a:", ("b", "c@d/e?"), "@f"))).reveal() == "amqp://a:c%40d%2Fe%3F@f"
    )
    assert encode_secrets(Sensitive((("b", "amqp://a@b"),))).reveal() == "amqp://a@b"
