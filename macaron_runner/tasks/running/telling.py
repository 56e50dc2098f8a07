"""A worker tells what becomes of its tasks while somebody watches; else nothing is made that could be told.

Celery makes three events for each task, and has its dispatcher drop them where nobody asked for any. Not for watching
(monitoring.watching), nor for how far a task has come, which the task itself tells (progress).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from celery.worker.control import Panel


def tell_if_watched(dispatcher: Any, tasks: Iterable[Any]) -> None:
    """Have tasks (Celery's) send events if the worker's dispatcher passes them on; a worker may have none.

    What handles messages looks at that when it is made (Consumer.update_strategies), a call under way at each event.
    """
    sends = _passes_on(dispatcher)
    for task in tasks:
        task.send_events = sends


def _passes_on(dispatcher: Any) -> bool:
    """Tell whether events of tasks are passed on: where there are no groups, all events are."""
    return dispatcher is not None and (not dispatcher.groups or "task" in dispatcher.groups)


def _taken_up(command: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what carries out a command to a worker, and has its consumer take up what has changed by it."""

    @functools.wraps(command)
    def carry_out(state: Any) -> Any:
        consumer = state.consumer
        before = _passes_on(consumer.event_dispatcher)
        answer = command(state)
        if _passes_on(consumer.event_dispatcher) != before:
            consumer.update_strategies()
        return answer

    return carry_out


for _name in ("enable_events", "disable_events"):
    Panel.data[_name] = _taken_up(Panel.data[_name])
