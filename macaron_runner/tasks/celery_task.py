"""What Celery knows of a task: how a call of it is sent, how it runs in a worker, when it has failed for good.

Every message goes through `MacaronTask`, whoever sends it: a call, a step of a chain, a part of a group, a retry. Not
for the worker around it (running.worker), nor for a single run of the function (running.execute).
"""

from __future__ import annotations

import functools
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import celery.worker.request
from celery.app.task import Task as CeleryTask
from celery.exceptions import Ignore, Reject, Retry, TimeLimitExceeded, WorkerLostError
from celery.result import AsyncResult
from celery.worker import state
from kombu.exceptions import EncodeError
from kombu.utils.uuid import uuid

from macaron_runner import context
from macaron_runner.errors import TaskQueueUnavailable
from macaron_runner.tasks.brokers.delays import queue_of
from macaron_runner.tasks.brokers.promises import refuse_delay, refuse_key, wait_of
from macaron_runner.tasks.brokers.too_large import CallTooLarge, too_large_told
from macaron_runner.tasks.celery_app import ServiceCelery
from macaron_runner.tasks.discover import AnyTask
from macaron_runner.tasks.envelope import CONTEXT_HEADER, KEY_HEADER, read_context
from macaron_runner.tasks.running.execute import context_of, report
from macaron_runner.tasks.running.idempotency import Claimed, Keys
from macaron_runner.tasks.sending.dead_letters import PAUSE
from macaron_runner.tasks.sending.keeper import AWAY
from macaron_runner.tasks.sending.kept_call import record

_log: Final = logging.getLogger("macaron.tasks")

_LOOK_AGAIN: Final = 5.0
"""Seconds after which a call that waits for another one with its key looks again."""


