"""What a worker on Redis holds unacknowledged: a lease for each message, renewed, ended or given back.

Not for taking messages, nor for when leases are renewed (redis_transport).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from kombu.transport import redis, virtual
from kombu.utils.json import loads

_log: Final = logging.getLogger("macaron.tasks")

_settled: Final[set[str]] = set()
"""The tags of messages that this process is done with, and of which the broker could not take note yet.

They outlive a connection, so that what ran while the broker was away does not run once more.
"""


class LeasedQoS(redis.QoS):
    """What one channel holds, unacknowledged."""

    channel: Any  # celery-types knows kombu's general channels only, not what Redis adds to them
    _delivered: Any
    _flush: Any
    _remove_from_indices: Any

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note that a message is held; what the script took is written down already."""
        if self.channel.delivering:
            virtual.QoS.append(self, message, delivery_tag)
        else:
            super().append(message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Take a message out of what is held; one script is half the work of kombu's transaction.

        Where the broker does not take note of it, that is done later (`renew`): a message held for ever would
        leave the worker no room for others.
        """
        try:
            self.channel.claim(delivery_tag)
        except self.channel.connection_errors as error:
            _settled.add(delivery_tag)
            _log.warning("the broker takes no note yet of a task that is done: %s", error)
        virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """Take a message out of what is held, or give it back: where that fails, it comes back when its lease ends."""
        if not requeue:
            self.ack(delivery_tag)
            return
        try:
            super().reject(delivery_tag, requeue=True)
        except self.channel.connection_errors as error:
            _log.warning("what this worker gave back comes back when its lease ends: %s", error)
            virtual.QoS.ack(self, delivery_tag)

    def renew(self) -> None:
        """Write the present time beside every message held; what was given back stays given back."""
        for tag in tuple(_settled):
            self.channel.claim(tag)
            _settled.discard(tag)
        self._flush()
        held = tuple(self._delivered)
        if held:
            now = time.time()
            with self.channel.conn_or_acquire() as client:
                client.zadd(self.unacked_index_key, dict.fromkeys(held, now), xx=True)

    def put_first(self, delivery_tags: Sequence[str]) -> None:
        """Give messages back, to be the next ones taken, in this order; rejected ones would be the last.

        All at once: a worker that waits would take the last, which is put there first, before the others are.
        """

        def give_back(pipe: Any) -> None:
            # kombu's clients put the prefix before the keys of some commands only.
            held = pipe.hmget(self.channel.global_keyprefix + self.unacked_key, delivery_tags)
            pipe.multi()
            for tag, text in reversed([*zip(delivery_tags, held, strict=True)]):
                self._remove_from_indices(tag, pipe)
                if text:
                    self.channel.restore(*loads(text), pipe)

        with self.channel.conn_or_acquire() as client:
            client.transaction(give_back, self.unacked_key)
        for tag in delivery_tags:
            virtual.QoS.ack(self, tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Give back everything held; leave it to the leases where there is no connection to do it on.

        kombu closes a lost connection's transport first and then, with that transport, wants to give back:
        the error of that, an AttributeError, would end the worker.
        """
        self._flush()
        try:
            super().restore_unacked(client)
        except (*self.channel.connection_errors, AttributeError) as error:
            _log.info("what this worker held comes back when its leases end: %s", error)
            self._delivered.clear()
