"""The other side of a client, as all its operations share it: how it is reached, and what became of calls so far.

What it knows of connections, failures and calls under way is this process's. Not for calling (caller).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from macaron_runner.clients.breaker import Breaker, NoBreaker
from macaron_runner.clients.course import WORLD, Rules, World
from macaron_runner.clients.identity import credential_source
from macaron_runner.clients.limits import NoLimit, Places
from macaron_runner.clients.local import ORIGIN, Application, AsyncLocalTransport, LocalTransport
from macaron_runner.clients.per_process import PerProcess
from macaron_runner.configuration.clients import Retries

if TYPE_CHECKING:
    from macaron_runner.configuration.clients import CircuitBreaker, Client
    from macaron_runner.openapi.operation import SecurityScheme


class Transports(NamedTuple):
    """What carries requests, for threads and for coroutines; made by each process for itself."""

    blocking: Any
    coroutines: Any


class Way(NamedTuple):
    """How the other side is reached: its origin, and what makes its transports."""

    origin: str
    transports: Callable[[], Transports]


def over_http(settings: Client, origin: str, resolve: Callable[[str], Path]) -> Way:
    """Return the way to an origin over sockets; `resolve` makes paths of macaron.yaml absolute.

    The HTTP library is imported now, so that a process that forks does it once for all its children. Raises OSError
    where a file of `tls:` is none of the kind.
    """
    from macaron_runner.clients.http.blocking import HttpTransport
    from macaron_runner.clients.http.coroutines import AsyncHttpTransport
    from macaron_runner.clients.http.reach import Reach
    from macaron_runner.clients.http.tls import trust_of

    proxy = settings.proxy.reveal() if settings.proxy is not None else None
    reach = Reach(origin, trust_of(settings.tls, origin, resolve), settings.max_connections, proxy)
    return Way(origin, lambda: Transports(HttpTransport(reach), AsyncHttpTransport(reach)))


def in_process(application: Callable[[], Application]) -> Way:
    """Return the way to an application of this process, which is asked for when it is needed."""
    return Way(ORIGIN, lambda: Transports(LocalTransport(application), AsyncLocalTransport(application)))


class Own:
    """What one process knows of the other side."""

    def __init__(self, settings: Client, way: Way) -> None:
        self.breaker = _breaker(settings.circuit_breaker)
        self.places = NoLimit() if settings.max_calls is None else Places(settings.max_calls)
        self.transports = way.transports()

    def abandon(self) -> None:
        """Let go of another process's connections."""
        for transport in self.transports:
            transport.abandon()


def _breaker(settings: str | CircuitBreaker) -> Breaker | NoBreaker:
    if isinstance(settings, str):
        return NoBreaker()
    return Breaker(settings.failures, settings.within, settings.open)


class Remote:
    """The other side of one client of `service`. `schemes` are the security schemes of its document, by name."""

    def __init__(
        self,
        service: str,
        settings: Client,
        way: Way,
        schemes: Mapping[str, SecurityScheme],
        world: World = WORLD,
    ) -> None:
        self.service, self.settings, self.schemes, self.world = service, settings, schemes, world
        self.rules = _rules(settings, way.origin)
        self.source = credential_source(settings.auth, clock=world.unix_time)
        self.own = PerProcess(lambda: Own(settings, way))

    def close(self) -> None:
        """Close this process's connections, but those of event loops, which close them when they end."""
        if (own := self.own.made) is not None:
            own.transports.blocking.close()


def _rules(settings: Client, origin: str) -> Rules:
    retries = settings.retries
    pauses = Retries() if isinstance(retries, int) else retries
    return Rules(
        origin=origin,
        connect=settings.connect_timeout,
        retries=retries if isinstance(retries, int) else retries.max,
        backoff=pauses.backoff,
        max_backoff=pauses.max_backoff,
        answer_limit=settings.answer_limit,
    )
