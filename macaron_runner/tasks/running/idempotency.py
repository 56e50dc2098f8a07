"""Idempotency keys: of the calls of a task that have one key, one runs while the key is remembered.

The key is claimed in the store by the call that is about to run, for as long as its process lives (a lease, renewed),
and confirmed with its result when it has run. A call that failed lets go of it, one whose process was killed loses it:
then another may run. Whoever finds the key claimed comes again later; whoever finds it confirmed gets that result.

Not for what a task's key is (options), nor for sending a call once more (celery_task).
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import RedisError

from macaron_runner.tasks.store import Store

_log: Final = logging.getLogger("macaron.tasks")

LEASE: Final = 30.0
"""Seconds after which a claim that is not renewed is nobody's."""

RENEWAL: Final = 10.0
"""Seconds between two renewals."""

_CLAIM: Final = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
"""
_IF_MINE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call(unpack(ARGV, 2))
"""
_DONE: Final = "done "
_CLAIMED: Final = "claimed "


class Claimed(Exception):
    """Another call with this key runs at the moment, or the store cannot tell."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with this key has run; this is its result, encoded (None where it was not kept)."""

    result: Any


class Keys:
    """The keys of a service's calls, in its store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def once(self, task: str, key: str, call_id: str, remember: float, run: Callable[[], Any]) -> Any:
        """Return what `run()` does, or what it did for the call with this key that has run.

        `call_id` is the message's: the one that claimed a key may run again, for it was given back. The key is
        remembered for `remember` seconds after that. Raises Claimed, and what `run` raises, the key being free then.
        """
        name = self._store.key("once", task, hashlib.sha256(key.encode()).hexdigest())
        mine = f"{_CLAIMED}{call_id}"
        done = self._claim(name, mine)
        if done is not None:
            return done.result
        with self._held(name, mine):
            result = run()
        self._confirm(name, f"{_DONE}{json.dumps(result)}", remember)
        return result

    def _claim(self, name: str, mine: str) -> Done | None:
        try:
            held = str(self._store.client.eval(_CLAIM, 1, name, mine, str(int(LEASE * 1000))))
        except RedisError as error:
            raise Claimed(f"the store cannot be asked: {error}") from error
        if held == mine:
            return None
        if held.startswith(_DONE):
            return Done(json.loads(held.removeprefix(_DONE)))
        raise Claimed("a call with this key runs at the moment")

    @contextmanager
    def _held(self, name: str, mine: str) -> Iterator[None]:
        """Renew a claim while a `with` block runs; let go of it where that raises."""
        over = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(name, mine, over), daemon=True)
        renewing.start()
        try:
            yield
        except BaseException:
            self._if_mine(name, mine, "DEL", name)
            raise
        finally:
            over.set()

    def _renew(self, name: str, mine: str, over: threading.Event) -> None:
        while not over.wait(RENEWAL):
            self._if_mine(name, mine, "PEXPIRE", name, str(int(LEASE * 1000)))

    def _if_mine(self, name: str, mine: str, *words: str) -> None:
        try:
            self._store.client.eval(_IF_MINE, 1, name, mine, *words)
        except RedisError as error:
            _log.warning("the claim of an idempotency key could not be changed: %s", error)

    def _confirm(self, name: str, done: str, remember: float) -> None:
        try:
            self._store.client.set(name, done, px=int(remember * 1000))
        except RedisError as error:
            _log.warning(
                "that a call has run could not be remembered, and one with its key may run: %s", error
            )
