"""What a broker that can be reached says of itself, held against what tasks are promised.

Not for whether it can be reached (reach), nor for what files tell of it (brokers.promises).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import Severity
from macaron_runner.tasks.brokers.kinds import broker_kind
from macaron_runner.tasks.monitoring.reach import DEADLINE

OLDEST_RABBITMQ: Final = (3, 10)
"""The first RabbitMQ whose delayed messages cannot get lost between two queues (at-least-once dead-lettering)."""


class Weakness(NamedTuple):
    """One promise that the broker does not keep as it is set up."""

    code: str
    message: str
    help: str
    severity: Severity = Severity.ERROR


def weaknesses(configuration: Configuration, deadline: float = DEADLINE) -> tuple[Weakness, ...]:
    """Return what the broker, which can be reached, does not keep; nothing where it does not tell."""
    from macaron_runner.tasks.celery_app import create_celery

    tasks = configuration.config.tasks
    look = _LOOKS.get(broker_kind(tasks)) if tasks is not None else None
    if look is None:
        return ()
    try:
        celery = create_celery(configuration.config, Path(), deadline)
        with celery.connection_for_write(connect_timeout=deadline) as connection:
            return tuple(look(connection))
    except Exception:  # each transport has errors of its own; that one cannot be asked is told by reach
        return ()


def _of_redis(connection: Any) -> Iterator[Weakness]:
    info: Mapping[str, Any] = connection.default_channel.client.info()
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and info.get("maxmemory"):
        yield Weakness(
            "MAC634",
            f"a Redis whose memory is full drops tasks that it accepted (maxmemory-policy {policy})",
            "set maxmemory-policy noeviction: then it refuses new ones",
        )
    if not info.get("aof_enabled", 1):
        yield Weakness(
            "MAC635",
            "this Redis forgets the tasks that it accepted when it is killed (appendonly no)",
            "set appendonly yes and appendfsync always; with everysec up to 2 s of what was answered may be lost",
            Severity.WARNING,
        )


def _of_rabbitmq(connection: Any) -> Iterator[Weakness]:
    connection.ensure_connection(max_retries=1)
    said = str(connection.connection.server_properties.get("version", ""))
    version = re.match(r"(\d+)\.(\d+)", said)
    if version is not None and (int(version[1]), int(version[2])) < OLDEST_RABBITMQ:
        oldest = ".".join(map(str, OLDEST_RABBITMQ))
        yield Weakness(
            "MAC636", f"RabbitMQ {said} can lose tasks that are delayed", f"use RabbitMQ {oldest} or newer"
        )


_LOOKS: Final[Mapping[str, Callable[[Any], Iterator[Weakness]]]] = {
    "redis": _of_redis,
    "amqp": _of_rabbitmq,
}
