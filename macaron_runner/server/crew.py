"""The threads of a worker: whichever is free takes the next piece of work.

Not a pool as concurrent.futures has it: nobody waits for a result, so there is none to be kept, locked and announced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Work = TypeVar("Work")


class Crew(Generic[Work]):
    """So many threads that call `do` with what is `put`; `do` must not raise.

    `start` them in the process that they are to run in. The process ends when they have done what they are at.
    """

    def __init__(self, count: int, do: Callable[[Work], None]) -> None:
        self._count = count
        self._do = do
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        self.put: Callable[[Work], None] = self._waiting.put

    def start(self) -> None:
        """Begin to work."""
        for number in range(self._count):
            threading.Thread(target=self._run, name=f"request-{number}").start()

    def _run(self) -> None:
        get, do = self._waiting.get, self._do
        while (work := get()) is not None:
            do(work)

    def shutdown(self, wait: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as an executor of concurrent.futures
        """Let each thread end once nothing is left to do."""
        for _ in range(self._count):
            self._waiting.put(None)
