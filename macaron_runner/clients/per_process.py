"""What each process makes for itself: connections, counts, what it learned of the other side.

gunicorn's workers and Celery's children are forked from a process that may have made calls; its sockets, and its locks
that another thread held, are not theirs. Not for what may be shared: settings, compiled operations.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import WeakSet


class Owned(Protocol):
    """Something that belongs to one process."""

    def abandon(self) -> None:
        """Let go of what was inherited from another process, so that that one does not notice."""
        ...


Value = TypeVar("Value", bound=Owned)


class PerProcess(Generic[Value]):
    """A value that is made when it is first asked for, once in each process."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._value: Value | None = None
        self._making = threading.Lock()
        _ALL.add(self)

    def __call__(self) -> Value:
        """Return this process's value."""
        value = self._value
        if value is not None:
            return value
        with self._making:
            if self._value is None:
                self._value = self._make()
            return self._value

    @property
    def made(self) -> Value | None:
        """The value, where it was made."""
        return self._value

    def forget(self) -> None:
        """Be as new, in a process that was forked."""
        inherited, self._value = self._value, None
        self._making = threading.Lock()
        if inherited is not None:
            inherited.abandon()


_ALL: Final[WeakSet[PerProcess[Any]]] = WeakSet()


def _forget_all() -> None:
    for each in tuple(_ALL):
        each.forget()


os.register_at_fork(after_in_child=_forget_all)
