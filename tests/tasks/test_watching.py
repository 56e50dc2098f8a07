"""Progress, and who watches it."""

import json
import sys
from types import SimpleNamespace

import pytest

from macaron_runner import context
from macaron_runner.cli.tasks_watch import Screen, line
from macaron_runner.tasks.monitoring.watching import Happening
from macaron_runner.tasks.progress import Progress, task_progress
from macaron_runner.testing import recorded_tasks
from tests.tasks.recording import service_with
from tests.tasks.workshop import TRANSPORTS, wait_until


def task(run, sent, error=None):
    def send_event(kind, **fields):
        if error is not None:
            raise error
        sent.append((kind, fields["fraction"], fields["note"]))

    return SimpleNamespace(request=SimpleNamespace(id=run), name="jobs.count", send_event=send_event)


def test_progress_is_sent_now_and_then_and_at_the_end():
    sent, progress = [], Progress()
    for fraction in (0.1, 0.2, 0.3, 1):
        progress.tell(task("1", sent), fraction, "x" * 1000)
    progress.tell(task("2", sent), 0.5, "next")
    assert [(fraction, len(note)) for _, fraction, note in sent] == [(0.1, 200), (1, 200), (0.5, 4)]


def test_a_broker_that_is_away_does_not_hold_up_a_task():
    sent, progress = [], Progress()
    progress.tell(task("1", sent, OSError("away")), 0.1, "")
    progress.tell(task("2", sent), 1, "")
    assert sent == []


def test_progress_is_of_a_task_under_way():
    task_progress(0.1)  # a script
    context.activate(service_with())
    with recorded_tasks() as calls, context.entered(context.Context()):
        task_progress(0.3, "here")
        for fraction in (-0.1, 1.1, float("nan")):
            with pytest.raises(ValueError, match="goes from 0 to 1"):
                task_progress(fraction)
    assert calls.progress == [(0.3, "here")]


def test_a_line():
    told = Happening("progress", "1", "jobs.count", "12:00", 0.4, "page\x1b[2J 4")
    assert line(told) == "12:00 jobs.count 1 progress 40% page\ufffd[2J 4"
    assert (
        line(Happening("failed", "1", "", "12:00", error="ValueError()")) == "12:00 - 1 failed ValueError()"
    )


def test_bars_are_drawn_over():
    screen = Screen()
    one = Happening("started", "1", "jobs.count", "12:00")
    assert screen.show(one, 80) == "░" * 20 + "      jobs.count 1\n"
    half = Happening("progress", "1", "jobs.count", "12:01", 0.5, "half")
    assert screen.show(half, 80) == "\x1b[1F\x1b[J" + "█" * 10 + "░" * 10 + "  50% jobs.count 1 half\n"
    assert screen.show(one, 80).endswith("  50% jobs.count 1 half\n")
    over = screen.show(Happening("succeeded", "1", "jobs.count", "12:02"), 20)
    assert over == "\x1b[1F\x1b[J12:02 jobs.count 1 \n"


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_happens_is_shown(workshop, kind, tmp_path):
    service = workshop(kind)
    service.start_worker()
    freed = tmp_path / "freed"
    waiting = service.jobs.wait_until.delay(str(freed), place=str(service.place))
    service.wait_for(1, event="start")
    selection = service.configuration.selection
    overrides = [word for override in selection.overrides for word in ("--set", override)]
    words = ("watch", selection.file, "--format", "json", *overrides)
    watch = service.running.start(sys.executable, "-m", "macaron_runner.cli", "tasks", *words)

    def happened():
        told = [json.loads(each) for each in service.running.log_of(watch).splitlines()]
        return [(each["event"], each["id"], each.get("fraction"), each.get("note")) for each in told]

    wait_until(lambda: ("running", waiting.id, None, None) in happened(), "what runs already")
    advanced = service.jobs.advance.delay()
    wait_until(lambda: ("succeeded", advanced.id, None, None) in happened(), "the end")
    assert ("progress", advanced.id, 0.25, "a quarter") in happened()
    assert ("progress", advanced.id, 1, "all of it") in happened()
    failed = service.jobs.fail.delay(str(service.place))
    wait_until(lambda: ("failed", failed.id, None, None) in happened(), "the failure")
    freed.touch()
    wait_until(lambda: ("succeeded", waiting.id, None, None) in happened(), "the end of what ran already")
    assert watch.poll() is None
