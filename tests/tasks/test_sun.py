"""When the sun rises and sets, against published times and NOAA's solar equations."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macaron_runner.configuration.model import Sun
from macaron_runner.tasks.scheduling.sun import SunTimes

pytest.importorskip("ephem", reason="ephem is not installed")

HEIGHTS = {"sunrise": -0.833, "sunset": -0.833, "dawn_civil": -6, "dusk_civil": -6, "dawn_nautical": -12}


def sun(event, latitude, longitude):
    return SunTimes(Sun.model_validate({"event": event, "latitude": latitude, "longitude": longitude}))


@pytest.mark.parametrize(
    ("event", "place", "day", "clock"),
    [
        # As newspapers have them, in UTC: equinox in Greenwich, midsummer in Stockholm and in Sydney, the latest noon.
        ("sunset", (51.4779, 0.0), (2024, 3, 20), "18:13"),
        ("sunrise", (59.3293, 18.0686), (2024, 6, 21), "01:31"),
        ("sunset", (59.3293, 18.0686), (2024, 6, 21), "20:08"),
        ("sunset", (-33.8688, 151.2093), (2024, 12, 21), "09:05"),
        ("noon", (51.4779, 0.0), (2024, 11, 3), "11:44"),
    ],
)
def test_published_times(event, place, day, clock):
    found = sun(event, *place).after(datetime(*day, tzinfo=UTC))
    hour, minute = map(int, clock.split(":"))
    assert abs(found - datetime(*day, hour, minute, tzinfo=UTC)) <= timedelta(minutes=1)


def noaa(event, latitude, longitude, day):
    """Return the event of a day in UTC by NOAA's general solar position equations (good to minutes), or None."""
    year = 2 * math.pi / 365 * (day.timetuple().tm_yday - 1)
    time_of = 229.18 * (
        0.000075 + 0.001868 * math.cos(year) - 0.032077 * math.sin(year)
        - 0.014615 * math.cos(2 * year) - 0.040849 * math.sin(2 * year)
    )  # fmt: skip
    declination = (
        0.006918 - 0.399912 * math.cos(year) + 0.070257 * math.sin(year) - 0.006758 * math.cos(2 * year)
        + 0.000907 * math.sin(2 * year) - 0.002697 * math.cos(3 * year) + 0.00148 * math.sin(3 * year)
    )  # fmt: skip
    north = math.radians(latitude)
    height = math.sin(math.radians(HEIGHTS[event]))
    cosine = (height - math.sin(north) * math.sin(declination)) / (math.cos(north) * math.cos(declination))
    if abs(cosine) > 1:
        return None
    angle = math.degrees(math.acos(cosine)) * (1 if event.startswith(("sunrise", "dawn")) else -1)
    return day + timedelta(minutes=720 - 4 * (longitude + angle) - time_of)


@given(
    st.sampled_from(sorted(HEIGHTS)),
    st.floats(-55, 55),
    st.floats(-180, 180),
    st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_the_equations_of_noaa_agree(event, latitude, longitude, moment):
    found = sun(event, latitude, longitude).after(moment)
    assert moment < found
    near = found.replace(hour=0, minute=0, second=0)
    days = (near + timedelta(days=ahead) for ahead in (-1, 0, 1))
    expected = [each for day in days if (each := noaa(event, latitude, longitude, day)) is not None]
    assert min(abs(found - each) for each in expected) < timedelta(minutes=8)


@given(
    st.sampled_from(["sunrise", "sunset", "noon", "dusk_astronomical"]),
    st.floats(-89, 89),
    st.floats(-180, 180),
    st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_no_event_comes_twice_or_is_left_out(event, latitude, longitude, moment):
    times = sun(event, latitude, longitude)
    row = [moment]
    for _ in range(5):
        row.append(times.after(row[-1]))
    for sooner, later in pairwise(row[1:]):
        assert later - sooner > timedelta(hours=20)
        for between in (0.001, 0.3, 0.999):
            assert times.after(sooner + (later - sooner) * between) == later


def test_the_sun_that_does_not_set_is_waited_for():
    assert (
        sun("sunset", 68.5, 18.07).after(datetime(2026, 5, 23, tzinfo=UTC)).date().isoformat() == "2026-07-20"
    )
    with pytest.raises(ValueError, match="never does that there"):
        sun("sunset", 90, 0).after(datetime(2026, 5, 23, tzinfo=UTC))