class MacaronTask(CeleryTask[Any, Any]):
    """One task of a service, to Celery."""

    abstract = True
    app: ServiceCelery
    Request = f"{__name__}:Request"
    declared: AnyTask
    """The task itself."""
    home: str
    """The queue of calls that name none."""

    def apply_async(  # type: ignore[override]  # celery-types names all options
        self, args: Any = None, kwargs: Any = None, **options: Any
    ) -> AsyncResult[Any]:
        """Send a call, its arguments already encoded, with what its task says and `options` do not (`queue_call`)."""
        return self.queue_call(args, kwargs, self.declared.options.for_call(options))

    def queue_call(self, args: Any, kwargs: Any, options: Mapping[str, Any]) -> AsyncResult[Any]:
        """Send a call, its arguments encoded and its options those of TaskOptions.for_call.

        Raises TaskQueueUnavailable where the broker is away; then what Celery itself goes on with after a task (the
        next step of a chain) is lost to nobody: the task is given back, and runs once more.
        """
        said = {"queue": self.home, **options}
        if (key := said.pop("idempotency_key", None)) is not None:
            self._keys()  # or refuse
            said["headers"] = {**(said.get("headers") or {}), KEY_HEADER: key}
        try:
            return self._send(args, kwargs, said)
        except TaskQueueUnavailable as error:
            if context.current() is None and self.app.current_worker_task:
                raise Reject(error, requeue=True) from error
            raise

    def begin(self) -> None:
        """Return where a call that came may run."""

    def try_again(self, error: BaseException) -> None:
        """Send the call again, to run after a pause, and raise Celery's Retry; return where it has failed for good.

        The call is acknowledged after that. Where it cannot be sent it is given back, and this attempt was none.
        """
        retries, request = self.declared.options.retries, self.request
        if retries is None or request.retries >= retries.max or not retries.wants(error):
            return
        assert isinstance(error, Exception)
        pause = retries.pause(request.retries, error)
        _log.warning(
            "%s failed and runs again in %.1f s (%d of %d): %s: %s",
            *(self.name, pause, request.retries + 1, retries.max, type(error).__name__, error),
        )
        self._send_again(pause, request.retries + 1)
        raise Retry(exc=error, when=datetime.now(UTC) + timedelta(seconds=pause))

    def once(self, args: tuple[Any, ...], kwargs: dict[str, Any], call: Callable[[], Any]) -> Any:
        """Return what `call()` does, or did for another call with the same idempotency key.

        Raises Celery's Ignore where another one is at it; this one was sent again then, to look once more.
        """
        options, request = self.declared.options, self.request
        key = request.get(KEY_HEADER) or options.key_of(args, kwargs)
        if key is None:
            return call()
        try:
            return self._keys().once(self.name, key, options.remember, call)
        except Claimed as reason:
            _log.info("%s waits: %s", self.name, reason)
            self._send_again(_LOOK_AGAIN, request.retries)
            raise Ignore(str(reason)) from reason

    def _keys(self) -> Keys:
        if self.app.store is None:
            refuse_key(self.name)
        return Keys(self.app.store)

    def _send_again(self, pause: float, retries: int) -> None:
        """Send the call that runs here once more; where it cannot be sent raise Reject, and it is given back."""
        try:
            options = {**self._options_again(), "retries": retries, "countdown": pause}
            self._send(self.request.args, self.request.kwargs, options)
        except TaskQueueUnavailable as unavailable:
            raise Reject(unavailable, requeue=True) from unavailable

    def give_up(self, error: BaseException, error_id: str) -> None:
        """Leave a dead letter of the call, which has failed for good, before it is acknowledged.

        Where the letter cannot be left this raises Celery's Reject: the call is given back.
        """
        request = self.request
        options = {**self._options_again(), "retries": 0, "expires": None}
        call, _ = record(self.app, functools.partial(self._publish, request.args, request.kwargs, **options))
        try:
            self.app.dead_letters.leave(call, error, error_id, request.retries + 1)
        except AWAY as away:
            _log.error(
                "%s has failed for good, and is given back until that can be kept: %s", self.name, away
            )
            time.sleep(PAUSE)
            raise Reject(away, requeue=True) from error
        request.is_given_up = True  # type: ignore[attr-defined]  # our own note

    def _options_again(self) -> dict[str, Any]:
        """Return the options with which the call under way can be sent to its queue again."""
        request = self.request
        delivery: Any = request.delivery_info
        headers = {name: request.get(name) for name in (CONTEXT_HEADER, KEY_HEADER)}
        return {
            **request.as_execution_options(),
            "headers": {name: value for name, value in headers.items() if value is not None},
            "queue": queue_of(delivery),
            "priority": delivery.get("priority"),
            "ignore_result": request.ignore_result,
        }

    def _send(self, args: Any, kwargs: Any, options: dict[str, Any]) -> AsyncResult[Any]:
        """Send one message; the options are complete."""
        options = self._whole_seconds(options)
        options["confirm_timeout"] = self.app.conf.broker_connection_timeout
        options.setdefault("task_id", uuid())  # the same one, should it be kept after all
        send: Callable[..., AsyncResult[Any]] = functools.partial(self._publish, args, kwargs, **options)
        if self.declared.options.at_most_once:  # what is sent again, or kept, may be there already
            send = functools.partial(send, retry=False)
        elif self.app.keeper is not None:
            send = functools.partial(self.app.keeper.send, send)
        try:
            return send()
        except EncodeError as error:
            raise TypeError(
                f"a call of {self.name} cannot travel: {error}; give its arguments to .s()"
            ) from error
        except CallTooLarge as error:
            raise CallTooLarge(error.size, error.limit, f"a call of {self.name}") from error
        except AWAY as error:
            _log.warning("%s could not be queued: %s: %s", self.name, type(error).__name__, error)
            raise TaskQueueUnavailable from error

    def _publish(self, args: Any, kwargs: Any, *, producer: Any = None, **options: Any) -> AsyncResult[Any]:
        """Send one message by a producer of Celery's, or have it composed for the one that is given."""
        delays = self.app.delays
        if delays is not None and options.get("countdown") and producer is None:
            delays.prepare(options["queue"])
        with too_large_told():
            return super().apply_async(args, kwargs, producer=producer, **options)

    def _whole_seconds(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with a wait as RabbitMQ counts it; others take any."""
        if self.app.delays is None:
            return {**options, "countdown": options.get("countdown") or None}
        wait = wait_of(options)
        refuse_delay("amqp", wait)
        return {**options, "eta": None, "countdown": math.ceil(wait) if wait > 0 else None}

    def on_failure(self, exc: Exception, *_: Any) -> None:
        """Hear that a call has failed for good, before it is acknowledged, and give it up if that was not done yet.

        It was by `execute`, but where the process that ran it was ended (this is the worker's main process then), by a
        time limit or, if it runs at most once, by anything; or where something beside the function failed, as sending
        the next step of a chain.
        """
        if not getattr(self.request, "is_given_up", False):
            caller = read_context(self.request.get(CONTEXT_HEADER))
            self.give_up(exc, report(exc, context_of(self.name, caller)))


class Request(celery.worker.request.Request):
    """One message in a worker's main process."""

    # What celery-types does not know.
    task: Any
    _context: Any

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 - Celery's signature
        """Let the task's `on_failure` know whose time is over; give the call back where it cannot be given up.

        A worker that ends what runs, because it was told to stop, gives it back as it does all the others.
        """
        try:
            if not soft and state.should_terminate:
                raise Reject("the worker stops", requeue=True)
            with self._under_way():
                super().on_timeout(soft, timeout)
        except Reject:
            state.task_ready(self)
            self.reject(requeue=True)

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> None:
        """Let it know also of a process that was lost with a call that does not run again.

        Of a time limit Celery lets us hear twice, and here first, where it would acknowledge.
        """
        error = getattr(exc_info.exception, "exc", exc_info.exception)  # billiard wraps some
        if isinstance(error, TimeLimitExceeded):
            return
        with suppress(Reject):  # a failed part of a chord that cannot be noted: it does not run again
            super().on_failure(exc_info, *args, **options)
        if isinstance(error, WorkerLostError) and not self.task.reject_on_worker_lost:
            with suppress(Reject), self._under_way():
                self.task.on_failure(error, self.id, self.args, self.kwargs, exc_info)

    def _success_was_stored(self) -> Any:
        """Return the stored result of a call whose process was lost after it had run; nothing where it must run again.

        The result of a group's part is stored before the task after the group is sent, which may have been lost.
        """
        return super()._success_was_stored() if not self._context.chord else False  # type: ignore[misc]

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Make this the request that the task knows, as it is in the process that runs it."""
        self.task.request_stack.push(self._context)
        try:
            yield
        finally:
            self.task.request_stack.pop()
