"""Idempotency keys: of the calls of a task that have one key, one runs while the key is remembered.

The key is claimed in the store by the run that is about to begin, for as long as its process lives (a lease, renewed),
and confirmed with its result when it is over. A run that failed lets go of it, one whose process was killed or slept
too long loses it: then another may begin. Whoever finds the key claimed comes again later; whoever finds it confirmed
gets that result. A claim is one delivery's, not one call's: a message that came again, while who had it first is still
at it, waits like any other.

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

from macaron_runner.ids import new_id
from macaron_runner.tasks.store import Store

_log: Final = logging.getLogger("macaron.tasks")

LEASE: Final = 30.0
"""Seconds after which a claim that is not renewed is nobody's."""

_SET_UNLESS_ANOTHERS: Final = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[1]
"""
_LET_GO: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_DONE: Final = "done "
_CLAIMED: Final = "claimed "


class Claimed(Exception):
    """Another run with this key is under way, or the store cannot tell."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with this key has run; this is its result, encoded (None where it was not kept)."""

    result: Any


class Keys:
    """The keys of a service's calls, in its store; a claim that is not renewed ends after `lease` seconds."""

    def __init__(self, store: Store, lease: float = LEASE) -> None:
        self._store = store
        self._lease = lease

    def once(self, task: str, key: str, remember: float, run: Callable[[], Any]) -> Any:
        """Return what `run()` does, or what it did for the call with this key that has run.

        The key is remembered for `remember` seconds after that. Raises Claimed, also where another run has claimed the
        key meanwhile, because this process slept; and what `run` raises, the key being free then.
        """
        claim = _Claim(self._store, self._store.key("once", task, _hashed(key)), self._lease)
        done = claim.take()
        if done is not None:
            return done.result
        with claim.held():
            result = run()
        done = claim.confirm(result, remember)
        return result if done is None else done.result


class _Claim:
    """The claim of one run on the key `name`: nobody else's has the same text."""

    def __init__(self, store: Store, name: str, lease: float) -> None:
        self._client, self._name, self._lease = store.client, name, lease
        self._text = f"{_CLAIMED}{new_id()}"

    def take(self) -> Done | None:
        """Return None where the key is this run's now, else what another one did. Raises Claimed."""
        try:
            return self._set(self._text, self._lease)
        except RedisError as error:
            raise Claimed(f"the store cannot be asked: {error}") from error

    def confirm(self, result: Any, remember: float) -> Done | None:
        """Write down what this run did; return what another one did where that was first. Raises Claimed."""
        try:
            return self._set(f"{_DONE}{json.dumps(result)}", remember)
        except RedisError as error:
            _log.warning(
                "that a call has run could not be remembered, and one with its key may run: %s", error
            )
            return None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Renew the claim while a `with` block runs; let go of it where that raises."""
        over = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(over,), daemon=True)
        renewing.start()
        try:
            try:
                yield
            finally:
                over.set()
                renewing.join()  # it would claim anew what was let go of
        except BaseException:
            self._let_go()
            raise

    def _renew(self, over: threading.Event) -> None:
        while not over.wait(self._lease / 3):
            try:
                lost = self._set(self._text, self._lease) is not None
            except Claimed:
                lost = True
            except RedisError as error:
                _log.warning("the claim of an idempotency key could not be renewed: %s", error)
                continue
            if lost:
                _log.error(
                    "this process slept for longer than its claim of an idempotency key lasts, and another one has "
                    "begun: the call runs twice"
                )
                return

    def _let_go(self) -> None:
        try:
            self._client.eval(_LET_GO, 1, self._name, self._text)
        except RedisError as error:
            _log.warning("an idempotency key could not be let go of: %s", error)

    def _set(self, text: str, seconds: float) -> Done | None:
        """Write beside the key unless another run did; return what that one has done. Raises Claimed, RedisError."""
        words = (self._text, text, str(int(seconds * 1000)))
        held = str(self._client.eval(_SET_UNLESS_ANOTHERS, 1, self._name, *words))
        if held == self._text:
            return None
        if held.startswith(_DONE):
            return Done(json.loads(held.removeprefix(_DONE)))
        raise Claimed("a call with this key runs at the moment")


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
