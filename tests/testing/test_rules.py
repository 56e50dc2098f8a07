"""What macaron.yaml says of calls, in the tests of a service: queues, and what is refused."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from macaron_runner import load_app
from macaron_runner.diagnostics import BadConfiguration
from macaron_runner.testing import inline_tasks, recorded_tasks

Shop = Callable[..., Path]


def test_a_call_knows_the_queue_it_goes_to(shop: Shop) -> None:
    file = shop()
    client = load_app(file).test_client()
    with recorded_tasks(file) as calls:
        client.post("/orders")
        sys.modules["jobs"].weigh.apply_async(["a-1"], queue="slow")
    assert [(call.name, call.queue) for call in calls] == [
        ("jobs.send_receipt", "email"),
        ("jobs.pack", "slow"),
        ("jobs.weigh", "default"),
        ("jobs.weigh", "slow"),
    ]
    with recorded_tasks() as calls:
        client.post("/orders")
    assert [call.queue for call in calls] == ["slow", "slow", None]


def test_an_overlay_and_values_set_by_hand_count(shop: Shop) -> None:
    file = shop()
    file.with_name("macaron.prod.yaml").write_text("tasks: {routes: {jobs.weigh: slow}}\n")
    client = load_app(file).test_client()
    with inline_tasks(file, env="prod", overrides=("tasks.routes={jobs.pack: email}",)) as calls:
        client.post("/orders")
    assert [call.queue for call in calls] == ["email", "email", "slow"]


def test_what_the_queue_refuses_is_refused(shop: Shop) -> None:
    file = shop()
    load_app(file)
    jobs = sys.modules["jobs"]
    with recorded_tasks("macaron.yaml") as calls:
        with pytest.raises(ValueError, match=r'no pool in macaron\.yaml consumes the queue "emial"'):
            jobs.weigh.apply_async(["a-1"], queue="emial")
        with pytest.raises(LookupError, match=r"workers do not know the task strangers\.call"):
            sys.modules["strangers"].call.delay()
    with recorded_tasks(file, overrides=("tasks.broker=amqp://rabbit",)):
        with pytest.raises(RuntimeError, match="no store to keep it in"):
            jobs.weigh.apply_async(["a-1"], idempotency_key="a-1")
        with pytest.raises(ValueError, match="RabbitMQ cannot delay a task by more than"):
            jobs.weigh.apply_async(["a-1"], countdown="9000d")
    assert len(calls) == 0


def test_results_are_kept_as_the_settings_say(shop: Shop) -> None:
    file = shop()
    load_app(file)
    weigh = sys.modules["jobs"].weigh
    with inline_tasks(file, overrides=("tasks.settings.task_ignore_result=false",)):
        assert weigh.delay("a-1").get() == 3
    with inline_tasks(file), pytest.raises(RuntimeError, match="is not kept"):
        weigh.delay("a-1").get()


def test_what_is_wrong_with_tasks_is_told_at_once(shop: Shop) -> None:
    file = shop()
    load_app(file)
    with pytest.raises(BadConfiguration) as caught, recorded_tasks(file, overrides=("tasks.modules=[job]",)):
        pass
    assert [each.code for each in caught.value.diagnostics] == ["MAC501"]


def test_the_file_is_that_of_the_service(shop: Shop) -> None:
    file = shop()
    with pytest.raises(RuntimeError, match="no service is loaded"), recorded_tasks(file):
        pass
    load_app(file)
    with pytest.raises(ValueError, match='of another service than "shop"'):
        recorded_tasks(file, overrides=("service.name=other",)).__enter__()
    with pytest.raises(ValueError, match="has no tasks: key"):
        recorded_tasks(file, overrides=("tasks=null",)).__enter__()
