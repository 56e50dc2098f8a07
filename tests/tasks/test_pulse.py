"""What a pulse that comes, or does not, says about a worker: with a clock of the test's own, and no broker."""

import pytest

from macaron_runner.processes.heartbeat import SILENCE, Condition
from macaron_runner.tasks.running.pulse import BEAT, PROMPT, Watch


class Worker:
    """A worker of which one is told what its loop does; `answers`: a pulse comes back at once."""

    def __init__(self):
        self.now = 1000.0
        self.watch = Watch(lambda: self.now)
        self.broker_is_there = self.answers = self.loop_runs = True
        self.full = False
        self.handed_out = ()
        self.watch.tick()

    def beat(self):
        self.now += BEAT
        if self.loop_runs:
            self.watch.tick(full=self.full, handed_out=self.handed_out)
        return self.watch.judge(self.send)[0]

    def send(self):
        if self.broker_is_there and self.answers and self.loop_runs:
            self.watch.hear()
        return self.broker_is_there

    def beats(self, seconds):
        return [self.beat() for _ in range(int(seconds / BEAT))]


@pytest.fixture
def worker():
    return Worker()


def test_one_that_answers_consumes(worker):
    assert set(worker.beats(600)) == {Condition.CONSUMING}


def test_one_that_does_not_answer_is_deaf_in_the_end(worker):
    worker.answers = False
    seen = worker.beats(SILENCE + 3 * BEAT)
    assert list(dict.fromkeys(seen)) == [Condition.CONSUMING, Condition.WAITING, Condition.DEAF]
    assert seen.count(Condition.CONSUMING) == PROMPT / BEAT + 1
    worker.answers = True
    assert worker.beat() is Condition.CONSUMING


def test_one_whose_loop_hangs_is_deaf_in_the_end_though_it_was_full(worker):
    worker.full = True
    assert set(worker.beats(600)) == {Condition.BUSY}
    worker.loop_runs = False
    seen = worker.beats(SILENCE + PROMPT + 3 * BEAT)
    assert list(dict.fromkeys(seen)) == [
        Condition.BUSY,
        Condition.CONSUMING,
        Condition.WAITING,
        Condition.DEAF,
    ]


def test_a_worker_full_of_long_tasks_is_not_deaf_and_has_its_time_again_afterwards(worker):
    worker.full, worker.answers = True, False
    assert set(worker.beats(3600)) == {Condition.BUSY}
    worker.full = False
    assert worker.beat() is Condition.CONSUMING


def test_one_whose_children_begin_no_task_is_deaf_in_the_end_full_or_not(worker):
    for worker.full in (False, True):
        worker.handed_out = ("a", "b")
        seen = worker.beats(SILENCE + 2 * BEAT)
        assert seen[-1] is Condition.DEAF
        assert Condition.DEAF not in seen[:-2]
        worker.handed_out = ("b",)
        assert worker.beat() is Condition.DEAF
        worker.handed_out = ()
        assert worker.beat() is not Condition.DEAF


def test_tasks_that_are_begun_one_after_another_are_no_sign_of_hanging_children(worker):
    for number in range(100):
        worker.handed_out = (str(number), str(number + 1))
        assert worker.beat() is Condition.CONSUMING


def test_nobody_is_deaf_while_the_broker_is_away(worker):
    worker.broker_is_there = worker.loop_runs = False
    assert set(worker.beats(3600)) == {Condition.BROKER_AWAY}
    worker.broker_is_there = True  # Celery tries again after up to half a minute
    assert Condition.DEAF not in worker.beats(30)
    worker.loop_runs = True
    assert worker.beat() is Condition.CONSUMING


def test_a_task_that_was_just_handed_out_when_the_broker_went_away_blames_nobody(worker):
    worker.handed_out = ("a",)
    worker.beat()
    worker.broker_is_there = worker.loop_runs = False
    assert set(worker.beats(3600)) == {Condition.BROKER_AWAY}


def test_one_that_starts_or_stops_is_not_deaf(worker):
    watch = Watch(lambda: worker.now)
    worker.now += 3600
    assert watch.judge(lambda: True)[0] is Condition.STARTING
    assert watch.judge(lambda: False)[0] is Condition.BROKER_AWAY
    worker.answers = False
    worker.watch.stopping = True
    assert set(worker.beats(3600)) == {Condition.STOPPING}
