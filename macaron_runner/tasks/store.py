"""The store of a service: a Redis, apart from messages, for what tasks and schedules remember.

Not for which Redis that is (configuration.store), nor for results, which Celery writes there (brokers.guarantee).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.store import store_of
from macaron_runner.tasks.brokers.guarantee import STORE_DATABASE, store_tls


@dataclass(frozen=True, slots=True)
class Store:
    """A connected-when-used client, which gives texts, and the `service` whose keys are its own.

    It survives a fork. What it raises where the store is away is a redis.RedisError, within twice the patience it was
    opened with.
    """

    client: Redis
    service: str

    def key(self, *parts: str) -> str:
        """Return the name of a key: ("scheduler",) -> "macaron:shop:scheduler"."""
        return ":".join(("macaron", self.service, *parts))


def open_store(config: MacaronConfig, broker_socket: Path, patience: float) -> Store | None:
    """Return the store of a service with `tasks:`, None where it has none; nothing connects yet.

    `broker_socket` is where the embedded broker listens; `patience` is how many seconds one step may take.
    """
    assert config.tasks is not None, "only a service with tasks: has a store"
    address = store_of(config.tasks)
    if address is None:
        return None
    url = address.reveal()
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "retry": Retry(NoBackoff(), 1),  # the store may have closed an idle connection, or have started again
    }
    if url == "embedded":
        client = Redis(unix_socket_path=str(broker_socket), db=STORE_DATABASE, **options)
    else:
        client = Redis.from_url(url, **options, **store_tls(config.tasks))
    return Store(client, config.service.name)
