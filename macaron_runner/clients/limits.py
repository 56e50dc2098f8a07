"""How many calls of a client may be under way at once in this process. Not for its connections (http)."""

from __future__ import annotations

import threading


class Places:
    """So many places. Nobody waits for one: threads that wait for a slow service would be missing elsewhere."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> bool:
        """Take a place; False where none is free."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Give back what was taken. Raises ValueError where nothing was."""
        self._free.release()


class NoLimit:
    """As many places as are wanted."""

    def take(self) -> bool:
        """Take one."""
        return True

    def give_back(self) -> None:
        """Give it back."""
