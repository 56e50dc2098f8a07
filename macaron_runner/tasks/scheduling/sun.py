"""When the sun rises, sets and stands at a height, as seen from a place. The only door to ephem, an extra.

Not for other times (times).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from importlib.util import find_spec
from typing import Any, Final

from macaron_runner.configuration.model import Sun

INSTALL: Final = "pip install 'macaron-runner[sun]'"
"""What brings ephem."""

_DAY: Final = timedelta(days=1)
_LONGEST_NIGHT: Final = 366
"""Days without the event after which it never comes: near a pole the sun may stay up, or down, for half a year."""

_EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "dawn_astronomical": ("rising", "-18"),
    "dawn_nautical": ("rising", "-12"),
    "dawn_civil": ("rising", "-6"),
    "sunrise": ("rising", "-0:50"),
    "noon": ("transit", "0"),
    "sunset": ("setting", "-0:50"),
    "dusk_civil": ("setting", "-6"),
    "dusk_nautical": ("setting", "-12"),
    "dusk_astronomical": ("setting", "-18"),
}
"""What the sun's centre does, and at which height in degrees. At sunrise and sunset that is 50' below the horizon: its
radius and what the air bends, as almanacs reckon (the Astronomical Almanac, section A)."""


@dataclass(frozen=True)
class SunTimes:
    """An event of the sun at a place, once a day; not on days when it does not happen there."""

    sun: Sun

    def __str__(self) -> str:
        return f"sun {self.sun.event} {self.sun.latitude:g} {self.sun.longitude:g}"

    def after(self, moment: datetime) -> datetime:
        """Return the first event later than `moment`, to the second. Raises ValueError where it never comes."""
        east = timedelta(days=self.sun.longitude / 360)  # by how much the place's own clock is ahead
        today = (moment + east).date()
        for ahead in range(-1, _LONGEST_NIGHT + 1):
            for event in self._on(datetime.combine(today, time(), UTC) + ahead * _DAY - east):
                if event > moment:
                    return event
        raise ValueError(f"the sun never does that there: {self}")

    def _on(self, midnight: datetime) -> Iterator[datetime]:
        """Yield the event that belongs to the noon of the day that begins at the place's own midnight, if any.

        To look from noon, forward or back, finds each day's event exactly once, also where the sun sets at midnight.
        """
        what, _ = _EVENTS[self.sun.event]
        noon = self._observer.next_transit(self._body, start=_to_ephem(midnight + _DAY / 4))
        if what == "transit":
            yield _from_ephem(noon)
            return
        look = self._observer.previous_rising if what == "rising" else self._observer.next_setting
        try:
            event = look(self._body, start=noon, use_center=True)
        except self._ephem.CircumpolarError:
            return
        if abs(event - noon) < 1:
            yield _from_ephem(event)

    @cached_property
    def _ephem(self) -> Any:
        import ephem

        return ephem

    @cached_property
    def _body(self) -> Any:
        return self._ephem.Sun()

    @cached_property
    def _observer(self) -> Any:
        observer = self._ephem.Observer()
        observer.lat, observer.lon = str(self.sun.latitude), str(self.sun.longitude)
        observer.pressure = 0  # what the air bends is in the heights above
        observer.horizon = _EVENTS[self.sun.event][1]
        return observer


def _to_ephem(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _from_ephem(moment: Any) -> datetime:
    found: datetime = moment.datetime()
    return (found + timedelta(seconds=0.5)).replace(microsecond=0, tzinfo=UTC)


def is_known() -> bool:
    """Tell whether ephem is installed."""
    return find_spec("ephem") is not None
