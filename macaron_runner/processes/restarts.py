"""When a process that died is started again, or given up. Pure. Not for starting it (lifecycle)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

STABLE: Final = 10.0
"""Seconds after which a process counts as running: what it died of before is forgotten."""
LIMIT: Final = 5
"""So many deaths in a row, none after a stable run, are a crash loop."""
LONGEST: Final = 15.0
"""The longest delay before a restart, in seconds; jitter is added to it."""

_FIRST = 0.5
_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Failures:
    """The deaths of one process since it last ran stably.

    `deaths` counts all of them and sets the delay; `own` leaves out those by SIGKILL, which always comes from
    outside (an operator, the kernel when memory is short): we keep trying then, ever more slowly, and never
    call it a loop.
    """

    deaths: int = 0
    own: int = 0
    proven: bool = False
    """Whether it ever ran stably."""

    def after(self, lived: float, *, outside: bool) -> Failures:
        """Return the count after one more death, `lived` seconds after its start."""
        if lived >= STABLE:
            return Failures(1, int(not outside), proven=True)
        return Failures(self.deaths + 1, self.own + (not outside), self.proven)

    @property
    def looping(self) -> bool:
        """Whether it is time to give up."""
        return self.own >= LIMIT

    def delay(self, random: Callable[[], float]) -> float:
        """Return the seconds until the restart: none after one death, then doubling, with 25 % jitter."""
        if self.deaths <= 1:
            return 0.0
        return min(_FIRST * 2.0 ** (self.deaths - 2), LONGEST) * (1.0 + _JITTER * random())
