"""`macaron run --only …`: one part of a service, which takes the supervisor's place; the parts make a whole."""

from pathlib import Path

import pytest

from tests.support.processes import descendants, running, wait_for
from tests.support.service import RunningService

pytestmark = pytest.mark.service

HELLOWORLD = "sample_services/helloworld/macaron.yaml"


def test_web_alone_is_gunicorn_itself() -> None:
    with RunningService(HELLOWORLD, "--only", "web", environment={"WEB_CONCURRENCY": "2"}) as service:
        (itself,) = (process for process in running().values() if process.pid == service.process.pid)
        assert "macaron_runner.entries web" in itself.line
        wait_for("two workers", lambda: len(descendants(service.process.pid)) == 2)
        assert service.request("GET", "/hello").status == 200
        assert service.stop() == 0


def test_queueing_without_a_broker_is_a_clear_error() -> None:
    with RunningService(HELLOWORLD, "--only", "web") as service:
        answer = service.request("GET", "/async")
        assert (answer.status, answer.json()["error"]) == (503, "TASK_QUEUE_UNAVAILABLE")
        assert "retry-after" in answer.headers
        assert "the embedded broker is expected at" in service.log


def test_a_worker_beside_a_whole_service_takes_its_share(tmp_path: Path) -> None:
    shared = {
        "HELLOWORLD_ASYNC_FILE": str(tmp_path / "async.txt"),
        "MACARON_STATE_DIR": str(tmp_path / "state"),
    }
    with RunningService(HELLOWORLD, environment=shared) as whole:
        alone = RunningService(HELLOWORLD, "--only", "worker", environment=shared | {"PORT": str(whole.port)})
        alone.port = whole.port  # a worker answers no request: it is the web's /ping that is waited for
        with alone:
            wait_for("the second worker", lambda: "ready." in alone.log)
            wait_for(
                "a task in the second worker",
                lambda: whole.request("GET", "/async").status == 200 and "write_code done" in alone.log,
            )
            assert alone.stop() == 0


def test_two_runs_never_share_a_state_directory(tmp_path: Path) -> None:
    shared = {"MACARON_STATE_DIR": str(tmp_path / "state")}
    with RunningService(HELLOWORLD, environment=shared):
        second = RunningService(HELLOWORLD, environment=shared)
        with pytest.raises(AssertionError, match="exit code 69 at start"), second:
            pass


def test_bad_configuration_found_by_a_child_ends_everything_with_78(tmp_path: Path) -> None:
    for name in ("macaron.yaml", "greeter.yaml"):
        (tmp_path / name).write_text(GREETER[name])
    (tmp_path / "greeter.py").write_text("def greeting():\n    return {}\n")
    with (
        pytest.raises(AssertionError, match="exit code 78 at start"),
        RunningService(tmp_path / "macaron.yaml"),
    ):
        pass


GREETER = {
    "macaron.yaml": (
        "macaron: 1\n"
        "service: {name: greeter}\n"
        "apis: {greeter: {spec: greeter.yaml, handlers: greeter}}\n"
        "server: {bind: '127.0.0.1:${PORT}'}\n"
        "tasks: {}\n"
    ),
    "greeter.yaml": (
        "swagger: '2.0'\n"
        "info: {title: greeter, version: '1'}\n"
        "paths: {/greet: {get: {operationId: greet, responses: {'200': {description: fine}}}}}\n"
    ),
}


def test_the_parts_make_a_whole(tmp_path: Path) -> None:
    written = tmp_path / "async.txt"
    shared = {"HELLOWORLD_ASYNC_FILE": str(written), "MACARON_STATE_DIR": str(tmp_path / "state")}
    with RunningService(HELLOWORLD, "--only", "web", environment=shared) as web:
        broker, worker = (RunningService(HELLOWORLD, "--only", part, environment=shared) for part in PARTS)
        broker.port = worker.port = web.port  # neither answers requests: the web's /ping is waited for
        with broker, worker:
            wait_for("the broker", (tmp_path / "state/broker.sock").exists)
            code = web.request("GET", "/async").json()["message"].split()[-1]
            wait_for("the task", lambda: written.exists() and written.read_text() == code)


PARTS = ("broker", "worker")
