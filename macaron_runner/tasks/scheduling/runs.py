"""Runs of schedules that were sent twice, and run once.

A scheduler that dies when it has sent a run and not yet written that down, or that stops for seconds between the two,
has its run sent once more by the next one, under the same id. Each sending has a mark of its own: the one that begins
first is the run, and so is every delivery of it, should its worker be killed. The others are not run.

Not for sending (seat).
"""

from __future__ import annotations

import logging
from typing import Final

from redis.exceptions import RedisError

from macaron_runner.tasks.store import Store

_log: Final = logging.getLogger("macaron.tasks")

RUN_HEADER: Final = "macaron_run"
"""The message header with the mark of a sending."""

_REMEMBERED: Final = 6 * 3600
"""Seconds for which a run is remembered: longer than the second message of one can wait behind the first."""


def is_repeated(store: Store | None, run: str, mark: str) -> bool:
    """Tell whether another sending of the run of this id has begun; without a store, or where it is away, none has."""
    if store is None:
        return False
    try:
        key = store.key("run", run)
        if store.client.set(key, mark, nx=True, ex=_REMEMBERED):
            return False
        return store.client.get(key) not in (None, mark)
    except RedisError as error:
        _log.warning("whether a schedule's run was sent twice cannot be told: %s", error)
        return False
