"""`macaron tasks` against real brokers and workers: what it prints, and what it does."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from macaron_runner import context
from tests.tasks.workshop import ROOT, TRANSPORTS, wait_until

pytestmark = pytest.mark.service

REQUEST = context.Context(request_id="request-1", user_id="alice")


def macaron(service, *words):
    """Return how a command about the service ends: exit code, stdout, stderr."""
    selection = service.configuration.selection
    overrides = [word for override in selection.overrides for word in ("--set", override)]
    done = subprocess.run(
        [sys.executable, "-m", "macaron_runner.cli", "tasks", *words, selection.file, *overrides],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


def told(service, *words):
    """Return what a command that must succeed prints as JSON."""
    done = macaron(service, *words, "--format", "json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_calls_from_their_queue_to_their_end(workshop, kind, tmp_path):
    service = workshop(kind)
    place, freed = str(service.place), tmp_path / "freed"
    handle = service.jobs.wait_until.delay(str(freed), place=place)
    (queue,) = told(service, "queued")
    assert (queue["queue"], queue["waiting"]) == ("default", 1)
    if kind == "embedded":
        assert [(call["id"], call["args"]) for call in queue["first"]] == [(handle.id, [str(freed)])]
    else:
        assert queue["first"] is None
    away = macaron(service, "running")
    assert (away.code, away.out) == (69, "")
    assert away.err == "macaron: no worker answers; is the service running?\n"
    service.start_worker()
    service.wait_for(1, event="start")
    (call,) = told(service, "running")
    assert (call["id"], call["task"], call["queue"]) == (handle.id, "parcels.jobs.wait_until", "default")
    assert call["kwargs"] == {"place": place}
    assert call["worker"].startswith("default-")
    shown = macaron(service, "running")
    assert shown.out.splitlines()[0].split() == ["TASK", "ID", "QUEUE", "WORKER", "SINCE", "ARGUMENTS"]
    freed.touch()
    service.wait_for(1, event="end")
    idle = macaron(service, "running")
    assert (idle.code, idle.out, idle.err) == (0, "", "macaron: no call is under way\n")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_call_that_is_delayed_is_shown_where_the_broker_shows_it(workshop, kind):
    service = workshop(kind)
    with context.entered(REQUEST):
        handle = service.jobs.take_time.apply_async(
            ["late", 0], {"place": str(service.place)}, countdown="10m"
        )
    done = macaron(service, "scheduled", "--format", "json")
    assert done.code == 0
    if kind == "embedded":
        (call,) = json.loads(done.out)
        assert (call["id"], call["args"]) == (handle.id, ["late", 0])
        assert call["due"] > call.get("since", "")
    else:
        assert json.loads(done.out) == []
        assert "RabbitMQ keeps 1 calls until they are due" in done.err


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_failed_is_shown_and_sent_again_or_dropped(workshop, kind):
    service = workshop(kind)
    assert macaron(service, "failed").out == ""
    service.start_worker()
    place = str(service.place)
    with context.entered(REQUEST):
        first = service.jobs.fail(place)
        second = service.jobs.fail(place)
    wait_until(lambda: len(told(service, "failed")) == 2, "two failures")
    letter = next(each for each in told(service, "failed") if each["id"] == first.id)
    assert (letter["task"], letter["queue"], letter["attempts"]) == ("parcels.jobs.fail", "default", 1)
    assert (letter["args"], letter["kwargs"]) == ([place], {})
    assert (letter["error"]["type"], letter["error"]["message"]) == ("ValueError", place)
    assert "Traceback" in letter["error"]["traceback"]
    assert letter["context"]["user_id"] == "alice"
    head, *rows = macaron(service, "failed").out.splitlines()
    assert head.split("  ")[0] == "FAILED AT"
    assert len(rows) == 2
    unknown = macaron(service, "retry", "nobody")
    assert (unknown.code, unknown.out) == (2, "")
    assert (
        unknown.err == 'macaron: no call with the ID "nobody" has failed for good; see macaron tasks failed\n'
    )
    again = macaron(service, "retry", first.id)
    assert (again.code, again.err) == (0, "")
    assert again.out == f"{first.id} (parcels.jobs.fail) is sent to its queue again\n"
    wait_until(lambda: len(service.seen()) == 3 and len(told(service, "failed")) == 2, "the third failure")
    assert {each["id"] for each in told(service, "failed")} == {first.id, second.id}
    assert {each["id"] for each in told(service, "discard", "--all")} == {first.id, second.id}
    assert told(service, "failed") == []
    assert macaron(service, "retry", "--all").out == ""


def test_a_call_is_typed_queued_and_waited_for(workshop):
    service = workshop("embedded")
    args = ("--args", '[{"weight": 3}]', "--kwargs", '{"day": "2026-11-22"}')
    queued = macaron(service, "call", "parcels.jobs.weigh", *args)
    assert (queued.code, queued.err) == (0, "")
    (queue,) = told(service, "queued")
    (call,) = queue["first"]
    assert call["id"] == queued.out.strip()
    assert call["args"][0]["$model"] == "parcels.Parcel"
    assert call["args"][1] == {"$date": "2026-11-22"}
    service.start_worker()
    waited = macaron(service, "call", "parcels.jobs.weigh", *args, "--wait")
    assert (waited.code, json.loads(waited.out)) == (0, {"weight": 3, "day": "2026-11-22"})
    failed = macaron(service, "call", "parcels.jobs.fail", "--args", '["x"]', "--wait")
    assert (failed.code, failed.out, failed.err) == (
        1,
        "",
        "macaron: parcels.jobs.fail failed: ValueError: x\n",
    )
    for words, said in (
        (
            ("parcels.jobs.wiegh",),
            'there is no task "parcels.jobs.wiegh"; did you mean "parcels.jobs.weigh"?',
        ),
        (
            ("parcels.jobs.weigh",),
            "parcels.jobs.weigh cannot be called so: missing a required argument: 'parcel'",
        ),
        (
            ("parcels.jobs.weigh", *args, "--queue", "post"),
            'no pool consumes the queue "post"; there are: default',
        ),
    ):
        refused = macaron(service, "call", *words)
        assert (refused.code, refused.out, refused.err) == (2, "", f"macaron: {said}\n")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_call_is_revoked(workshop, kind, tmp_path):
    service = workshop(kind)
    service.start_worker()
    place = str(service.place)
    running = service.jobs.wait_until.delay(str(tmp_path / "never"), place=place)
    service.wait_for(1, event="start")
    ended = macaron(service, "revoke", running.id, "--terminate")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{running.id} is ended if it runs, and not begun any more, by: default-")
    wait_until(lambda: told(service, "running") == [], "its end")
    assert told(service, "failed") == []
    assert [line["event"] for line in service.seen()] == ["start"]


def test_the_tasks_there_are(workshop):
    service = workshop("embedded", start=False)
    tasks = {each["task"]: each for each in told(service, "list")}
    assert tasks["parcels.jobs.fail_at_first"] == {
        "task": "parcels.jobs.fail_at_first",
        "queue": "default",
        "options": {"retries": 2},
    }
    assert tasks["parcels.jobs.hang"]["options"] == {"time_limit": "1s"}
    head, *rows = macaron(service, "list").out.splitlines()
    assert head.split() == ["TASK", "QUEUE", "OPTIONS"]
    assert len(rows) == len(tasks)


@pytest.mark.parametrize(
    "words",
    [
        "queued",
        "running",
        "scheduled",
        "failed",
        "revoke 1",
        "retry 1",
        'call parcels.jobs.tick --args ["x"]',
    ],
)
def test_a_broker_that_is_away(workshop, words):
    service = workshop("embedded", start=False)
    done = macaron(service, *words.split())
    assert (done.code, done.out) == (69, "")
    assert (
        done.err == "macaron: the embedded broker does not run here; macaron run starts it with the service\n"
    )
