"""kombu's SQS transport with leases, and delays of any length that SQS keeps a message for.

SQS hides a message that was received for its visibility timeout, then gives it to another. With kombu that must be
longer than the longest task, and a killed worker's tasks wait as long: half an hour, by default. Here it is a lease:
short, and renewed while the worker lives (SQS allows that for twelve hours).

SQS itself delays a message by 15 minutes at the most, and Celery has a worker hold what is not due yet. Here such a
message is hidden until it is due, or as long as SQS hides one, and no worker holds it.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from kombu.transport import SQS
from kombu.utils.json import dumps

from macaron_runner.tasks.brokers.guarantee import SQS_LEASE, SQS_LEASE_RENEWAL
from macaron_runner.tasks.brokers.promises import refuse_delay, seconds_left
from macaron_runner.tasks.brokers.too_large import CallTooLarge

_log: Final = logging.getLogger("macaron.tasks")

LONGEST_DELAY: Final = 900
"""Seconds by which SQS itself delays a message, at the most."""

LONGEST_HIDDEN: Final = 11 * 3600
"""Seconds a message that is not due is hidden for, then looked at again; SQS allows twelve hours."""

_TOO_LARGE: Final = re.compile(r"Message must be shorter than (\d+) bytes")

_A_BATCH: Final = 10
"""How many messages SQS takes in one request."""


class Channel(SQS.Channel):
    """A channel whose messages are leased."""

    # What celery-types does not know of kombu's SQS channel.
    qos: Any
    _prepare_json_payload: Any
    _decode_python_message_body: Any

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        if seconds := seconds_left(message):
            refuse_delay("sqs", seconds)
            message["properties"]["delay_seconds"] = min(seconds, LONGEST_DELAY)
        try:
            super()._put(queue, message, **kwargs)
        except ClientError as refused:
            limit = _TOO_LARGE.search(str(refused))
            if limit is None:
                raise
            raise CallTooLarge(len(dumps(message)), int(limit[1])) from refused

    def _get_from_sqs(
        self, queue_name: str, queue_url: str, connection: Any, count: int = 1, callback: Any = None
    ) -> Any:
        """Ask for messages, hidden from others for as long as a lease; a queue of the user's may say otherwise."""
        return connection.receive_message(
            queue_name,
            queue_url,
            number_messages=count,
            visibility_timeout=SQS_LEASE,
            wait_time_seconds=self.wait_time_seconds,
            callback=callback,
        )

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        due = [message for message in messages.get("Messages") or () if self._is_due(message, queue, qname)]
        super()._on_messages_ready(queue, qname, {"Messages": due})  # type: ignore[misc]  # nor this
        return len(messages.get("Messages") or ())

    def _is_due(self, message: Any, url: str, name: str) -> bool:
        """Tell whether a message is for a worker now; hide it where it is not."""
        seconds = seconds_left(self._prepare_json_payload(self._decode_python_message_body(message["Body"])))
        if not seconds:
            return True
        self.sqs(queue=self.canonical_queue_name(name)).change_message_visibility(
            QueueUrl=url,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=min(seconds, LONGEST_HIDDEN),
        )
        return False

    def renew(self) -> None:
        """Begin the lease of every message held anew; what was given to another meanwhile stays with it."""
        held: dict[tuple[str, str], list[str]] = defaultdict(list)
        for message in tuple(self.qos._delivered.values()):
            info = message.delivery_info
            if "sqs_message" in info:
                held[info["sqs_queue"], info["routing_key"]].append(info["sqs_message"]["ReceiptHandle"])
        for (url, name), receipts in held.items():
            client = self.sqs(queue=self.canonical_queue_name(name))
            for start in range(0, len(receipts), _A_BATCH):
                leases = list(_leases(receipts[start : start + _A_BATCH]))
                client.change_message_visibility_batch(QueueUrl=url, Entries=leases)


def _leases(receipts: list[str]) -> Iterator[dict[str, Any]]:
    for number, receipt in enumerate(receipts):
        yield {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": SQS_LEASE}


class Transport(SQS.Transport):
    """The transport; Celery knows it as `broker_transport` after `transports.announce`."""

    Channel = Channel
    connection_errors = (*SQS.Transport.connection_errors, ClientError)
    channels: Any

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Renew the leases on the worker's own event loop: a worker whose loop hangs loses them."""
        super().register_with_event_loop(connection, loop)
        loop.call_repeatedly(SQS_LEASE_RENEWAL, self.renew_leases)

    def renew_leases(self) -> None:
        """Renew those of every channel; an SQS that is away is met, and dealt with, by the consumer."""
        for channel in tuple(self.channels):
            try:
                channel.renew()
            except (BotoCoreError, ClientError, OSError) as error:
                _log.debug("leases could not be renewed: %s", error)
