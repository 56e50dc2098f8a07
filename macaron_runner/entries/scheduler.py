"""`python -m macaron_runner.entries scheduler`: queues tasks when their schedules say so.

Any number may run for one service; one of them works. Not for what is due when (tasks.scheduling).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import raise_errors
from macaron_runner.entries.prepared import prepare
from macaron_runner.entries.start import settle
from macaron_runner.errors import UsageError
from macaron_runner.tasks.brokers.guarantee import WORKER_PATIENCE
from macaron_runner.tasks.celery_app import ServiceCelery
from macaron_runner.tasks.scheduling.broker_seat import BrokerSeat
from macaron_runner.tasks.scheduling.planning import check_schedules, plan_schedules
from macaron_runner.tasks.scheduling.scheduler import Scheduler
from macaron_runner.tasks.scheduling.seat import Seat
from macaron_runner.tasks.scheduling.store_seat import StoreSeat


def main(words: Sequence[str]) -> int:
    """Schedule until told to stop. Raises BadConfiguration, DependencyMissing, UsageError."""
    stopped = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopped.set())
    selection = Selection.parse(words, os.environ)
    # A run that cannot be sent is still due when the broker is back: it need not be kept as a call is.
    prepared = prepare(selection, keeping=False)
    if not prepared.section.schedules:
        raise UsageError(f"{selection.file} has nothing under tasks.schedules")
    raise_errors(check_schedules(prepared.configuration))
    plans = plan_schedules(prepared.section, prepared.tasks)
    settle()
    Scheduler(plans, _seat(prepared.celery), lambda: datetime.now(UTC)).run(stopped.wait)
    return 0


def _seat(app: ServiceCelery) -> Seat:
    return StoreSeat(app, app.store) if app.store is not None else BrokerSeat(app, WORKER_PATIENCE)
