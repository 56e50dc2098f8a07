"""How far a task has come, told to whoever watches (macaron tasks watch). Imports no Celery.

Not for watching (monitoring.watching).
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from macaron_runner import context

_log: Final = logging.getLogger("macaron.tasks")

PROGRESS_EVENT: Final = "task-progress"

INTERVAL: Final = 0.5
"""Seconds between two messages about one run, at least: what is told more often is not sent, but for its end."""

_LONGEST_NOTE: Final = 200
_REST: Final = 30.0
"""Seconds for which nothing is told after that has failed: a task must not wait for a broker that is away."""


def task_progress(fraction: float, note: str = "") -> None:
    """Tell how far the task under way has come, from 0 to 1, and in a few words what it is at.

    Outside a worker (in a request, a script, a test) nobody is told. Never fails for want of a broker. Raises
    ValueError for what is not between 0 and 1.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"progress goes from 0 to 1, and {fraction!r} is beyond")
    if context.current() is None:
        return
    queue = context.service().queue
    if queue is not None:
        queue.tell_progress(float(fraction), note)


class Progress:
    """Sends what a worker's process tells of its runs, not too often. It runs one task at a time."""

    def __init__(self) -> None:
        self._run = ""
        self._not_before = 0.0

    def tell(self, task: Any, fraction: float, note: str) -> None:
        """Send it as an event of the task (Celery's) that is under way."""
        now = time.monotonic()
        rests = self._not_before > now + INTERVAL
        is_due = now >= self._not_before or task.request.id != self._run or fraction == 1
        if rests or not is_due:
            return
        self._run, self._not_before = task.request.id, now + INTERVAL
        try:
            told = {"name": task.name, "fraction": fraction, "note": note[:_LONGEST_NOTE]}
            task.send_event(PROGRESS_EVENT, retry=False, **told)
        except Exception as error:  # whatever it is, the task goes on
            _log.info("progress cannot be told: %s: %s", type(error).__name__, error)
            self._not_before = now + _REST
