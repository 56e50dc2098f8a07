"""What @asynctask(…) says, and what a call may say otherwise."""

from datetime import UTC, datetime

import pytest

from macaron_runner.errors import InvalidParameter, TooManyRequests, add_error
from macaron_runner.tasks.options import TaskOptions
from macaron_runner.tasks.retries import Retries
from macaron_runner.tasks.task import asynctask
from tests.tasks import parcels

SOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "name", "value"),
    [
        ({"delay": "1m30s"}, "delay", 90.0),
        ({"delay": 0.5}, "delay", 0.5),
        ({"time_limit": "5m"}, "time_limit", 300.0),
        ({"rate_limit": "100/min"}, "rate_limit", "100/m"),
        ({"rate_limit": "0.5/hour"}, "rate_limit", "0.5/h"),
        ({"retries": 3}, "retries", Retries(max=3)),
        ({"retries": 0}, "retries", None),
        ({"retries": Retries(on=OSError)}, "retries", Retries(on=(OSError,))),
        ({"queue": None}, "queue", None),
    ],
)
def test_options_as_they_are_written(declared, name, value):
    assert getattr(TaskOptions.read(declared), name) == value


@pytest.mark.parametrize(
    ("declared", "problem", "words"),
    [
        ({"retires": 3}, TypeError, r'no option \'retires\' did you mean "retries"\?'),
        ({"queue": 3}, TypeError, "queue must be the name of a queue, not 3"),
        ({"delay": -1}, ValueError, "delay must be 0 or more seconds, not -1"),
        ({"delay": "soon"}, ValueError, "delay must be a duration .*, not 'soon'"),
        ({"delay": float("nan")}, ValueError, "delay must be 0 or more"),
        ({"delay": True}, TypeError, "delay must be a number"),
        ({"expires": 0}, ValueError, "expires must be more than 0 seconds"),
        ({"time_limit": "5m", "soft_time_limit": "5m"}, ValueError, "must be shorter"),
        ({"rate_limit": "100"}, ValueError, "100/min"),
        ({"rate_limit": "0/s"}, ValueError, "100/min"),
        ({"priority": 10}, ValueError, "1 to 9"),
        ({"priority": 0}, ValueError, "1 to 9"),
        ({"priority": True}, ValueError, "1 to 9"),
        ({"retries": -1}, TypeError, "whole number or Retries"),
        ({"at_most_once": "yes"}, TypeError, "True or False"),
        ({"at_most_once": True, "retries": 2}, ValueError, "contradict"),
    ],
)
def test_options_that_make_no_sense(declared, problem, words):
    with pytest.raises(problem, match=words):
        asynctask(**declared)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"max": 0}, ValueError),
        ({"backoff": "x"}, ValueError),
        ({"on": ("OSError",)}, TypeError),
        ({"on": (SystemExit,)}, TypeError),
    ],
)
def test_retries_that_make_no_sense(words, problem):
    with pytest.raises(problem):
        Retries(**words)


@pytest.mark.parametrize(
    ("retries", "error", "wanted"),
    [
        (Retries(), ConnectionError(), True),
        (Retries(), InvalidParameter(), False),
        (Retries(), TooManyRequests(), True),
        (Retries(), add_error("Away", "AWAY", 503)(), True),
        (Retries(), MemoryError(), False),
        (Retries(), SystemExit(1), False),
        (Retries(on=(OSError,)), ConnectionError(), True),
        (Retries(on=(OSError,)), ValueError(), False),
        (Retries(on=(InvalidParameter,)), InvalidParameter(), True),
    ],
)
def test_errors_that_are_worth_another_attempt(retries, error, wanted):
    assert retries.wants(error) is wanted


def test_pauses_grow_up_to_their_bound():
    retries = Retries(max=9, backoff="2s", max_backoff="10s", jitter=False)
    assert [retries.pause(done) for done in (0, 1, 2, 3, 2000)] == [2, 4, 8, 10, 10]


def test_pauses_are_drawn_evenly_from_nothing_on():
    retries = Retries(backoff="8s")
    assert [retries.pause(1, draw=lambda part=part: part) for part in (0.0, 0.25, 0.5)] == [0, 4, 8]


def test_an_error_that_says_when_to_ask_again_is_listened_to():
    busy = TooManyRequests(headers={"Retry-After": "30"})
    assert Retries(jitter=False).pause(0, busy) == 30
    assert Retries(jitter=False, max_backoff="10s").pause(0, busy) == 10


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ({}, {"countdown": 90.0}),
        ({"queue": "default", "countdown": 0}, {"queue": "default", "countdown": 0.0}),
        ({"countdown": "2m", "priority": 9}, {"countdown": 120.0, "priority": 9}),
        ({"eta": SOON, "expires": "1h"}, {"eta": SOON, "expires": 3600.0}),
        ({"expires": SOON}, {"countdown": 90.0, "expires": SOON}),
    ],
)
def test_a_call_may_say_otherwise(said, options):
    once = parcels.post.options.for_call(said)
    assert once == options
    assert parcels.post.options.for_call(once) == options


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"countdown": 1, "eta": SOON}, TypeError),
        ({"eta": datetime(2026, 11, 28)}, TypeError),
        ({"eta": "tomorrow"}, TypeError),
        ({"expires": datetime(2026, 11, 28)}, TypeError),
        ({"expires": -1}, ValueError),
        ({"priority": 11}, ValueError),
    ],
)
def test_calls_that_make_no_sense(said, problem):
    with pytest.raises(problem):
        parcels.post.options.for_call(said)
