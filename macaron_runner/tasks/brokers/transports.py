"""Our transports, made known to kombu under names that may stand in a URL. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kombu.transport import TRANSPORT_ALIASES

from macaron_runner.tasks.brokers.guarantee import PUBSUB_TRANSPORT, REDIS_TRANSPORT, SQS_TRANSPORT

_PLACES: Final[Mapping[str, str]] = {
    REDIS_TRANSPORT: "macaron_runner.tasks.brokers.redis_transport:Transport",
    SQS_TRANSPORT: "macaron_runner.tasks.brokers.sqs_transport:Transport",
    PUBSUB_TRANSPORT: "macaron_runner.tasks.brokers.pubsub_transport:Transport",
}


def announce() -> None:
    """Make our transports known to kombu, which imports the one that is used."""
    TRANSPORT_ALIASES.update(_PLACES)
