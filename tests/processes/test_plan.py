"""The plan: which processes, in which order, with which words."""

import signal
from pathlib import Path
from typing import Any

import pytest

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.model import MacaronConfig
from macaron_runner.configuration.selection import Selection
from macaron_runner.processes.plan import bind_addresses, has_embedded_broker, plan
from macaron_runner.processes.process import Process
from macaron_runner.processes.state import StateDirectory

STATE = StateDirectory(Path("/state"))
SCHEDULES = {"nightly": {"task": "shop.jobs.report", "cron": "15 3 * * *"}}


def configured(**sections: Any) -> Configuration:
    values = {
        "macaron": 1,
        "service": {"name": "shop", "version": "1.2"},
        "apis": {"shop": {"spec": "shop.yaml", "handlers": "shop.api"}},
        **sections,
    }
    selection = Selection("/srv/macaron.yaml", "prod", ("server.workers=4",))
    return Configuration(MacaronConfig.model_validate(values), selection, Path("/srv"), ())


def planned(only: Any = None, **sections: Any) -> tuple[Process, ...]:
    return plan(configured(**sections), python="/py", state=STATE, only=only)


def names(processes: tuple[Process, ...]) -> list[str]:
    return [process.name for process in processes]


def test_without_tasks_there_is_the_web_alone() -> None:
    assert names(planned()) == ["web"]


def test_everything_in_start_order() -> None:
    tasks = {"pools": {"default": {}, "slow": {"queues": ["slow"]}}, "schedules": SCHEDULES}
    assert names(planned(tasks=tasks)) == ["broker", "web", "worker-default", "worker-slow", "scheduler"]


def test_a_broker_elsewhere_is_not_started() -> None:
    tasks = {"broker": "redis://cache:6379/0"}
    assert names(planned(tasks=tasks)) == ["web", "worker-default"]
    assert not has_embedded_broker(configured(tasks=tasks))
    assert has_embedded_broker(configured(tasks={}))


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("web", ["web"]),
        ("worker", ["worker-default"]),
        ("scheduler", ["scheduler"]),
        ("broker", ["broker"]),
    ],
)
def test_one_role_never_brings_the_broker_along(only: str, expected: list[str]) -> None:
    assert names(planned(only, tasks={"schedules": SCHEDULES})) == expected


def test_one_pool_alone() -> None:
    configuration = configured(tasks={"pools": {"default": {}, "mail": {"queues": ["mail"]}}})
    assert names(plan(configuration, python="/py", state=STATE, only="worker", pool="mail")) == [
        "worker-mail"
    ]


def test_the_web_in_full() -> None:
    (web,) = planned(server={"bind": ["127.0.0.1:80", "unix:/run/shop.sock"], "graceful_timeout": "12s"})
    selection = ("--config", "/srv/macaron.yaml", "--env", "prod")
    assert web == Process(
        name="web",
        role="web",
        argv=("/py", "-P", "-m", "macaron_runner.entries", "web", *selection),
        grace=17.0,
        environment={
            "MACARON_STATE_DIR": "/state",
            "MACARON_VERSION": "1.2",
            "MACARON_OVERRIDES": '["server.workers=4"]',
            "PYTHONUNBUFFERED": "1",
        },
        listeners=("127.0.0.1:80", "unix:/run/shop.sock"),
        orphan_grace=12.0,
    )


def test_the_broker_is_ready_when_its_socket_is_and_never_quits_without_writing() -> None:
    broker = planned(tasks={})[0]
    assert broker.ready_socket == "/state/broker.sock"
    assert broker.stop_signal == broker.quick_stop_signal == signal.SIGTERM


def test_a_worker_knows_its_pool() -> None:
    worker = planned("worker", tasks={"pools": {"mail": {}}})[0]
    assert worker.argv[3:5] == ("macaron_runner.entries", "worker")
    assert worker.argv[-2:] == ("--pool", "mail")


def test_a_worker_tells_how_to_ask_whether_it_is_well() -> None:
    broker, web, worker, scheduler = planned(tasks={"pools": {"mail": {}}, "schedules": SCHEDULES})
    words = ("macaron_runner.cli", "health", "worker", "/srv/macaron.yaml", "--pool", "mail")
    assert worker.probe == ("/py", "-P", "-m", *words)
    assert (broker.probe, web.probe, scheduler.probe) == ((), (), ())


def test_one_address_or_several() -> None:
    assert bind_addresses(configured()) == ("127.0.0.1:8080",)
    assert bind_addresses(configured(server={"bind": ["a:1", "b:2"]})) == ("a:1", "b:2")
