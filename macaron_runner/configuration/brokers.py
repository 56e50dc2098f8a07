"""Which URL names which kind of broker, and which of them can be a store. Pure data.

Not for what each kind keeps of what tasks are promised (tasks.brokers.kinds).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from macaron_runner.configuration.model import Tasks

BrokerKind: TypeAlias = Literal["embedded", "redis", "amqp", "sqs", "pubsub"]

BROKERS: Final[Mapping[str, BrokerKind]] = {
    "redis": "redis",
    "rediss": "redis",
    "amqp": "amqp",
    "amqps": "amqp",
    "sqs": "sqs",
    "gcpubsub": "pubsub",
}
"""What the scheme of a broker's URL means; `embedded` stands alone."""

LATER_BROKERS: Final = (
    "azureservicebus",
    "confluentkafka",
    "kafka",
    "mongodb",
    "pgmq",
    "sentinel",
)
"""URL schemes of brokers that Celery knows and this version does not serve."""

STORES: Final = tuple(f"{scheme}://" for scheme, kind in BROKERS.items() if kind == "redis")
"""How the URL of a store begins."""


def known_kind(tasks: Tasks) -> BrokerKind | None:
    """Return what kind of broker `tasks.broker` names; None where it is none that this version knows."""
    scheme, separator, _ = tasks.broker.reveal().partition("://")
    if not separator:
        return "embedded" if scheme == "embedded" else None
    return BROKERS.get(scheme)
