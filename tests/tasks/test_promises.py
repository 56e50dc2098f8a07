"""What is asked of a broker that it cannot do, found before anything starts."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from macaron_runner.configuration.brokers import BROKERS
from macaron_runner.tasks.brokers.kinds import POWERS
from macaron_runner.tasks.brokers.promises import check_promises, refuse_delay, seconds_left

SQS = "tasks.broker=sqs://"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "task_time_limit=43201",
            "task_time_limit: a task that runs longer than 12 hours is run again by SQS",
        ),
        ("worker_send_task_events=true", "workers cannot be asked or told anything over SQS"),
    ],
)
def test_settings_beyond_a_brokers_power(configure, word, message):
    pytest.importorskip("boto3", reason="the extra sqs is not installed")
    (problem,) = check_promises(configure(SQS, f"tasks.settings.{word}"))
    assert problem.code == "MAC631"
    assert message in problem.message
    assert problem.location.file == f"--set tasks.settings.{word}"


@pytest.mark.parametrize("broker", ["embedded", "redis://h", "amqp://h", "gcpubsub://projects/shop"])
def test_others_can(configure, broker):
    if broker.startswith("gcpubsub"):
        pytest.importorskip("google.cloud.pubsub_v1", reason="the extra pubsub is not installed")
    words = ("task_time_limit=43201", "worker_send_task_events=true")
    assert not list(
        check_promises(configure(f"tasks.broker={broker}", *(f"tasks.settings.{word}" for word in words)))
    )


def test_what_a_message_says_of_its_time():
    soon = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=90)
    assert 85 < seconds_left({"headers": {"eta": soon.isoformat()}}) <= 90
    assert seconds_left({"headers": {"eta": "2020-01-01T00:00:00+00:00"}}) == 0
    assert seconds_left({"headers": {"eta": None}}) == seconds_left({}) == 0


def test_a_delay_that_nothing_keeps_is_refused():
    refuse_delay("embedded", 1e9)
    refuse_delay("sqs", 13 * 86_400)
    with pytest.raises(ValueError, match="SQS cannot delay a task by more than 13 days"):
        refuse_delay("sqs", 13 * 86_400 + 1)


def test_every_kind_has_its_powers():
    assert {"embedded", *BROKERS.values()} == POWERS.keys()
