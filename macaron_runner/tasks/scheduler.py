"""Celery's scheduler: queues what is due, remembers in a file when each schedule ran last.

Not for what is due when (schedules).
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from celery import Celery
from celery.beat import Service

from macaron_runner.configuration.model import Tasks
from macaron_runner.tasks.schedules import beat_schedule


def run_scheduler(app: Celery, tasks: Tasks, file: Path) -> int:
    """Queue tasks when they are due until SIGTERM or SIGINT comes; return the exit code.

    `file` keeps the times of the last runs, written after each: a scheduler killed and started again neither
    repeats a run nor leaves one out.
    """
    app.conf.update(beat_schedule=beat_schedule(tasks), beat_sync_every=1)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _leave)
    Service(app, schedule_filename=str(file)).start()
    return 0


def _leave(_signum: int, _frame: FrameType | None) -> None:
    """End the scheduler's sleep; Celery writes its file on the way out."""
    sys.exit(0)
