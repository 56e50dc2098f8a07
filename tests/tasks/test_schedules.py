"""Which run is due next, by what is remembered; arguments of their types; all of tasks.schedules made ready."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from macaron_runner.tasks.arguments import encode_scheduled
from macaron_runner.tasks.scheduling.planning import check_schedules, plan_schedules
from macaron_runner.tasks.scheduling.schedules import FAR, Planned, Record, Run
from macaron_runner.tasks.scheduling.times import CronTimes, IntervalTimes
from tests.tasks import parcels
from tests.tasks.test_settings import config_with

NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = CronTimes("0 13 * * *", "UTC")


def planned(times=DAILY, missed="run_once"):
    return Planned("daily", "shop.jobs.report", times, missed)


def at(hour, minute=0, day=22):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_new_schedule_does_not_run_at_once():
    plan = planned()
    assert plan.recall(None, NOON) == plan.begin(NOON)
    assert plan.next(plan.begin(at(13)), at(13)) == at(13, day=23)


def test_a_schedule_whose_times_have_changed_is_new():
    record = planned(CronTimes("0 12 * * *", "UTC")).begin(at(9))
    assert planned().recall(record, NOON) == planned().begin(NOON)
    assert planned().recall(planned().begin(at(9)), NOON) == planned().begin(at(9))


def test_what_is_written_is_read_again():
    record = planned().done(at(13), at(13, 1))
    assert Record.from_json(record.to_json()) == record


def test_missed_runs_are_caught_up_with_once():
    plan, now = planned(), at(15, day=29)
    record = plan.done(at(13), at(13))
    due = plan.next(record, now)
    assert due == at(13, day=23)
    assert plan.next(plan.done(due, now), now) == at(13, day=30)


def test_or_they_are_skipped():
    plan = planned(missed="skip")
    record = plan.done(at(13), at(13))
    assert plan.next(record, at(15, day=29)) == at(13, day=30)
    assert plan.next(record, at(13, 1, day=29)) == at(13, day=30), "a minute and more: it was missed"
    assert plan.next(record, at(13, day=29) + timedelta(seconds=59)) == at(13, day=29)


def test_a_clock_that_is_put_back_repeats_nothing():
    plan = planned(CronTimes("*/10 * * * *", "UTC"))
    record = plan.done(at(13), at(13))
    assert plan.next(record, at(12)) == at(13, 10)


def test_what_was_caught_up_with_by_a_clock_ahead_is_not_run_again_and_the_next_is():
    plan = planned(CronTimes("0 * * * *", "UTC"))
    record = plan.done(at(13), at(23))
    assert plan.next(record, at(12)) == at(14)


def test_a_record_of_a_clock_that_was_days_ahead_is_set_aside():
    record = planned().done(at(13, day=24), at(13, day=24))
    assert planned().recall(record, NOON) == planned().begin(NOON)


def test_what_never_comes_is_far():
    class Never:
        def after(self, moment):
            raise ValueError("never")

    assert planned(Never()).next(planned().begin(NOON), NOON) == FAR


def test_a_run_has_one_id():
    ids = {Run(planned(), due).id("shop") for due in (at(13), at(13), at(14))}
    assert len(ids) == 2
    assert Run(planned(), at(13)).id("shop") != Run(planned(), at(13)).id("other")


def section(**schedules):
    return config_with(pools={"main": {"queues": ["slow", "fast"]}}, schedules=schedules).tasks


def test_schedules_are_made_ready():
    tasks = {task.name: task for task in (parcels.weigh, parcels.plain)}
    often, nightly = plan_schedules(
        section(
            often={"task": "tests.tasks.parcels:weigh", "every": "90s", "args": [{"$odd": 2}]},
            nightly={
                "task": "tests.tasks.parcels.plain",
                "cron": "15 3 * * *",
                "kwargs": {"parcel": 1},
                "queue": "fast",
                "missed": "skip",
            },
        ),
        tasks,
    )
    assert (often.task, often.times, often.missed, often.queue) == (
        "tests.tasks.parcels.weigh", IntervalTimes(90.0), "run_once", None,
    )  # fmt: skip
    assert often.args == [{"$dict": [["$odd", 2]]}]
    assert (str(nightly.times), nightly.missed, nightly.queue) == ("cron 15 3 * * * UTC", "skip", "fast")


def bill(
    amount: Decimal, *days: date, note: str | None = None, hour: timedelta | None = None, **rates: Decimal
) -> None:
    """Take arguments of many kinds."""


def encoded(function=bill, **schedule):
    scheduled = section(a={"task": "a.b", "every": "1h", **schedule}).schedules["a"]
    return encode_scheduled(scheduled, function)


def test_arguments_are_of_the_types_that_the_task_says():
    args, kwargs = encoded(args=["12.50", "2026-11-22", "2026-11-23"], kwargs={"note": "x", "vat": 0.25})
    assert args == [{"$decimal": "12.50"}, {"$date": "2026-11-22"}, {"$date": "2026-11-23"}]
    assert kwargs == {"note": "x", "vat": {"$decimal": "0.25"}}


def untyped(amount, when: "Unknown"):  # noqa: F821
    """Take anything."""


class Basket:
    """Something that pydantic does not know."""


def takes_a_basket(basket: Basket):
    """Take what no YAML can say."""


def test_what_has_no_type_is_left_alone():
    assert encoded(untyped, args=["12.50", "2026-11-22"]) == (["12.50", "2026-11-22"], {})


@pytest.mark.parametrize(
    ("function", "schedule", "message", "path"),
    [
        (bill, {"args": ["much"]}, '"amount": input should be a valid decimal', ("args", 0)),
        (
            bill,
            {"kwargs": {"amount": "1", "hour": "soon"}},
            '"hour": input should be a valid timedelta',
            ("kwargs", "hour"),
        ),
        (bill, {"args": [1, "2026-11-22", "later"]}, '"days"[1]: input should be a valid date', ("args", 2)),
        (takes_a_basket, {"args": [1]}, '"basket": input should be an instance of Basket', ("args", 0)),
    ],
)
def test_what_is_not_of_its_type_is_told(function, schedule, message, path):
    with pytest.raises(TypeError) as caught:
        encoded(function, **schedule)
    assert str(caught.value).startswith(message)
    assert [place for _, place in caught.value.problems] == [path]


NIGHTLY = "tasks.schedules.nightly={task: parcels.jobs.tick, args: [a], every: 1d}"


@pytest.mark.parametrize(
    ("broker", "codes"),
    [
        ("embedded", []),
        ("redis://h", []),
        ("amqp://h", []),
        ("sqs://", ["MAC640"]),
        ("gcpubsub://projects/shop", ["MAC640"]),
    ],
)
def test_schedulers_need_something_to_agree_by(configure, broker, codes):
    words = (NIGHTLY, f"tasks.broker={broker}")
    assert [problem.code for problem in check_schedules(configure(*words))] == codes
    assert list(check_schedules(configure(*words, "tasks.store=redis://h"))) == []
    assert list(check_schedules(configure(f"tasks.broker={broker}"))) == []
