"""The pulse of a worker: every few seconds a message goes through the broker to its loop, and a heartbeat tells so.

    a thread of the worker ──> its private queue ──> the loop, beside the tasks' own messages ──> hear

So what is proved is consumption, on the very channel that tasks come by. A worker that has as many tasks as it may hold
takes no message, by design: there the loop's own timer tells that it runs. A task that no child begins, though
one should be free, tells that children hang. Whoever cannot send the pulse knows that the broker is away, and the
worker is not blamed. Not for what follows from a heartbeat (processes.lifecycle, cli.health).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from celery import Celery, bootsteps
from celery.worker.state import active_requests, reserved_requests
from kombu import Connection, Exchange, Producer, Queue

from macaron_runner.processes import heartbeat
from macaron_runner.processes.findings import Finding, finding_of
from macaron_runner.processes.heartbeat import SILENCE, Condition, Heartbeat
from macaron_runner.tasks.brokers.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.forks import undivided

_log: Final = logging.getLogger("macaron.tasks")

BEAT: Final = 5.0
"""Seconds from one pulse to the next."""

PROMPT: Final = 3 * BEAT
"""Seconds in which a pulse comes back from a worker that is well."""

_MESSAGE: Final = "macaron.pulse"
_QUEUE_LIFE: Final = 2 * SILENCE


class Watch:
    """What a worker's loop did lately. The loop writes it, the pulse's thread judges it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ticked: float | None = None
        self._full = False
        self._due: float | None = None
        self._handed_out: Mapping[str, float] = {}
        self.stopping = False

    def tick(self, *, full: bool = False, handed_out: Iterable[str] = ()) -> None:
        """Note that the loop runs, whether it takes no more messages, and the tasks that a child should begin now."""
        now = self._clock()
        self._ticked, self._full = now, full
        self._handed_out = {task: self._handed_out.get(task, now) for task in handed_out}

    def hear(self) -> None:
        """Note that a pulse has come."""
        self._due = None

    def judge(self, send: Callable[[], bool] | None) -> tuple[Condition, str]:
        """Return how the worker fares, and why; `send` sends a pulse, if any is sent, and tells whether it could."""
        if self.stopping:
            return Condition.STOPPING, "it stops"
        if send is None:
            return Condition.CONSUMING, "it runs, and with this broker no more is known"
        if self._waits > SILENCE:
            return Condition.DEAF, f"a task that was handed to a child has not begun for {self._waits:.0f} s"
        if self._is_full_and_well:
            self._due = None
            return Condition.BUSY, "all that it may hold is under way"
        if self._ticked is not None and self._due is None:
            self._due = self._clock()  # before it is sent: it may be back before `send` returns
        if not send():
            self._due = None
            return Condition.BROKER_AWAY, "the broker cannot be reached"
        if self._ticked is None:
            return Condition.STARTING, "it has not begun to consume"
        return self._judge_silence()

    @property
    def _is_full_and_well(self) -> bool:
        """Whether it takes no message now, as it should, and its loop runs."""
        return self._full and self._ticked is not None and self._age(self._ticked) <= PROMPT

    @property
    def _waits(self) -> float:
        """How long a task has waited for its child when the loop last ran: one that does not run knows no more."""
        since = min(self._handed_out.values(), default=None)
        return self._ticked - since if self._ticked is not None and since is not None else 0.0

    def _judge_silence(self) -> tuple[Condition, str]:
        due = self._due
        silent = self._age(due) if due is not None else 0.0
        if silent <= PROMPT:
            return Condition.CONSUMING, "messages come through"
        condition = Condition.DEAF if silent > SILENCE else Condition.WAITING
        return condition, f"no message has come through for {silent:.0f} s, and the broker is there"

    def _age(self, moment: float) -> float:
        return self._clock() - moment


