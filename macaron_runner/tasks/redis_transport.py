"""kombu's Redis transport with leases: what a worker holds stays its own, until it is dead.

Redis has no acknowledgements. kombu writes each message that a worker has taken, with the time, into
`unacked_index`, and gives back what is older than the visibility timeout. That timeout must be longer than
the longest task and the longest delay (else they run twice), so a killed worker's tasks wait as long: an
hour, by default. Here the timeout is a lease: short, and renewed while the worker lives. So a killed worker's
tasks come back within LEASE + LEASE_RENEWAL seconds (guarantee), and a long task still runs once. Hosts that
share a broker must have clocks that agree within the difference of the two.

Not for AMQP, where the broker sees that a worker's connection has closed.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES, redis

from macaron_runner.tasks.guarantee import LEASE_RENEWAL, REDIS_TRANSPORT

_log: Final = logging.getLogger("macaron.tasks")


class LeasedQoS(redis.QoS):
    """What one channel holds, unacknowledged."""

    channel: Any  # celery-types knows kombu's general channels only, not what Redis adds to them
    _delivered: Any

    def renew(self) -> None:
        """Write the present time beside every message held; what was given back stays given back."""
        held = tuple(self._delivered)
        if held:
            now = time.time()
            with self.channel.conn_or_acquire() as client:
                client.zadd(self.unacked_index_key, dict.fromkeys(held, now), xx=True)

    def restore_unacked(self, client: Any = None) -> None:
        """Give back everything held; leave it to the leases where there is no connection to do it on.

        kombu closes a lost connection's transport first and then, with that transport, wants to give back:
        the error of that, an AttributeError, would end the worker.
        """
        try:
            super().restore_unacked(client)
        except (*self.channel.connection_errors, AttributeError) as error:
            _log.info("what this worker held comes back when its leases end: %s", error)
            self._delivered.clear()


class Channel(redis.Channel):
    """A channel whose messages are leased."""

    QoS = LeasedQoS


class Transport(redis.Transport):
    """The transport; Celery knows it as `broker_transport` after `announce`."""

    Channel = Channel
    channels: Any

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Renew the leases on the worker's own event loop: a worker whose loop hangs loses them.

        Celery keeps the loop's timers going while a stopping worker waits for its last tasks, and drops them
        when the connection is lost.
        """
        super().register_with_event_loop(connection, loop)
        loop.call_repeatedly(LEASE_RENEWAL, self.renew_leases)

    def renew_leases(self) -> None:
        """Renew those of every channel; a broker that is away is met, and dealt with, by the consumer."""
        for channel in tuple(self.channels):
            try:
                channel.qos.renew()
            except self.connection_errors as error:
                _log.debug("leases could not be renewed: %s", error)


def announce() -> None:
    """Make the transport known to kombu under its short name, which may stand in a URL."""
    TRANSPORT_ALIASES[REDIS_TRANSPORT] = f"{__name__}:Transport"
