"""Results in the store, as Celery keeps them, but for two things.

None is missed where the store is away for a while. And the task after a group is sent as soon as the results of all
parts are there, once more at the worst: Celery counts the parts of such a chord as well, but forgets them where the
task after them cannot be sent, or where the process that was to send it is killed. Not for reading results (results).
"""

from __future__ import annotations

import logging
import math
from typing import Any, Final

from celery.backends.redis import RedisBackend
from celery.canvas import maybe_signature
from celery.exceptions import ChordError, Reject
from celery.result import GroupResult, allow_join_result
from celery.states import READY_STATES
from redis.exceptions import RedisError, ResponseError

_log: Final = logging.getLogger("macaron.tasks")

_NOTE: Final = """
local parts, size, grown, done = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('EXISTS', done) == 1 then return 0 end
redis.call('HSETNX', parts, ARGV[1], ARGV[2])
for number = 1, ARGV[3] ~= '0' and 3 or 0 do redis.call('EXPIRE', KEYS[number], ARGV[3]) end
local wanted = redis.call('GET', size)
return wanted and redis.call('HLEN', parts) >= wanted + (redis.call('GET', grown) or 0) and 1 or 0
"""
"""KEYS: the results, how many there will be, how many more than that, what stands when it is over. ARGV: which part,
its result, the seconds all this is kept (0: for ever). Returns whether all are there: the first run of each counts."""


class ResultStore(RedisBackend):
    """Celery's results in a Redis, and what is noted of chords.

    A store that is away or takes nothing (a full disk, a replica) is waited for by the processes that run tasks. Where
    that does not help, what they have run is given back: whoever waits for its result must not wait for ever.
    """

    # What celery-types does not know.
    app: Any
    client: Any
    chord_expires: int | None
    connection_errors: Any
    _unpack_chord_result: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_errors = (*self.connection_errors, ResponseError)

    def ensure(self, fun: Any, args: Any, **policy: Any) -> Any:
        """Return what a use of the store does; it is tried again for long only where nobody else has to wait."""
        said = {} if self._runs_a_task else {"max_retries": 1}
        return super().ensure(fun, args, **{**said, **policy})

    @property
    def _runs_a_task(self) -> bool:
        return self.app.current_worker_task is not None

    def on_task_call(self, *_: Any) -> None:
        """Do not listen yet for the result of a call: nobody may ever ask for it.

        Celery listens at each call; with the store away that would take minutes.
        """

    def store_result(self, task_id: str, result: Any, state: str, *args: Any, **options: Any) -> Any:
        """Keep the result of a call, or its state. Raises Reject where a task's own process cannot."""
        try:
            return super().store_result(task_id, result, state, *args, **options)
        except RedisError as error:
            if self._runs_a_task and state in READY_STATES:
                raise Reject(error, requeue=True) from error
            raise

    def on_chord_part_return(self, request: Any, state: str, result: Any, *_: Any, **__: Any) -> None:
        """Note the result of a part and, where it was the last, send the task after them.

        The part is not acknowledged yet. Raises Reject where the store or the broker is away: the part is given back,
        and runs once more.
        """
        if not request.group:
            return
        try:
            if self.ensure(self._note, (request, state, result)):
                self._go_on(request.group, maybe_signature(request.chord, app=self.app))
                self._forget(request.group)
        except RedisError as error:
            raise Reject(error, requeue=True) from error

    def _note(self, request: Any, state: str, result: Any) -> bool:
        noted = self.encode([1, request.id, state, self.encode_result(result, state)])
        part = f"{request.group_index}:{request.id}"
        return bool(
            self.client.eval(_NOTE, 4, *self._keys(request.group), part, noted, self.chord_expires or 0)
        )

    def _go_on(self, group: str, body: Any) -> None:
        try:
            body.delay(self._results(group))
        except (Reject, RedisError):
            raise
        except Exception as error:
            _log.error("the task after a group is not run: %s: %s", type(error).__name__, error)
            failed = error if isinstance(error, ChordError) else ChordError(f"Callback error: {error!r}")
            self.chord_error_from_stack(body, failed)

    def _results(self, group: str) -> Any:
        """Return the results of a group's parts in their order. Raises ChordError where one of them failed."""
        nested: Any = GroupResult.restore(group, app=self.app)
        if nested is None:
            parts = self.client.hgetall(self._keys(group)[0])
            return [self._unpack_chord_result(parts[part], self.decode) for part in sorted(parts, key=_index)]
        nested.on_ready()
        with allow_join_result():
            return nested.join_native(timeout=self.app.conf.result_chord_join_timeout, propagate=True)

    def _forget(self, group: str) -> None:
        *noted, done = self._keys(group)
        with self.client.pipeline() as pipe:
            pipe.delete(*noted).set(done, 1, ex=self.chord_expires or None).execute()

    def _keys(self, group: str) -> list[Any]:
        """Return the names of what is kept of a chord; but for the first, Celery knows them too."""
        return [self.get_key_for_group(group, ending) for ending in (".parts", ".s", ".t", ".c")]


def _index(part: bytes) -> float:
    number = part.partition(b":")[0]
    return int(number) if number.isdigit() else math.inf
