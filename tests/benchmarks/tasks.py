"""What a task costs in macaron and in plain Celery with the same broker and settings: called, run, from call to start.

Both take turns in every round, so what the machine does besides meets them alike. Not for the two sides (task_sides).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from macaron_runner.processes.state import StateDirectory
from tests.benchmarks.results import Results
from tests.benchmarks.task_sides import read
from tests.tasks.workshop import ROOT, Embedded, Rabbit, Redis, Running, stop, wait_until

SIDES: Final = {"macaron": "macaron", "plain": "plain Celery"}
MEASURES: Final = {
    "call": "us a call, nothing consumes",
    "run": "us a task, a queue emptied by two processes that hold one call each, macaron's default",
    "run, 4": "us a task, the same with four each, Celery's default",
    "start p50": "ms from call to start, idle",
    "start p99": "ms from call to start, idle",
}
HELD: Final = {"run": 1, "run, 4": 4}
"""The pool's `prefetch`, Celery's worker_prefetch_multiplier."""
LIMIT: Final = 1.1
"""How many times plain Celery's figure macaron's may be."""
BROKERS: Final = {"embedded": Embedded, "redis": Redis, "rabbitmq": Rabbit}


def measure(kind: str, rounds: int, calls: int) -> Results:
    """Return the figures of both sides over a broker that is started for it."""
    results = Results("as told")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MACARON_STATE_DIR"] = folder
        running = Running(Path(folder))
        try:
            broker = BROKERS[kind](running, read([]))
            broker.socket = str(StateDirectory(Path(folder)).broker_socket)
            broker.start()
            for _ in range(rounds):
                for side in SIDES:
                    for name, figure in _round(running, side, broker.overrides, calls):
                        results.add((side, name), figure)
        finally:
            _end(running)
            del os.environ["MACARON_STATE_DIR"]
    return results


def _round(
    running: Running, side: str, overrides: tuple[str, ...], calls: int
) -> Iterator[tuple[str, float]]:
    notes = running.directory / "notes"
    words = (sys.executable, "-m", "tests.benchmarks.task_sides", side)
    environ = {**os.environ, "NOTES": str(notes)}

    def publish(how: str, count: int) -> str:
        command = [*words, how, str(count), *overrides]
        return subprocess.run(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    for name, held in HELD.items():
        yield "call", float(publish("burst", calls))
        settings = (*overrides, f"tasks.pools.default.prefetch={held}")
        worker = running.start(*words, "worker", "0", *settings, NOTES=str(notes), PYTHONPATH=str(ROOT))
        yield name, _emptied(notes, calls + 1)
        notes.unlink()
        publish("single", max(100, calls // 10))
        waits = sorted(float(line) * 1e3 for line in notes.read_text().splitlines())
        yield "start p50", statistics.median(waits)
        yield "start p99", waits[int(len(waits) * 0.99)]
        stop(worker)
        notes.unlink()


def _emptied(notes: Path, calls: int) -> float:
    """Return the microseconds from task to task, when a tenth of them has run."""

    def count() -> int:
        return notes.read_bytes().count(b"\n") if notes.exists() else 0

    wait_until(lambda: count() >= calls // 10, "the first tasks have run", 120)
    already, began = count(), time.perf_counter()
    wait_until(lambda: count() >= calls, "all tasks have run", 300)
    return (time.perf_counter() - began) / (calls - already) * 1e6


def _end(running: Running) -> None:
    for process in reversed(running.processes):
        process.kill()
        process.wait()


def table(results: Results) -> Iterator[str]:
    """Yield a line for each measure: both figures, their ratio, and whether that is good enough."""
    for name, unit in MEASURES.items():
        mine, other = results.median(("macaron", name)), results.median(("plain", name))
        ratio = results.ratio(("macaron", name), ("plain", name))
        verdict = "pass" if ratio <= LIMIT else "FAIL"
        yield f"{verdict}  {name:10} {mine:9.1f} {other:9.1f}  {ratio:5.2f}x  (to beat: {LIMIT:.2f}x)  {unit}"
