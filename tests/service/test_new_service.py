"""A new service from its first command to its first answer: init, check, run, curl, pytest, as a user does it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from macaron_runner.scaffold.template import TEMPLATES
from tests.support.processes import wait_for
from tests.support.programs import require
from tests.support.service import ROOT, RunningService

pytestmark = pytest.mark.service

DOCUMENT = ROOT / "tests" / "scaffold" / "documents" / "petstore.yaml"


def run(folder: Path, *words: str) -> str:
    """Run a Python module in a folder; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def curl(service: RunningService, path: str, *words: str) -> str:
    """Return what curl prints for a path of the service."""
    command = ["curl", "-s", "--max-time", "60", *words, f"http://127.0.0.1:{service.port}{path}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template(tmp_path: Path, template: str) -> None:
    require("curl")
    run(tmp_path, "macaron_runner.cli", "init", "my-shop", "--template", template)
    folder = tmp_path / "my-shop"
    run(folder, "macaron_runner.cli", "check", "--no-ports")
    with RunningService(folder / "macaron.yaml") as service:
        assert curl(service, "/greetings/Ada?times=2") == '{"text":"Hello Ada! Hello Ada!"}'
        assert '"error":"INVALID_PARAMETER"' in curl(service, "/greetings/Ada?times=none")
        if template == "tasks":
            curl(service, "/letters", "--json", '{"to": "Ada", "text": "How are you?"}')
            wait_for("the task", lambda: "to Ada: How are you?" in service.log)
    run(folder, "pytest", "-q", "-p", "no:cacheprovider")


def test_a_document(tmp_path: Path) -> None:
    require("curl")
    run(tmp_path, "macaron_runner.cli", "init", "petstore", "--from", str(DOCUMENT))
    folder = tmp_path / "petstore"
    run(folder, "macaron_runner.cli", "check", "--no-ports")
    with RunningService(
        folder / "macaron.yaml", environment={"MACARON_STATE_DIR": str(folder / ".macaron")}
    ) as service:
        assert curl(service, "/v2/store/inventory") == '{"sold":3,"pending":1}'
        assert '"status":401' in curl(service, "/v2/pet/1")
        token = run(folder, "macaron_runner.cli", "token", "--user", "ada", "--verifier", "api_key").strip()
        assert '"name":"doggie' in curl(service, "/v2/pet/1", "-H", f"X-Api-Key: {token}")
    run(folder, "pytest", "-q", "-p", "no:cacheprovider")
