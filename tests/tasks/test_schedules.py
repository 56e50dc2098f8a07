import pickle
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from macaron_runner.configuration.cron import parse_cron
from macaron_runner.configuration.model import Tasks
from macaron_runner.tasks.schedules import CronSchedule, beat_schedule, next_run

NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)  # a Sunday


def runs(line, zone, start, count):
    """Return the next runs as they read on the clocks of the zone."""

    def each():
        moment = start
        while True:
            moment = next_run(parse_cron(line), ZoneInfo(zone), moment)
            yield moment.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M %z")

    return list(islice(each(), count))


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


def test_a_run_is_due_once():
    now = [NOON]
    schedule = CronSchedule("0 13 * * *", "UTC", clock=lambda: now[0])
    assert schedule.is_due(NOON) == (False, 3570.0)
    now[0] = NOON + timedelta(hours=1)
    assert schedule.is_due(NOON) == (True, 86400.0 - 30)
    assert schedule.is_due(now[0]) == (False, 86400.0 - 30)


def test_runs_missed_are_made_up_for_once():
    schedule = CronSchedule("0 13 * * *", "UTC", clock=lambda: NOON + timedelta(days=10))
    assert schedule.is_due(NOON).is_due
    assert schedule.remaining_estimate(NOON) < timedelta(0)


def test_celerys_shelf_keeps_it():
    schedule = CronSchedule("15 3 * * *", "Asia/Tokyo")
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    assert hash(copy) == hash(schedule)
    assert copy != CronSchedule("15 3 * * *", "UTC")
    assert repr(copy) == "<cron 15 3 * * * Asia/Tokyo>"


def test_entries():
    tasks = Tasks.model_validate(
        {
            "pools": {"main": {"queues": ["slow", "fast"]}},
            "schedules": {
                "often": {"task": "shop.jobs:tidy", "every": "90s", "args": [1, {"$odd": 2}]},
                "nightly": {"task": "shop.jobs.report", "cron": "15 3 * * *", "queue": "fast"},
            },
        }
    )
    entries = beat_schedule(tasks)
    assert entries["often"]["task"] == "shop.jobs.tidy"
    assert entries["often"]["schedule"].run_every == timedelta(seconds=90)
    assert entries["often"]["args"] == [1, {"$dict": [["$odd", 2]]}]
    assert entries["often"]["options"]["queue"] == "slow"
    assert entries["nightly"]["schedule"] == CronSchedule("15 3 * * *", "UTC")
    assert entries["nightly"]["options"]["queue"] == "fast"
