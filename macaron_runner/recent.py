"""A bounded store of what was computed a moment ago, keyed by text; reading it takes no lock.

Not for knowing whether an entry still holds: its reader decides.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class RecentCache(Generic[Value]):
    """At most `limit` entries, roughly those used last.

    Two generations: entries are added to the young one; when it holds half the limit it becomes the old one,
    and what was old is forgotten. An entry found in the old generation moves back to the young. So nothing is
    ordered on a hit, and a hit in the young generation is one read of a dict, which is atomic in CPython.
    """

    __slots__ = ("_half", "_lock", "_old", "_young")

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._young: dict[str, Value] = {}
        self._old: dict[str, Value] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: str) -> Value | None:
        """Return the entry, or None where there is none."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: str, value: Value) -> None:
        """Keep the entry, forgetting the least recently used half where the limit is reached."""
        with self._lock:
            if len(self._young) >= self._half:
                self._old, self._young = self._young, {}
            self._old.pop(key, None)
            self._young[key] = value
