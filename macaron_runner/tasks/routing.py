"""Which queue a call goes to, and the calls that no worker would take. Pure.

Not for what a task's own queue is (discover), nor for sending calls (sending.queue).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from macaron_runner.diagnostics import near_word


@dataclass(frozen=True, slots=True)
class Routing:
    """The queue of each task that workers know (discover.homes), and the queues that pools consume."""

    homes: Mapping[str, str]
    queues: frozenset[str]

    def queue_of(self, name: str, wanted: str | None = None) -> str:
        """Return the queue of a call: the one it wants, else that of its task.

        Raises LookupError for a task, ValueError for a queue that no worker knows.
        """
        if name not in self.homes:
            raise LookupError(
                f"workers do not know the task {name}: its module is neither among the handlers of an API "
                f"nor under tasks.modules in macaron.yaml {near_word(name, self.homes)}".rstrip()
            )
        queue = wanted or self.homes[name]
        if queue not in self.queues:
            known = ", ".join(sorted(self.queues))
            raise ValueError(f'no pool in macaron.yaml consumes the queue "{queue}" (there are: {known})')
        return queue
