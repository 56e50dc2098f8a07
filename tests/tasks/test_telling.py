"""A worker's events of tasks: made while somebody watches."""

from types import SimpleNamespace

import pytest
from celery.worker.control import Panel

from macaron_runner.tasks.running.telling import tell_if_watched


class Consumer:
    """As far as commands to a worker know it; like the real one it looks who watches when it begins anew."""

    def __init__(self, dispatcher):
        self.event_dispatcher = dispatcher
        self.task = SimpleNamespace(send_events=True)
        self.begun = 0
        self.update_strategies()

    def update_strategies(self):
        self.begun += 1
        tell_if_watched(self.event_dispatcher, [self.task])

    def told(self, command):
        Panel.data[command](SimpleNamespace(consumer=self))
        return self.task.send_events, self.begun


def test_only_while_somebody_watches():
    consumer = Consumer(SimpleNamespace(groups={"worker"}))
    assert not consumer.task.send_events
    assert consumer.told("enable_events") == (True, 2)
    assert consumer.told("enable_events") == (True, 2), "who watches asks again and again"
    assert consumer.told("disable_events") == (False, 3)


def test_always_where_the_settings_say_so():
    assert Consumer(SimpleNamespace(groups=set())).told("enable_events") == (True, 1)


@pytest.mark.parametrize("command", ["enable_events", "disable_events"])
def test_a_worker_that_cannot_tell_says_so(command):
    consumer = Consumer(None)
    assert "error" in Panel.data[command](SimpleNamespace(consumer=consumer))
    assert not consumer.task.send_events
