"""The transport of threads: they share one pool of connections, which are kept between calls.

For one process: who is forked makes its own, and abandons this one (per_process). Not for coroutines (coroutines).
"""

from __future__ import annotations

import ssl
import weakref

import httpcore2

from macaron_runner.clients.course import failed
from macaron_runner.clients.failures import CannotSend
from macaron_runner.clients.http.arriving import Arriving
from macaron_runner.clients.http.reach import ENDINGS, Origin, Reach, in_our_words
from macaron_runner.clients.http.sockets import Sockets, Until
from macaron_runner.clients.outgoing import Outgoing, Patience


class HttpTransport:
    """Carries requests to one origin, and elsewhere where they are redirected (outgoing.Transport)."""

    def __init__(self, reach: Reach) -> None:
        self._origin = Origin(reach.origin)
        self.sockets = Sockets()
        weakref.finalize(self, self.sockets.close)  # at the end of the process as well
        self._pool, self._elsewhere = (_pool(reach, tls, self.sockets) for tls in reach.trust)

    def send(self, outgoing: Outgoing, patience: Patience) -> Arriving:
        """Return the answer as soon as its head is here. Raises TransportError; CannotSend."""
        until = Until(patience.total)
        timeout = {
            "connect": Until(patience.connect),
            "pool": patience.connect,
            "read": until,
            "write": until,
        }
        origin, pool = self._origin, self._pool
        if outgoing.origin:
            origin, pool = Origin(outgoing.origin), self._elsewhere
        request = origin.written(outgoing, outgoing.body, timeout)
        try:
            response = pool.handle_request(request)
        except ENDINGS as error:
            raise in_our_words(error) from error
        except httpcore2.LocalProtocolError:
            raise failed(CannotSend, outgoing) from None
        return Arriving(response, outgoing.method, until, patience.total)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._elsewhere.close()

    def abandon(self) -> None:
        """Close this process's copies of another's connections, and nothing of that one's."""
        self.sockets.close()


def _pool(reach: Reach, tls: ssl.SSLContext | None, sockets: Sockets) -> httpcore2.ConnectionPool:
    return httpcore2.ConnectionPool(**reach.pool_options(tls), network_backend=sockets)
