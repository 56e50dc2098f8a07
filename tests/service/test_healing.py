"""kill -9 of any one process of a whole service: it heals by itself, and nothing promised is lost."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PATIENCE, running, wait_for
from tests.support.service import RunningService
from tests.support.victims import VICTIMS, mains, tree

pytestmark = pytest.mark.service


@pytest.fixture
def helloworld(tmp_path: Path) -> Iterator[RunningService]:
    environment = {"HELLOWORLD_ASYNC_FILE": str(tmp_path / "async.txt"), "WEB_CONCURRENCY": "2"}
    with RunningService("sample_services/helloworld/macaron.yaml", environment=environment) as service:
        yield service


def runs_a_task(service: RunningService) -> bool:
    """Tell whether a request that queues a task is answered and the task writes its code."""
    answer = service.request("GET", "/async")
    assert answer.status == 200, answer.text
    code = answer.json()["message"].split()[-1]
    written = Path(service.environment["HELLOWORLD_ASYNC_FILE"])
    return wait_for("the task", lambda: written.exists() and written.read_text() == str(uuid.UUID(code)))


@pytest.mark.parametrize("victim", VICTIMS)
def test_service_heals(helloworld: RunningService, victim: str) -> None:
    assert runs_a_task(helloworld)
    before = wait_for(victim, lambda: VICTIMS[victim](helloworld))
    os.kill(before[0].pid, signal.SIGKILL)
    wait_for(
        "another one in its place",
        lambda: [process for process in VICTIMS[victim](helloworld) if process not in before],
    )
    if victim == "the broker":
        wait_for("the broker's socket", lambda: "broker is ready" in helloworld.log.split("started (pid")[-1])
    wait_for("/ping", lambda: helloworld.request("GET", "/ping").status == 200)
    assert runs_a_task(helloworld)


def test_no_connection_is_refused_while_the_gunicorn_master_is_away(helloworld: RunningService) -> None:
    (master,) = mains(helloworld, "web")
    os.kill(master.pid, signal.SIGKILL)
    statuses = [helloworld.request("GET", "/ping").status for _ in range(50)]
    assert statuses == [200] * 50


@pytest.mark.parametrize("moment", ["idle", "while a task runs"])
def test_killed_supervisor_leaves_nothing_running(helloworld: RunningService, moment: str) -> None:
    if moment != "idle":
        assert runs_a_task(helloworld)
    # The guardian, the broker, gunicorn and two workers, Celery and its children.
    whole = wait_for("the whole service", lambda: len(found := tree(helloworld)) >= 7 and found)
    helloworld.process.kill()
    helloworld.process.wait(PATIENCE)
    pids = {process.pid for process in whole}
    wait_for("all processes to end", lambda: not pids & set(running()))
