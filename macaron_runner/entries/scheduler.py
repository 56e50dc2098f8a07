"""`python -m macaron_runner.entries scheduler`: queues tasks when their schedules say so.

One such process a service. It imports none of the service's code. Not for what is due when (tasks.schedules).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import raise_errors
from macaron_runner.entries.start import settle, speak
from macaron_runner.errors import UsageError
from macaron_runner.processes.state import StateDirectory
from macaron_runner.tasks.celery_app import create_celery
from macaron_runner.tasks.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.scheduler import run_scheduler
from macaron_runner.tasks.settings import check_settings


def main(words: Sequence[str]) -> int:
    """Schedule until told to stop. Raises BadConfiguration, DependencyMissing."""
    selection = Selection.parse(words, os.environ)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ).open()
    configuration = load(selection, environ=os.environ, secret_keeper=state.secret)
    speak(configuration)
    raise_errors(check_settings(configuration))
    tasks = configuration.config.tasks
    if tasks is None or not tasks.schedules:
        raise UsageError(f"{selection.file} has nothing under tasks.schedules")
    celery = create_celery(configuration.config, state.broker_socket, WORKER_PATIENCE)
    settle()
    return run_scheduler(celery, tasks, state.path / "schedule")