class Pulse:
    """The pulse of one worker, whose name in heartbeats, which stand in `folder`, is `name`.

    Without a `sender` nothing is proved: the heartbeats say no more than that its process runs.
    """

    def __init__(self, name: str, folder: Path, sender: Sender | None) -> None:
        self._name = name
        self._folder = folder
        self._pid = os.getpid()
        self._watch = Watch()
        self._sender = sender
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="pulse", daemon=True)
        self._last = self._heartbeat(Condition.STARTING, "it has not begun to consume")
        self._is_written = True

    def install(self, steps: Any) -> None:
        """Have the worker's consumer hear the pulse; `steps` are those of its Celery application."""
        if self._sender is None:
            return
        watch, queue = self._watch, self._sender.queue

        class Hearing(bootsteps.StartStopStep):
            requires = ("celery.worker.consumer:Tasks",)

            def start(self, consumer: Any) -> None:
                consumer.task_consumer.add_queue(queue)
                consumer.strategies[_MESSAGE] = _hear(watch, consumer)

            def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
                watch.tick()
                hub.call_repeatedly(BEAT, _look, watch, consumer)

        steps["consumer"].add(Hearing)

    def finding(self, ready: bool) -> Finding:  # noqa: FBT001 - health_server.Ask
        """Return how the worker fares, as its last heartbeat said."""
        return finding_of(self._last, ready=ready)

    def start(self) -> None:
        """Begin to beat, from a thread of its own."""
        with suppress(OSError):  # the first heartbeat will tell
            heartbeat.clear(self._folder, self._name)
        self._thread.start()

    def stopping(self, **_: Any) -> None:
        """Hear that the worker was told to stop: from now on it takes no message, and rightly so."""
        self._watch.stopping = True

    def end(self) -> None:
        """Beat no more."""
        self._ended.set()
        self._thread.join(BEAT)
        with suppress(OSError):
            heartbeat.place_of(self._folder, self._name, self._pid).unlink(missing_ok=True)

    def _beat_on(self) -> None:
        while True:
            self._beat()
            if self._ended.wait(BEAT):
                break
        if self._sender is not None:
            self._sender.close()

    def _beat(self) -> None:
        condition, why = self._watch.judge(self._sender.send if self._sender is not None else None)
        if condition is Condition.DEAF and self._last.condition is not condition:
            _log.error("this worker is deaf: %s", why)
        self._last = self._heartbeat(condition, why)
        try:
            heartbeat.write(self._folder, self._last)
            self._is_written = True
        except OSError as error:  # a full disk may get room again
            if self._is_written:
                _log.warning("this worker's health cannot be told in %s: %s", self._folder, error.strerror)
            self._is_written = False

    def _heartbeat(self, condition: Condition, why: str) -> Heartbeat:
        return Heartbeat(self._name, self._pid, condition, why, time.monotonic())


class Sender:
    """Sends pulses to a worker's private queue, which goes away by itself, soon after the worker.

    Its connection is its own, and nothing is forked meanwhile: a child must find no lock held (forks).
    """

    def __init__(self, app: Celery, hostname: str) -> None:
        self._app = app
        self._connection: Connection | None = None
        name = f"{app.main}.pulse.{hostname}"
        self.queue = Queue(name, Exchange(""), routing_key=name, expires=_QUEUE_LIFE)

    def send(self) -> bool:
        """Send one; return whether the broker has it."""
        with undivided:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                self._publish(self._connection)
            except Exception as error:  # whatever it is: the worker itself is not to blame
                _log.debug("no pulse could be sent: %s: %s", type(error).__name__, error)
                self.close()
                return False
            return True

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.release()

    def _publish(self, connection: Connection) -> None:
        # This raises where there is no connection; a Producer alone would wait for one.
        channel: Any = connection.channel()
        Producer(channel).publish(
            {}, exchange="", routing_key=self.queue.name, headers={"task": _MESSAGE}, declare=[self.queue]
        )
        channel.close()

    def _connect(self) -> Connection:
        # What waits for an answer must end: AMQP's client waits for ever by itself.
        limits = {"read_timeout": WORKER_PATIENCE, "write_timeout": WORKER_PATIENCE}
        options = limits if self._app.conf.broker_url.startswith("amqp") else {}
        return self._app.connection_for_write(transport_options=options, heartbeat=0)


def _hear(watch: Watch, consumer: Any) -> Any:
    def hear(message: Any, *_: Any) -> None:
        watch.hear()
        message.ack_log_error(_log, consumer.connection_errors)

    return hear


def _look(watch: Watch, consumer: Any) -> None:
    watch.tick(full=_is_full(consumer), handed_out=_handed_out(consumer))


def _handed_out(consumer: Any) -> Iterator[str]:
    """Yield the tasks that were handed to the pool and have not begun, though not all of its children are at work."""
    if len(active_requests) < consumer.pool.num_processes:
        for request in reserved_requests - active_requests:
            if request._apply_result is not None:
                yield request.id


def _is_full(consumer: Any) -> bool:
    """Tell whether the worker holds as many messages as it may: kombu knows, or Celery where the broker counts."""
    qos = getattr(consumer.task_consumer.channel, "qos", None)
    if qos is not None and not qos.can_consume():
        return True
    most = consumer.qos.value
    return bool(most) and len(reserved_requests) >= most
