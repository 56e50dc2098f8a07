"""`macaron health`: what a probe is told by exit code and line."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.processes import heartbeat
from macaron_runner.processes.heartbeat import SILENCE, Condition, Heartbeat
from macaron_runner.processes.plan import plan
from macaron_runner.processes.state import StateDirectory
from tests.cli.conftest import DEADLINE, KEY, MACARON_YAML, CommandLine


@pytest.fixture
def tell(macaron: CommandLine):
    """Give a function that writes a heartbeat of ours."""
    folder = macaron.folder / ".macaron" / "health"
    folder.mkdir(parents=True)

    def write(condition: Condition, name: str = "worker-default", age: float = 0) -> None:
        heartbeat.write(folder, Heartbeat(name, os.getpid(), condition, "so it is", time.monotonic() - age))

    return write


@pytest.mark.parametrize(
    ("condition", "live", "ready"),
    [
        (Condition.CONSUMING, 0, 0),
        (Condition.BUSY, 0, 0),
        (Condition.BROKER_AWAY, 0, 1),
        (Condition.STARTING, 0, 1),
        (Condition.DEAF, 1, 1),
    ],
)
def test_a_worker(macaron: CommandLine, tell, condition: Condition, live: int, ready: int) -> None:
    tell(condition)
    done = macaron("health", "worker")
    assert (done.code, done.err) == (live, "")
    assert done.out == f"worker-default (pid {os.getpid()}): {condition}: so it is\n"
    assert macaron("health", "worker", "--ready", "--pool", "default").code == ready


def test_a_worker_that_is_silent(macaron: CommandLine, tell) -> None:
    tell(Condition.CONSUMING, age=SILENCE + 5)
    done = macaron("health", "worker")
    assert done.code == 1
    assert "deaf: it gave no sign of life for 6" in done.out


def test_several_pools_as_json(macaron: CommandLine, tell) -> None:
    tell(Condition.CONSUMING)
    tell(Condition.DEAF, "worker-slow")
    done = macaron("health", "worker", "--format", "json")
    told = json.loads(done.out)
    assert (done.code, told["well"]) == (1, False)
    assert [(each["name"], each["well"]) for each in told["processes"]] == [
        ("worker-default", True),
        ("worker-slow", False),
    ]
    assert macaron("health", "worker", "--pool", "default").code == 0


def test_the_probe_of_a_planned_worker(macaron: CommandLine, tell) -> None:
    macaron.write("macaron.yaml", MACARON_YAML + "tasks: {}\n")
    configuration = load(Selection(str(macaron.folder / "macaron.yaml")), environ={"SHOP_KEY": KEY})
    state = StateDirectory.find(macaron.folder, {})
    (worker,) = plan(configuration, python=sys.executable, state=state, only="worker")

    def asked(*words: str) -> int:
        environment = {**macaron.environment({}), **worker.environment}
        argv = [*worker.probe, *words]
        done = subprocess.run(
            argv, cwd="/", env=environment, capture_output=True, timeout=DEADLINE, check=False
        )
        return done.returncode

    tell(Condition.CONSUMING, "worker-slow")
    assert asked() == 1
    tell(Condition.BROKER_AWAY)
    assert (asked(), asked("--ready")) == (0, 1)


def test_where_nothing_runs(macaron: CommandLine) -> None:
    done = macaron("health", "worker", "--pool", "slow")
    assert done.code == 1
    assert done.out.startswith("worker-slow: gone: no worker of the pool slow tells of itself in ")


def test_a_web_that_is_not_there(macaron: CommandLine) -> None:
    done = macaron("health", "web", "--set", "server.bind=unix:/nowhere/web.sock")
    assert done.code == 1
    assert done.out.startswith("web: does not answer: unix:/nowhere/web.sock /health/live: ")


def test_a_web_at_an_address_needs_no_configuration(macaron: CommandLine) -> None:
    macaron.write("macaron.yaml", "of no use")
    with HTTPServer(("127.0.0.1", 0), Answering) as web:
        threading.Thread(target=web.handle_request, daemon=True).start()
        address = f"127.0.0.1:{web.server_address[1]}"
        done = macaron("health", "web", "--at", address, "--ready")
    assert (done.code, done.out) == (0, f"web: answers: {address} /health/ready: 200 fine\n")
    assert macaron("health", "web", "--at", address).code == 1


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
        self.wfile.write(b"fine")

    def log_message(self, *_: object) -> None:
        pass
