"""Progress, and who watches it."""

import json
import os
import re
import signal
import sys
from contextlib import ExitStack, closing
from os import terminal_size
from types import SimpleNamespace

import pytest

from macaron_runner import context
from macaron_runner.cli.tasks_watch import Screen, line
from macaron_runner.tasks.monitoring.watching import Happening
from macaron_runner.tasks.progress import Progress, task_progress
from macaron_runner.testing import recorded_tasks
from tests.support.terminal import Terminal
from tests.tasks.recording import service_with
from tests.tasks.workshop import ROOT, TRANSPORTS, wait_until


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


def happening(kind="started", call="1", **more):
    return Happening(kind, call, "jobs.count", "12:00", **more)


def test_bars_are_drawn_over():
    screen, size = Screen(), terminal_size((80, 24))
    assert screen.show(happening(), size) == "░" * 20 + "      jobs.count 1\n"
    half = screen.show(happening("progress", fraction=0.5, note="half"), size)
    assert half == "\x1b[1F\x1b[J" + "█" * 10 + "░" * 10 + "  50% jobs.count 1 half\n"
    assert screen.show(happening(), size).endswith("  50% jobs.count 1 half\n")
    over = screen.show(happening("succeeded"), terminal_size((20, 24)))
    assert over == "\x1b[1F\x1b[J12:00 jobs.count 1 \n"
    assert screen.clear() == ""


def test_more_bars_than_a_terminal_has_lines_are_counted():
    screen, size = Screen(), terminal_size((80, 5))
    drawn = [screen.show(happening(call=str(number)), size) for number in range(6)]
    assert [each.count("\n") for each in drawn] == [1, 2, 3, 4, 4, 4]
    assert drawn[3].endswith(" jobs.count 3\n")
    assert drawn[5].endswith(" jobs.count 2\n… 3 more\n")
    assert screen.clear() == "\x1b[4F\x1b[J"


def watching(service, *words):
    """Return the argv of `macaron tasks watch` for a service."""
    selection = service.configuration.selection
    overrides = [word for override in selection.overrides for word in ("--set", override)]
    return (sys.executable, "-m", "macaron_runner.cli", "tasks", "watch", selection.file, *overrides, *words)


@pytest.mark.service
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_happens_is_shown(workshop, kind, tmp_path):
    service = workshop(kind)
    service.start_worker()
    freed = tmp_path / "freed"
    waiting = service.jobs.wait_until.delay(str(freed), place=str(service.place))
    service.wait_for(1, event="start")
    watch = service.running.start(*watching(service, "--format", "json"))

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


@pytest.mark.service
def test_what_happens_is_shown_on_terminals(workshop, tmp_path):
    service = workshop("embedded")
    service.start_worker()
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "LANG": "C.UTF-8"}
    with ExitStack() as stack:

        def terminal(columns, **more):
            made = Terminal(watching(service), {**environ, **more}, columns, lines=10)
            return stack.enter_context(closing(made))

        wide, narrow, dumb = terminal(120), terminal(40, NO_COLOR="1"), terminal(120, TERM="dumb")
        piped = service.running.start(*watching(service))
        waiting = service.jobs.wait_until.delay(str(tmp_path / "freed"), place=str(service.place))
        bar = f"{'░' * 20}      parcels.jobs.wait_until {waiting.id}"
        assert wide.wait_until(lambda lines: bar in lines) == [bar]
        narrow.wait_until(lambda lines: lines == [bar[:39]])
        dumb.wait_until(lambda lines: waiting.id in "".join(lines))
        wait_until(lambda: waiting.id in service.running.log_of(piped), "the line where there is no terminal")

        advanced = service.jobs.advance.delay()
        over, running = wide.wait_until(lambda lines: len(lines) == 2 and advanced.id in lines[0])
        assert over.endswith(f" parcels.jobs.advance {advanced.id} succeeded")
        assert running == bar
        assert "  25% parcels.jobs.advance" in wide.sent.decode()
        cut, _ = narrow.wait_until(lambda lines: len(lines) == 2 and lines[1] == bar[:39])
        assert over.startswith(cut)
        dumb.wait_until(lambda lines: "succeeded" in lines[-1])
        wait_until(lambda: "succeeded" in service.running.log_of(piped), "the end where there is no terminal")
        for told in (dumb.sent.decode(), service.running.log_of(piped)):
            assert f"parcels.jobs.advance {advanced.id} progress 25% a quarter" in told
            assert not {"\x1b", "░"} & {*told}

        wide.type(b"\x03")
        assert (wide.end(), wide.lines()) == (128 + signal.SIGINT, [over])
        assert b"m" not in re.findall(rb"\x1b\[[0-9;]*([a-zA-Z])", wide.sent + narrow.sent)  # colours
