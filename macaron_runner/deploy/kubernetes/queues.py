"""What KEDA is told of a pool's queues, so that as many pods run as there is work for. Pure.

https://keda.sh/docs/2.16/scalers/redis-lists/ and …/rabbitmq-queue/ say what the triggers take. A password is referred
to in the Secret where the service's own pods have it from. Not for brokers whose queues KEDA counts by an identity of
the cloud (SQS, Pub/Sub).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from macaron_runner.errors import UsageError

if TYPE_CHECKING:
    from macaron_runner.configuration.sensitive import Sensitive

BACKLOG: Final = 5
"""Calls that may wait for each process of a pool before there are more pods; those with a priority are not counted."""


@dataclass(frozen=True, slots=True)
class Queues:
    """What is counted, one trigger a queue, and which secrets open the broker (KEDA's secretTargetRef)."""

    triggers: tuple[dict[str, Any], ...]
    secrets: tuple[dict[str, str], ...]


def queues_of(
    broker: Sensitive, names: Sequence[str], processes: int, secrets: Mapping[str, Mapping[str, str]]
) -> Queues:
    """Return what KEDA must know of queues that so many processes of each pod work on.

    `secrets` says in which Secret, under which key, each of the service's secrets is.

    Raises UsageError where KEDA cannot be told how to reach the broker.
    """
    url = _split(broker)
    make = {"redis": _redis, "rediss": _redis, "amqp": _rabbitmq, "amqps": _rabbitmq}.get(url.scheme)
    if make is None or url.hostname is None:
        raise UsageError(
            "KEDA cannot be told of the broker: tasks.broker is no redis:// or amqp:// URL with a host"
        )
    told = (make(url, queue, str(BACKLOG * processes)) for queue in names)
    triggers = ({"type": kind, "metadata": metadata} for kind, metadata in told)
    return Queues(tuple(triggers), tuple(_references(url, secrets)))


def _redis(url: SplitResult, queue: str, waiting: str) -> tuple[str, dict[str, str]]:
    return "redis", {
        "address": f"{url.hostname}:{url.port or 6379}",
        "databaseIndex": url.path.strip("/") or "0",
        "listName": queue,
        "listLength": waiting,
        **({"username": url.username} if url.username and not _is_secret(url.username) else {}),
        **({"enableTLS": "true"} if url.scheme == "rediss" else {}),
    }


def _rabbitmq(url: SplitResult, queue: str, waiting: str) -> tuple[str, dict[str, str]]:
    if url.username and not _is_secret(url.username):
        raise UsageError(f'KEDA takes a user of RabbitMQ from a Secret only: make "{url.username}" a secret')
    where = f"{url.hostname}:{url.port or (5671 if url.scheme == 'amqps' else 5672)}"
    return "rabbitmq", {
        "host": f"{url.scheme}://{where}/{url.path.removeprefix('/')}",
        "protocol": "amqp",
        "queueName": queue,
        "mode": "QueueLength",
        "value": waiting,
    }


_MARK: Final = "secret--"


def _split(broker: Sensitive) -> SplitResult:
    """Return the URL's parts, each secret in them marked by its name."""
    marked = (part if isinstance(part, str) else f"{_MARK}{part[0]}" for part in broker.parts)
    return urlsplit("".join(marked))


def _is_secret(text: str) -> bool:
    return text.startswith(_MARK)


def _references(url: SplitResult, secrets: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, str]]:
    for parameter, text in (("username", url.username), ("password", url.password)):
        if text and (name := text.removeprefix(_MARK)) in secrets:
            yield {"parameter": parameter, **secrets[name]}
        elif text and (parameter == "password" or _is_secret(text)):
            raise UsageError(
                f"KEDA cannot be told the broker's {parameter}: it must be one secret and nothing else"
            )
