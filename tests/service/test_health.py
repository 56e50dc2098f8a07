"""A whole service is asked how its workers fare, in each way there is."""

import subprocess
import sys

import pytest

from macaron_runner.processes.asking import ask
from tests.support.processes import wait_for
from tests.support.service import ROOT, RunningService, free_port

pytestmark = pytest.mark.service

FILE = "sample_services/helloworld/macaron.yaml"


def probe(service: RunningService, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "macaron_runner.cli", "health", *words, str(ROOT / FILE)],
        env=service._whole_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_everybody_is_well() -> None:
    own = f"127.0.0.1:{free_port()}"
    with RunningService(FILE, "--set", f"tasks.pools.default.health_bind={own}") as service:
        wait_for("the worker consumes", lambda: ask(own, "/health/ready", 5)[0])
        assert ask(own, "/health/live", 5)[0]
        answer = service.request("GET", "/health/workers")
        assert (answer.status, answer.json()) == (
            200,
            {"status": "ok", "workers": [{"name": "worker-default", "condition": "consuming"}]},
        )
        for words in (["worker", "--pool", "default", "--ready"], ["web"], ["web", "--ready"]):
            done = probe(service, *words)
            assert done.returncode == 0, done
    assert probe(service, "worker").returncode == 1
