"""What KEDA is told of queues, and what it cannot be told."""

from __future__ import annotations

import pytest

from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.deploy.kubernetes.queues import queues_of
from macaron_runner.errors import UsageError

PASSWORD = ("password", "not-to-be-seen")
SECRETS = {"password": {"name": "shop", "key": "password"}, "user": {"name": "shop", "key": "user"}}
NAMES = ("mail", "news")


def test_redis_is_counted_queue_by_queue() -> None:
    found = queues_of(Sensitive(("redis://:", PASSWORD, "@redis:6380/3")), NAMES, 4, SECRETS)
    assert [each["metadata"]["listName"] for each in found.triggers] == ["mail", "news"]
    assert found.triggers[0] == {
        "type": "redis",
        "metadata": {
            "address": "redis:6380",
            "databaseIndex": "3",
            "listName": "mail",
            "listLength": "20",
        },
    }
    assert found.secrets == ({"parameter": "password", "name": "shop", "key": "password"},)


def test_redis_over_tls_with_a_user() -> None:
    found = queues_of(Sensitive(("rediss://shop:", PASSWORD, "@redis")), NAMES, 4, SECRETS)
    told = found.triggers[0]["metadata"]
    assert told["enableTLS"] == "true"
    assert told["username"] == "shop"
    assert (told["address"], told["databaseIndex"]) == ("redis:6379", "0")


def test_rabbitmq_with_user_and_password() -> None:
    broker = Sensitive(("amqps://", ("user", "x"), ":", PASSWORD, "@rabbit/shop"))
    found = queues_of(broker, ("default",), 1, SECRETS)
    assert found.triggers == (
        {
            "type": "rabbitmq",
            "metadata": {
                "host": "amqps://rabbit:5671/shop",
                "protocol": "amqp",
                "queueName": "default",
                "mode": "QueueLength",
                "value": "5",
            },
        },
    )
    assert [each["parameter"] for each in found.secrets] == ["username", "password"]


def test_a_broker_without_password_needs_no_secret() -> None:
    assert queues_of(Sensitive(("redis://redis/0",)), NAMES, 4, {}).secrets == ()


@pytest.mark.parametrize(
    "broker",
    [
        Sensitive((PASSWORD,)),
        Sensitive(("sqs://",)),
        Sensitive(("redis://:half-", PASSWORD, "@redis/0")),
        Sensitive(("redis://:", ("unknown", "x"), "@redis/0")),
        Sensitive(("amqp://clear:", PASSWORD, "@rabbit//")),
    ],
)
def test_what_keda_cannot_be_told_is_refused(broker: Sensitive) -> None:
    with pytest.raises(UsageError, match="KEDA") as refusal:
        queues_of(broker, NAMES, 4, SECRETS)
    assert "not-to-be-seen" not in str(refusal.value)
