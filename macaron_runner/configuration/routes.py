"""Which queue `tasks.routes` sends a task to. Pure.

Not for calls, when nothing is matched any more: the queue of each task is known from the start (tasks.discover).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from macaron_runner.configuration.model import Tasks


def route_of(tasks: Tasks, name: str) -> str | None:
    """Return the queue of the first pattern that a task's name fits; None where it fits none."""
    return next((queue for pattern, queue in tasks.routes.items() if fits(name, pattern)), None)


def fits(name: str, pattern: str) -> bool:
    """Tell whether a task's name fits a pattern, in which `*` stands for any text."""
    return fnmatchcase(name, pattern)
