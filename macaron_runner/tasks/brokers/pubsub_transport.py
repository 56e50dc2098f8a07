"""kombu's Pub/Sub transport, where accepted is what Pub/Sub says it has, and nothing waits for minutes.

kombu hands a message to Google's client, which sends it later from a thread of its own: what is killed meanwhile takes
it along, and that Pub/Sub is away is never heard of. Here a publisher waits for the answer, and each call ends in time.
What a worker holds is leased: a thread of kombu's renews that.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property, partial
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from google.api_core.retry import Retry
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.publisher.exceptions import MessageTooLargeError
from kombu.transport import gcpubsub
from kombu.utils.json import dumps

from macaron_runner.tasks.brokers.promises import refuse_delay, seconds_left
from macaron_runner.tasks.brokers.too_large import CallTooLarge

_LARGEST: Final = 10_000_000
"""Bytes that Pub/Sub takes as one message."""

_BOUNDED: Final = frozenset({"get_topic", "create_topic", "get_subscription", "create_subscription"})
"""Calls to which kombu sets no time; Google's client then tries for minutes."""


class _Bounded:
    """A client of Google's whose calls that make topics and subscriptions end within some seconds."""

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name not in _BOUNDED:
            return found
        return partial(found, retry=Retry(timeout=self._seconds), timeout=self._seconds)


class Channel(gcpubsub.Channel):
    """A channel that publishes when it says so."""

    # What celery-types does not know of kombu's Pub/Sub channel.
    _queue_cache: Any
    _get_routing_key: Any

    @cached_property
    def publisher(self) -> Any:
        """The client that publishes."""
        return _Bounded(PublisherClient(), self.retry_timeout_seconds)

    @cached_property
    def subscriber(self) -> Any:
        """The client that receives."""
        return _Bounded(SubscriberClient(), self.retry_timeout_seconds)

    def _create_subscription(self, *, subscription_path: str, **wanted: Any) -> str:
        """Make a subscription; take one that is there as it is: kombu changes its filter, which Pub/Sub refuses."""
        with suppress(NotFound):
            self.subscriber.get_subscription(request={"subscription": subscription_path})
            return subscription_path
        made: str = super()._create_subscription(  # type: ignore[misc]  # celery-types does not know it
            subscription_path=subscription_path, **wanted
        )
        return made

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # noqa: ARG002 - kombu's signature
        refuse_delay("pubsub", seconds_left(message))
        topic = self._queue_cache[self.entity_name(queue)].topic_path
        self._publish(topic, message, routing_key=self._get_routing_key(message))

    def _put_fanout(self, exchange: str, message: Any, routing_key: str, **kwargs: Any) -> None:  # noqa: ARG002
        self._lookup(exchange, routing_key)
        self._publish(self.publisher.topic_path(self.project_id, exchange), message)

    def _publish(self, topic: str, message: Any, **attributes: str) -> None:
        seconds, text = self.retry_timeout_seconds, dumps(message).encode()
        try:
            accepted = self.publisher.publish(
                topic, text, retry=Retry(timeout=seconds), timeout=seconds, **attributes
            )
        except MessageTooLargeError as refused:
            raise CallTooLarge(len(text), _LARGEST) from refused
        accepted.result(seconds)


class Transport(gcpubsub.Transport):
    """The transport; Celery knows it as `broker_transport` after `transports.announce`."""

    Channel = Channel
    connection_errors = (*gcpubsub.Transport.connection_errors, GoogleAPICallError, RetryError)
