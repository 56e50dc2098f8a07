"""The scheduler's loop by a simulated clock: whatever becomes of the clock and of schedulers, each run comes once."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macaron_runner.tasks.scheduling.scheduler import PAUSE, Scheduler
from macaron_runner.tasks.scheduling.schedules import LATE, Planned
from macaron_runner.tasks.scheduling.seat import SeatError
from macaron_runner.tasks.scheduling.times import CronTimes, IntervalTimes


class World:
    """A clock that can be moved, and one seat with its book and what was sent; an error waits in `away`."""

    def __init__(self, now):
        self.now = now
        self.book = {}
        self.holder = None
        self.away = None
        self.sent = []
        self.killed_at = ""

    def run(self, *plans):
        return Scheduler(plans, WorldSeat(self), lambda: self.now)

    def pass_time(self, scheduler, time, most=PAUSE):
        """Let the scheduler work; it may wake as much later as a busy machine has it."""
        end = self.now + time
        while self.now < end:
            pause = scheduler.step()
            self.now += timedelta(seconds=pause if pause < PAUSE else max(pause, most))


class WorldSeat:
    """A seat.Seat in the world."""

    def __init__(self, world):
        self.world = world

    def take(self):
        if self.world.away:
            raise SeatError(self.world.away)
        self.world.holder = self.world.holder or self
        return self.world.book if self.world.holder is self else None

    def send(self, run):
        self.die("send")
        self.world.sent.append((run.planned.name, run.due, self.world.now))

    def write(self, book):
        self.die("write")
        self.world.book = book

    def die(self, step):
        if self.world.killed_at == step and self.world.now >= at(0, 10):
            self.world.killed_at = ""
            raise KeyboardInterrupt

    def leave(self):
        self.world.holder = None


def at(hour, minute=0, second=0):
    return datetime(2026, 10, 25, hour, minute, second, tzinfo=UTC)


def plan(line="*/10 * * * *", zone="Europe/Berlin", missed="run_once", name="a"):
    return Planned(name, "a.b", CronTimes(line, zone), missed)


def dues(world):
    return [f"{due:%H:%M}" for _, due, _ in world.sent]


def test_runs_come_when_they_are_due():
    world = World(at(0, 5))
    world.pass_time(world.run(plan()), timedelta(minutes=30))
    assert dues(world) == ["00:10", "00:20", "00:30"]
    assert all(sent - due < timedelta(seconds=PAUSE) for _, due, sent in world.sent)


def test_several_schedules_each_have_their_turn():
    world = World(at(0, 5))
    often = Planned("often", "a.b", IntervalTimes(0.5), "run_once")
    world.pass_time(world.run(often, plan()), timedelta(minutes=6), most=2)
    assert Counter(name for name, *_ in world.sent)["a"] == 1


def test_the_second_one_stands_by_and_takes_over():
    world = World(at(0, 5))
    first, second = world.run(plan()), world.run(plan())
    first.step()
    world.pass_time(second, timedelta(minutes=20))
    assert world.sent == []
    first.run(lambda _: True)  # told to stop
    world.pass_time(second, timedelta(minutes=10))
    assert dues(world) == ["00:10", "00:30"], "one run for those that came while nobody was at work"


def test_a_broker_that_is_away_delays_runs_and_loses_none(caplog):
    caplog.set_level(logging.INFO, "macaron.tasks")
    world = World(at(0, 5))
    scheduler = world.run(plan())
    world.pass_time(scheduler, timedelta(minutes=1))
    world.away = "the broker is away"
    world.pass_time(scheduler, timedelta(minutes=6))
    world.away = None
    world.pass_time(scheduler, timedelta(minutes=1))
    assert dues(world) == ["00:10"]
    at_work = "this scheduler is at work: a"
    said = [record.message for record in caplog.records]
    assert said == [at_work, "schedules wait: the broker is away", at_work], "each once"


def test_a_schedule_that_is_taken_out_and_put_back_is_new():
    world = World(at(0, 5))
    world.pass_time(world.run(plan(), plan(name="b")), timedelta(minutes=1))
    world.holder = None
    world.pass_time(world.run(plan(name="b")), timedelta(minutes=1))
    assert list(world.book) == ["b"]


@pytest.mark.parametrize(
    ("missed", "expected"), [("run_once", ["00:10", "00:20", "05:10"]), ("skip", ["00:10", "05:10"])]
)
def test_a_machine_that_sleeps(missed, expected):
    world = World(at(0, 5))
    scheduler = world.run(plan(missed=missed))
    world.pass_time(scheduler, timedelta(minutes=10))
    world.now = at(5, 5)
    world.pass_time(scheduler, timedelta(minutes=10))
    assert dues(world) == expected


@pytest.mark.parametrize(
    ("at_most_once", "killed_at", "expected"),
    [(False, "write", ["00:10", "00:10"]), (True, "write", ["00:10"]), (True, "send", [])],
)
def test_a_scheduler_that_is_killed_in_the_middle_of_a_run(at_most_once, killed_at, expected):
    world = World(at(0, 5))
    world.killed_at = killed_at
    often = Planned("a", "a.b", CronTimes("*/10 * * * *", "UTC"), "run_once", at_most_once=at_most_once)
    with pytest.raises(KeyboardInterrupt):
        world.pass_time(world.run(often), timedelta(minutes=6))
    world.holder = None
    world.pass_time(world.run(often), timedelta(minutes=6))
    assert dues(world) == expected


def test_a_clock_that_is_put_forward_and_back_leaves_nothing_out():
    world = World(at(0, 5))
    scheduler = world.run(plan())
    world.pass_time(scheduler, timedelta(minutes=1))
    world.now += timedelta(hours=2)
    world.pass_time(scheduler, timedelta(minutes=1))
    world.now -= timedelta(hours=2)
    world.pass_time(scheduler, timedelta(minutes=30))
    assert dues(world) == ["00:10", "00:20", "00:30"], "the first came early, and is not repeated"


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "UTC")
LINES = ("*/10 * * * *", "0 * * * *", "30 2 * * *", "15 1,2,3 * * *")
STARTS = (
    datetime(2026, 10, 24, 22),
    datetime(2026, 3, 28, 22),
    datetime(2026, 11, 1, 4),
    datetime(2026, 4, 4, 13),
)
EVENTS = st.one_of(
    st.tuples(st.just("work"), st.integers(60, 5400)),
    st.tuples(st.just("set the clock"), st.integers(-7200, 7200)),
    st.tuples(st.just("sleep"), st.integers(1, 7200)),
    st.tuples(st.just("die"), st.integers(0, 30)),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(LINES),
    st.sampled_from(STARTS),
    st.sampled_from(["run_once", "skip"]),
    st.lists(EVENTS, min_size=2, max_size=6),
)
def test_each_run_comes_once(zone, line, start, missed, events):
    world = World(start.replace(tzinfo=UTC))
    planned = plan(line, zone, missed)
    scheduler = world.run(planned)
    scheduler.step()
    began, worked = world.now, []
    for what, seconds in events:
        before = world.now
        if what == "work":
            world.pass_time(scheduler, timedelta(seconds=seconds), most=20)
            worked.append((before, world.now))
        else:
            world.now += timedelta(seconds=seconds)
            if what == "die":
                world.holder, scheduler = None, world.run(planned)
    sent = [due for _, due, _ in world.sent]
    assert len(set(sent)) == len(sent), "none comes twice"
    assert sent == sorted(sent), "nor out of turn"
    assert all(due <= now for _, due, now in world.sent), "nor early"
    if missed == "skip":
        assert all(now - due <= LATE + timedelta(seconds=20) for _, due, now in world.sent)
    for since, until in worked:
        named, moment = set(), max(since, began)
        while (moment := planned.times.after(moment)) < until - timedelta(seconds=20):
            named.add(moment)
        assert named <= set(sent), "none that comes while a scheduler works is left out"
