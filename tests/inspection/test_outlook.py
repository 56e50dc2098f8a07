"""The next runs of a schedule, as `macaron explain` shows them at a given time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from macaron_runner.configuration.load import examine
from macaron_runner.configuration.selection import Selection
from macaron_runner.inspection.explained import Explained, explained
from macaron_runner.tasks.scheduling import sun

FILE = """\
macaron: 1
service: {name: shop}
apis: {shop: {spec: shop.yaml}}
tasks:
  schedules:
    nightly: {task: jobs.a, cron: 30 2 * * *, time_zone: Europe/Stockholm}
    hourly: {task: jobs.a, cron: 30 * * * *, time_zone: Europe/Stockholm}
    monthly: {task: jobs.a, cron: 0 3 1 * *, time_zone: Australia/Lord_Howe}
    tidy: {task: jobs.a, every: 6h}
    quick: {task: jobs.a, every: 1.5s}
    quicker: {task: jobs.a, every: 250ms}
    lights: {task: jobs.a, sun: {event: sunset, latitude: 59.33, longitude: 18.07}}
    faulty: {task: jobs.a, cron: 30 2 * *}
    unplaced: {task: jobs.a, cron: 30 2 * * *, time_zone: Europe/Stokholm}
    undirected: {task: jobs.a, sun: {event: sundown, latitude: 0, longitude: 0}}
"""


def told(folder: Path, key: str, now: str) -> Explained:
    (folder / "macaron.yaml").write_text(FILE, "utf-8")
    configuration, problems = examine(Selection(str(folder / "macaron.yaml")), environ={})
    assert configuration is not None
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    key = f"tasks.schedules.{key}".rstrip(".")
    return explained(configuration, key, environ={}, now=at, problems=problems)


def runs(folder: Path, key: str, now: str) -> list[str]:
    """Return the lines about the runs of a schedule."""
    lines = list(told(folder, key, now).to_text())
    heads = [number for number, line in enumerate(lines) if line.startswith("the next run")]
    return lines[heads[0] : lines.index("its keys:") - 1] if heads else []


def test_when_clocks_go_back(tmp_path: Path) -> None:
    assert runs(tmp_path, "nightly", "2026-10-23T12:00") == [
        "the next runs, in Europe/Stockholm and in UTC:",
        "  Sat 2026-10-24 02:30 +02:00  2026-10-24 00:30Z",
        "  Sun 2026-10-25 02:30 +02:00  2026-10-25 00:30Z",
        "      clocks go back by 1 h, at 2026-10-25 03:00",
        "  Mon 2026-10-26 02:30 +01:00  2026-10-26 01:30Z",
        "  Tue 2026-10-27 02:30 +01:00  2026-10-27 01:30Z",
        "  Wed 2026-10-28 02:30 +01:00  2026-10-28 01:30Z",
    ]
    assert runs(tmp_path, "hourly", "2026-10-25T00:00")[1:4] == [
        "  Sun 2026-10-25 02:30 +02:00  2026-10-25 00:30Z",
        "      clocks go back by 1 h, at 2026-10-25 03:00",
        "  Sun 2026-10-25 02:30 +01:00  2026-10-25 01:30Z",
    ]


def test_when_clocks_go_forward(tmp_path: Path) -> None:
    assert runs(tmp_path, "nightly", "2026-03-28T12:00")[1:4] == [
        "      clocks go forward by 1 h, at 2026-03-29 02:00",
        "  Sun 2026-03-29 03:30 +02:00  2026-03-29 01:30Z",
        "  Mon 2026-03-30 02:30 +02:00  2026-03-30 00:30Z",
    ]
    assert runs(tmp_path, "monthly", "2026-10-01T00:00")[1:3] == [
        "      clocks go forward by 30 min, at 2026-10-04 02:00",
        "  Sun 2026-11-01 03:00 +11:00  2026-10-31 16:00Z",
    ]


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("tidy", "  Sun 2026-11-29 00:00", "  Mon 2026-11-30 00:00"),
        ("quick", "  Sat 2026-11-28 20:00:01.500", "  Sat 2026-11-28 20:00:07.500"),
        ("quicker", "  Sat 2026-11-28 20:00:00.250", "  Sat 2026-11-28 20:00:01.250"),
    ],
)
def test_an_interval_is_in_utc_alone(tmp_path: Path, key: str, first: str, last: str) -> None:
    lines = runs(tmp_path, key, "2026-11-28T20:00")
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("the next runs, in UTC:", first, last, 6)


def test_as_json(tmp_path: Path) -> None:
    found = told(tmp_path, "nightly", "2026-10-24T12:00").to_json()["next_runs"]
    assert found[:2] == [
        {"local": "2026-10-25T02:30:00+02:00", "utc": "2026-10-25T00:30:00Z", "clock_change": None},
        {
            "local": "2026-10-26T02:30:00+01:00",
            "utc": "2026-10-26T01:30:00Z",
            "clock_change": {"at": "2026-10-25T01:00:00Z", "seconds": -3600},
        },
    ]
    assert "next_runs" not in told(tmp_path, "nightly.cron", "2026-10-24T12:00").to_json()


def test_all_of_them_together(tmp_path: Path) -> None:
    soonest, second, *_, last = runs(tmp_path, "", "2026-10-24T20:00")[1:]
    assert soonest == "  Sat 2026-10-24 20:00:00.250  quicker"
    assert second == "  Sat 2026-10-24 20:00:01.500  quick"
    assert last == "  Sat 2026-10-31 16:00:00.000  monthly"
    found = told(tmp_path, "", "2026-10-24T20:00").to_json()["next_runs"]
    assert {
        "schedule": "nightly",
        "local": "2026-10-25T02:30:00+02:00",
        "utc": "2026-10-25T00:30:00Z",
    } in found
    assert not {"faulty", "unplaced", "undirected"} & {each["schedule"] for each in found}


def test_the_sun_needs_somebody_who_knows_it(tmp_path: Path) -> None:
    found = told(tmp_path, "lights", "2026-06-20T12:00").to_json()
    if sun.is_known():
        assert found["next_runs"][0]["utc"].startswith("2026-06-20T20:0")
    else:
        assert (found["next_runs"], found["computed"]) == (
            [],
            ["when it runs is told by ephem: pip install 'macaron-runner[sun]'"],
        )


@pytest.mark.parametrize("key", ["faulty", "unplaced", "undirected"])
def test_of_faulty_times_nothing_is_told(tmp_path: Path, key: str) -> None:
    assert runs(tmp_path, key, "2026-06-20T12:00") == []
