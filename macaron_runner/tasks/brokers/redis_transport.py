"""kombu's Redis transport with leases: what a worker holds stays its own, until it is dead.

Redis has no acknowledgements. kombu writes each message that a worker has taken, with the time, into
`unacked_index`, and gives back what is older than the visibility timeout. That timeout must be longer than
the longest task and the longest delay (else they run twice), so a killed worker's tasks wait as long: an
hour, by default. Here the timeout is a lease: short, and renewed while the worker lives. So a killed worker's
tasks come back within LEASE + LEASE_RENEWAL seconds (guarantee), and a long task still runs once. Hosts that
share a broker must have clocks that agree within the difference of the two.

kombu also takes a message first and writes it down afterwards: what is killed in between, worker or broker,
takes it along. Here a script does both at once. A script cannot wait, so each queue has a bell, a stream of
one entry: whoever puts a message rings it, and a worker that found its queues empty waits for that.

And kombu gives a message that is not due yet to a worker, which holds it until then. Here it waits in a sorted set
beside its queue, whichever workers come and go, and whoever asks for messages first moves what is due into the queue.

Not for AMQP, where the broker sees that a worker's connection has closed.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Sequence
from queue import Empty
from typing import Any, Final

from kombu.transport import redis
from kombu.utils.json import dumps
from redis.exceptions import RedisError, ResponseError

from macaron_runner.tasks.brokers.guarantee import LEASE_RENEWAL
from macaron_runner.tasks.brokers.promises import due_time
from macaron_runner.tasks.brokers.redis_leases import LeasedQoS
from macaron_runner.tasks.brokers.redis_messages import count_delivery, read
from macaron_runner.tasks.brokers.redis_scripts import ACKNOWLEDGE, HOLD_BACK, PUT, TAKE
from macaron_runner.tasks.brokers.too_large import refuse_too_large
from macaron_runner.tasks.options import DEFAULT_PRIORITY

_log: Final = logging.getLogger("macaron.tasks")

_NOW: Final = b"<seconds since 1>"
"""Stands for the time in a packed command: as long as a time in microseconds is for the next two centuries."""

_left_behind: Final[list[Any]] = []
"""The connections of the process that this one was forked from."""


class Channel(redis.Channel):
    """A channel whose messages are leased, and taken by a script.

    kombu's event loop calls `_brpop_start` to ask for a message, and `_brpop_read` when there is an answer.
    Where the last answer was that none is left, two commands are sent at once: to wait for the sound of a bell, and
    to take a message then; so who waits for one has it as soon as Redis does. A message put without a ring (by a
    program that is not ours) is found when the waiting ends, after a second. A lease begins when the waiting does.
    """

    QoS = LeasedQoS
    delivering = False
    default_priority = DEFAULT_PRIORITY
    # What celery-types does not know of kombu's Redis channel.
    connection: Any
    client: Any
    connection_errors: Any
    _expires: Any
    _pool: Any
    _async_pool: Any
    _queue_cycle: Any
    _flush_brpop_reauth: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pooled: Any = None
        self._unleased: set[str] = set()
        self._questions: dict[tuple[str, ...], tuple[bytes, bytes, bytes]] = {}
        """The commands that ask for a message, by the order of the queues, each cut where the time stands."""
        self._asked: list[str] = []
        """The queue of each list that is asked for a message."""
        self._waits = False
        """Whether that is asked when a bell has rung, or at the end of the waiting."""
        self._silent: dict[str, bytes] = {}
        """Each queue's bell and where it stood when nothing was left in the queues; none otherwise."""
        self._next_due = math.inf
        """When the first message that they hold back is due, in unix time."""
        super().__init__(*args, **kwargs)
        self.priority_steps = list(
            range(9, -1, -1)
        )  # each a list of its own; the most urgent is asked for first

    def _after_fork(self) -> None:
        """Leave the connections to the parent, unused: closing them would wait for a lock that a thread of it held."""
        _left_behind.extend((self._pool, self._async_pool))
        self._pool = self._async_pool = None

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:  # noqa: FBT001
        """Consume from a queue as well; with `no_ack` its messages are not held."""
        self._questions.clear()
        if no_ack:
            self._unleased.add(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def basic_cancel(self, consumer_tag: str) -> Any:
        """Consume no more from a queue; the waiting ends first, or it would take a message for nobody."""
        if self._in_poll and self._waits:
            self._end_waiting()
        return super().basic_cancel(consumer_tag)

    def _end_waiting(self) -> None:
        """Ring the bells that there are, and deliver the message that was there before, if one was."""
        try:
            with self.conn_or_acquire() as client:
                for queue in dict.fromkeys(self._asked):
                    self._ring(queue, client, nomkstream=True)
            self._brpop_read()
        except Empty:
            pass
        except self.connection_errors:  # it waits no longer where nobody listens
            self.client.connection.disconnect()

    def put_first(self, delivery_tags: Sequence[str]) -> None:
        """Give back messages that are held, to be the next ones taken from their queue, in this order."""
        held: Any = self.qos
        held.put_first(delivery_tags)

    def _q_for_pri(self, queue: str, pri: int) -> str:
        return queue if pri == self.default_priority else f"{queue}{self.sep}{pri}"

    def peek(self, queue: str, most: int) -> list[tuple[bytes, Any]]:
        """Return the first messages of a queue, in the order in which they will be taken, each with its text."""
        found: list[bytes] = []
        with self.conn_or_acquire() as client:
            for priority in self.priority_steps:
                if len(found) < most:
                    key = self.global_keyprefix + self._q_for_pri(queue, priority)
                    found += reversed(client.lrange(key, len(found) - most, -1))
        return [(raw, self.Message(read(self, raw, queue), channel=self)) for raw in found]

    def peek_waiting(self, queue: str) -> list[tuple[float, Any]]:
        """Return the messages of a queue that are not due yet, each with when it is, in unix time."""
        with self.conn_or_acquire() as client:
            found = client.zrange(self._waiting(queue), 0, -1, withscores=True)
        return [(due, self.Message(read(self, raw, queue), channel=self)) for raw, due in found]

    def remove(self, queue: str, raw: bytes) -> None:
        """Take out a message (one without priority) that `peek` has shown."""
        with self.conn_or_acquire() as client:
            client.lrem(self.global_keyprefix + queue, -1, raw)

    def trim(self, queue: str, most: int) -> None:
        """Drop the oldest messages of a queue (those without priority), as far as there are more than so many."""
        with self.conn_or_acquire() as client:
            client.ltrim(self.global_keyprefix + queue, 0, most - 1)

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        if kwargs.get("_publish_batch") is not None or queue in self._expires:
            super()._put(queue, message, **kwargs)
            return
        bell, due, text = f"{queue}{self.sep}bell", due_time(message), dumps(message)
        try:
            if due > time.time():
                self.run(HOLD_BACK, (self._waiting(queue), bell), text, due)
            else:
                priority = self._get_message_priority(message, reverse=False)
                self.run(PUT, (self._q_for_pri(queue, priority), bell), text)
        except RedisError:
            with self.conn_or_acquire() as client:
                refuse_too_large(len(text), client)
            raise

    def run(self, script: str, keys: tuple[str, ...], *arguments: Any) -> Any:
        """Return what a script answers; its keys are still without the prefix that all have."""
        with self.conn_or_acquire() as client:
            prefixed = (self.global_keyprefix + key for key in keys)
            return client.execute_command("EVAL", script, len(keys), *prefixed, *arguments)

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - kombu's signature
        """Return the client of this channel's pool: to make one, as kombu does each time, takes half of a put."""
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]  # celery-types does not know it
        if self._pooled is None or self._pooled.connection_pool is not self.pool:
            self._pooled = super()._create_client()  # type: ignore[misc]
        return self._pooled

    def _purge(self, queue: str) -> int:
        with self.conn_or_acquire() as client, client.pipeline() as pipe:
            waiting = self.global_keyprefix + self._waiting(queue)
            count, _ = pipe.zcard(waiting).delete(self._waiting(queue)).execute()
        return int(count) + int(super()._purge(queue))

    def claim(self, delivery_tag: str) -> bool:
        """Acknowledge a message, and tell whether it was still there to be: of those who claim it, one is told so."""
        return bool(self.run(ACKNOWLEDGE, (self.unacked_key, self.unacked_index_key), delivery_tag))

    def _do_restore_message(
        self,
        payload: Any,
        exchange: str,
        routing_key: str,
        pipe: Any,
        leftmost: bool = False,  # noqa: FBT001, FBT002 - kombu's signature
    ) -> None:
        if isinstance(payload, dict):
            count_delivery(payload)
        self.restore(payload, exchange, routing_key, pipe, first=not leftmost)

    def restore(
        self, payload: Any, exchange: str, routing_key: str, pipe: Any, *, first: bool = True
    ) -> None:
        """Put a message that was held into its queue again, to be the next one or the last one taken."""
        if isinstance(payload, str):  # the script could not read it: `routing_key` is its list
            key = routing_key.removeprefix(self.global_keyprefix)
            (pipe.rpush if first else pipe.lpush)(key, payload.encode("latin-1"))
            self._ring(key.partition(self.sep)[0], pipe)
            return
        super()._do_restore_message(  # type: ignore[misc]  # celery-types does not know it
            payload, exchange, routing_key, pipe, leftmost=not first
        )
        for queue in self._lookup(exchange, routing_key):
            self._ring(queue, pipe)

    def _ring(self, queue: str, client: Any, **options: Any) -> None:
        client.xadd(self._bell(queue), {"rung": 1}, maxlen=1, approximate=False, **options)

    def _bell(self, queue: str) -> str:
        return f"{self.global_keyprefix}{queue}{self.sep}bell"

    def _waiting(self, queue: str) -> str:
        """Return the name of the sorted set of a queue's messages that are not due yet; the client prefixes it."""
        return f"{queue}{self.sep}waiting"

    def _brpop_start(self, timeout: float | None = None) -> None:
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        connection = self.client.connection
        question = self._ask(queues, connection.pack_command)
        self._waits = bool(self._silent) and self._next_due > time.time()
        if self._waits:
            wait = connection.pack_command(*self._wait(timeout or self.brpop_timeout))
            question = b"".join((*wait, question))
        self._in_poll = connection
        self._brpop_sent_at = time.monotonic()
        connection.send_packed_command([question])

    def _wait(self, seconds: float) -> list[Any]:
        """Return the words that wait for a bell, any of them, or until a message is due."""
        seconds = min(seconds, self._next_due - time.time())
        milliseconds = max(1, math.ceil(seconds * 1000))  # 0 would be for ever
        return ["XREAD", "BLOCK", milliseconds, "STREAMS", *self._silent, *self._silent.values()]

    def _ask(self, queues: list[str], pack: Any) -> bytes:
        """Return the command that asks for a message; but for the time it is the same again and again."""
        self._asked = [queue for _ in self.priority_steps for queue in queues]
        order = tuple(queues)
        if order not in self._questions:
            self._questions[order] = b"".join(pack(*self._question(queues))).partition(_NOW)
        before, _, after = self._questions[order]
        return before + f"{time.time():.6f}".encode() + after

    def _question(self, queues: list[str]) -> list[Any]:
        """Return the words of that command."""
        steps = [(queue, priority) for priority in self.priority_steps for queue in queues]
        prefix = self.global_keyprefix
        lists = [prefix + self._q_for_pri(*step) for step in steps]
        held = [prefix + key for key in (self.unacked_key, self.unacked_index_key)]
        places = [(prefix + queue, prefix + self._waiting(queue), self._bell(queue)) for queue in queues]
        keys = [*held, *lists, *(key for place in places for key in place)]
        leased = ["no" if queue in self._unleased else "lease" for queue, _ in steps]
        return ["EVAL", TAKE, len(keys), *keys, _NOW, self.default_priority, self.sep, len(lists), *leased]

    def _brpop_read(self, **_: Any) -> bool:
        asked, waits, self._silent, self._waits = self._asked, self._waits, {}, False
        try:
            if waits:
                self._read_answer()  # a bell rang, or we waited long enough
            number, message, tag, *silence = self._read_answer()
            if silence:
                self._note_silence(dict.fromkeys(asked), *silence)
            if message is None:
                raise Empty
            self._take(asked[number - 1], message, tag)
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _note_silence(self, queues: Iterable[str], due: bytes, *bells: bytes) -> None:
        self._next_due = float(due) if due else math.inf
        self._silent = dict(zip(map(self._bell, queues), bells, strict=True))

    def _read_answer(self) -> Any:
        try:
            return self.client.connection.read_response()
        except self.connection_errors:
            self.client.connection.disconnect()  # the next look connects again
            raise

    def _take(self, queue: str, raw: bytes, tag: bytes) -> None:
        self._queue_cycle.rotate(queue)
        self.delivering = True
        try:
            self.connection._deliver(read(self, raw, queue, tag.decode()), queue)
        finally:
            self.delivering = False


class Transport(redis.Transport):
    """The transport; Celery knows it as `broker_transport` after `transports.announce`."""

    Channel = Channel
    channels: Any
    connection_errors = (*redis.Transport.connection_errors, ResponseError)
    """One that refuses (its disk or memory is full, it is a replica now) is waited for like one that is away."""

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Renew the leases on the worker's own event loop: a worker whose loop hangs loses them.

        Celery keeps the loop's timers going while a stopping worker waits for its last tasks, and drops them
        when the connection is lost.
        """
        super().register_with_event_loop(connection, loop)
        self.renew_leases()  # what was done while the broker was away must be known before it is given back
        loop.call_repeatedly(LEASE_RENEWAL, self.renew_leases)

    def renew_leases(self) -> None:
        """Renew those of every channel; a broker that is away is met, and dealt with, by the consumer."""
        for channel in tuple(self.channels):
            try:
                channel.qos.renew()
            except self.connection_errors as error:
                _log.debug("leases could not be renewed: %s", error)
