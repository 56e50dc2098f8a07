"""Results of tasks as those who ask for them get them: models as models, as the functions returned them.

Not for keeping them, which Celery does (its result_backend is the store, by brokers.guarantee).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NoReturn

from celery.backends.base import DisabledBackend
from celery.result import AsyncResult, GroupResult

from macaron_runner import context
from macaron_runner.tasks.envelope import decode, find_model_in


class TaskResult(AsyncResult[Any]):
    """The result of one call, or of a chain."""

    def get(self, *args: Any, **options: Any) -> Any:
        """Wait for the result, as Celery does, and return what the function returned."""
        return _decoded(super().get(*args, **options))


class GroupedResults(GroupResult):
    """The results of a group's calls."""

    def get(self, *args: Any, **options: Any) -> Any:
        """Wait for the results, as Celery does, and return what the functions returned."""
        return _decoded(super().get(*args, **options))

    def join_native(self, *args: Any, **options: Any) -> Any:
        """Return the results as they travel, for the task after the group."""
        return _joined(super().join_native, *args, **options)

    def join(self, *args: Any, **options: Any) -> Any:
        """Return the same from a store that gives one after the other."""
        return _joined(super().join, *args, **options)


class NoStore(DisabledBackend):
    """Stands where results would be kept, in a service that has no store."""

    def ensure_chords_allowed(self) -> NoReturn:
        """Refuse a chord in words that lead on."""
        raise RuntimeError(
            "a chord, or a group with a task after it, keeps the results of its parts, and there is no store for "
            'them: name a Redis under tasks.store in macaron.yaml, as store: "redis://…"'
        )


_joining: Final[ContextVar[bool]] = ContextVar("joining", default=False)
"""Whether the results asked for are parts of others, which are decoded as a whole or travel on."""


def _joined(join: Callable[..., Any], *args: Any, **options: Any) -> Any:
    outside = _joining.set(True)
    try:
        return join(*args, **options)
    finally:
        _joining.reset(outside)


def _decoded(value: Any) -> Any:
    return value if _joining.get() else decode(value, find_model_in(context.service().apis))
