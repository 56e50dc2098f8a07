"""Workers and brokers that cannot start say why, and end with the exit code that tells it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from macaron_runner.processes.state import StateDirectory

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(configure):
    """Give a function that runs an entry of the service and returns (exit code, stderr)."""

    def entry(kind, *words, overrides=(), **environment):
        selection = configure(*overrides).selection
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MACARON_")}
        done = subprocess.run(
            [sys.executable, "-m", "macaron_runner.entries", kind, *selection.arguments(), *words],
            cwd=ROOT,
            env={**inherited, **environment, **selection.environment_variables()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    return entry


def test_a_module_that_fails_is_shown_with_its_line(run, configure):
    jobs = configure().directory / "parcels" / "jobs.py"
    jobs.write_text("import json\n\n1 / 0\n")
    code, stderr = run("worker", "--pool", "default")
    assert code == 78
    assert 'error[MAC502]: importing "parcels.jobs" fails' in stderr
    assert "ZeroDivisionError: division by zero" in stderr
    assert f"--> {jobs}:3:1" in stderr
    assert "Traceback" not in stderr


def test_the_traceback_is_for_those_who_ask(run, configure):
    (configure().directory / "parcels" / "jobs.py").write_text("1 / 0\n")
    assert "Traceback" in run("worker", "--pool", "default", MACARON_LOG_LEVEL="debug")[1]


def test_settings_are_checked(run):
    code, stderr = run("worker", "--pool", "default", overrides=["tasks.settings.task_time_limt=3"])
    assert code == 78
    assert 'Celery has no setting "task_time_limt"' in stderr
    assert 'did you mean "task_time_limit"?' in stderr


@pytest.mark.parametrize(
    ("words", "text"), [(("--pool", "fast"), "no pool 'fast'"), (("--pol", "default"), "--pool NAME")]
)
def test_words_that_make_no_sense(run, words, text):
    code, stderr = run("worker", *words)
    assert code == 2
    assert text in stderr


def test_a_directory_that_cannot_be_made(run, configure):
    state = StateDirectory.find(configure().directory, {}).path
    state.parent.mkdir(exist_ok=True)
    state.write_text("in the way")
    code, stderr = run("broker")
    assert code == 69
    assert str(state) in stderr
