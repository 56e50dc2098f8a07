"""When runs come: cron lines in time zones, with their clock changes, and intervals."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.tasks.scheduling.times import CronTimes, IntervalTimes

NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)  # a Sunday


def row(times, start):
    """Yield the moments of times later than a start."""
    while True:
        start = times.after(start)
        yield start


def runs(line, zone, start, count):
    """Return the next runs as they read on the clocks of the zone."""
    moments = islice(row(CronTimes(line, zone), start), count)
    return [moment.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M %z") for moment in moments]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* * * * *", ["11-22 12:01 +0000", "11-22 12:02 +0000"]),
        ("*/20 * * * *", ["11-22 12:20 +0000", "11-22 12:40 +0000"]),
        ("0 * * * *", ["11-22 13:00 +0000", "11-22 14:00 +0000"]),
        ("15 3 * * *", ["11-23 03:15 +0000", "11-24 03:15 +0000"]),
        ("0 12,18 * * *", ["11-22 18:00 +0000", "11-23 12:00 +0000"]),
        ("0 0 1 * *", ["12-01 00:00 +0000", "01-01 00:00 +0000"]),
        ("30 8 * * mon-fri", ["11-23 08:30 +0000", "11-24 08:30 +0000"]),
        ("0 9 * * 7", ["11-29 09:00 +0000", "12-06 09:00 +0000"]),
        ("0 9 28 * sun", ["11-28 09:00 +0000", "11-29 09:00 +0000"]),  # either day, as cron does
        ("30 * 24 12 *", ["12-24 00:30 +0000", "12-24 01:30 +0000"]),
        ("0 0 29 2 *", ["02-29 00:00 +0000", "02-29 00:00 +0000"]),
    ],
)
def test_next_runs(line, expected):
    assert runs(line, "UTC", NOON, 2) == expected


def test_a_line_is_read_in_its_zone():
    assert runs("15 3 * * *", "Asia/Tokyo", NOON, 1) == ["11-23 03:15 +0900"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # 2026-03-29: 02:00 becomes 03:00 in Berlin
        ("30 2 * * *", ["03-28 02:30 +0100", "03-29 03:30 +0200", "03-30 02:30 +0200"]),
        ("30 * * * *", ["03-28 02:30 +0100", "03-28 03:30 +0100", "03-28 04:30 +0100"]),
    ],
)
def test_clocks_go_forward(line, expected):
    assert runs(line, "Europe/Berlin", datetime(2026, 3, 28, 1, 0, tzinfo=UTC), 3) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # 2026-10-25: 03:00 becomes 02:00 in Berlin
        ("30 2 * * *", ["10-25 02:30 +0200", "10-26 02:30 +0100"]),
        ("30 * * * *", ["10-25 02:30 +0200", "10-25 02:30 +0100", "10-25 03:30 +0100"]),
    ],
)
def test_clocks_go_back(line, expected):
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert runs(line, "Europe/Berlin", start, len(expected)) == expected


ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Casablanca",  # back for Ramadan
    "Antarctica/Troll",  # by two hours
    "Asia/Tehran",
    "Pacific/Apia",
    "UTC",
)
starts = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def switches(zone, start):
    """Return a moment shortly before the clocks of a zone change next, or the start where they do not."""
    local = start.astimezone(ZoneInfo(zone))
    for days in range(400):
        before, after = local + timedelta(days=days), local + timedelta(days=days + 1)
        if before.utcoffset() != after.utcoffset():
            return before.astimezone(UTC) - timedelta(hours=12)
    return start


@given(st.sampled_from(ZONES), starts, st.integers(0, 23), st.integers(0, 59))
def test_each_day_has_its_run_whatever_the_clocks_do(zone, start, hour, minute):
    start = switches(zone, start)
    moments = list(islice(row(CronTimes(f"{minute} {hour} * * *", zone), start), 4))
    assert all(
        timedelta(hours=20) < later - sooner < timedelta(hours=28) for sooner, later in pairwise(moments)
    )
    for moment in moments:
        local = moment.astimezone(ZoneInfo(zone))
        late = (local.hour * 60 + local.minute - hour * 60 - minute) % 1440
        before = (moment - timedelta(hours=3)).astimezone(ZoneInfo(zone))
        assert late <= 120
        assert late == 0 or local.utcoffset() != before.utcoffset(), (
            "only where the clocks leapt over the time"
        )


@given(st.sampled_from(ZONES), starts, st.sampled_from([1, 5, 10, 15, 30]))
def test_each_minute_that_passes_counts_once(zone, start, step):
    start = switches(zone, start).replace(second=0, microsecond=0)
    moments = list(islice(row(CronTimes(f"*/{step} * * * *", zone), start), 300))
    minutes = Counter(moment for moment in moments)
    expected = [start + timedelta(minutes=ahead) for ahead in range(1, 300 * step + 1)]
    named = [each for each in expected if each.astimezone(ZoneInfo(zone)).minute % step == 0]
    assert set(minutes.values()) == {1}
    assert moments[: len(named)] == named[: len(moments)]


@given(starts, st.sampled_from([0.25, 1.0, 7.0, 90.0, 3600.0, 6 * 3600.0, 86400.0]))
def test_an_interval_is_the_same_for_everybody(start, seconds):
    times = IntervalTimes(seconds)
    first, second = islice(row(times, start), 2)
    assert start < first <= start + timedelta(seconds=seconds)
    assert second - first == timedelta(seconds=seconds)
    assert first.timestamp() % seconds == 0


def test_times_tell_which_they_are():
    assert str(CronTimes("15 3 * * *", "Asia/Tokyo")) == "cron 15 3 * * * Asia/Tokyo"
    assert str(IntervalTimes(90.0)) == "every 90 s"
