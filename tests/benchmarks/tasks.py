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
from tests.benchmarks.targets import Target
from tests.benchmarks.task_sides import read
from tests.tasks.workshop import ROOT, Embedded, Rabbit, Redis, Running, stop, wait_until

SIDES: Final = ("macaron", "plain")
MEASURES: Final = {
    "call": ("us", "a call, nothing consumes"),
    "run": ("us", "a task, two processes empty a queue and hold one call each (macaron's default)"),
    "run, 4": ("us", "a task, two processes empty a queue and hold four calls each (Celery's default)"),
    "start p50": ("ms", "from call to start, idle, median"),
    "start p99": ("ms", "from call to start, idle, slowest of a hundred"),
}
HELD: Final = {"run": 1, "run, 4": 4}
"""The pool's `prefetch`, Celery's worker_prefetch_multiplier."""
LIMIT: Final = 1.1
"""How many times plain Celery's figure macaron's may be."""
BROKERS: Final = {"embedded": Embedded, "redis": Redis, "rabbitmq": Rabbit}


def _target(kind: str, name: str) -> Target:
    text = f"{MEASURES[name][1]}, over {kind}, against plain Celery"
    macaron, plain = ((f"{side} over {kind}", name) for side in SIDES)
    return Target(text, LIMIT, macaron, plain)


TARGETS: Final = tuple(_target(kind, name) for kind in BROKERS for name in MEASURES)


def measure(results: Results, kind: str, rounds: int, calls: int) -> None:
    """Add the figures of both sides over a broker that is started for it."""
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
                        results.add((f"{side} over {kind}", name), figure)
        finally:
            running.kill()
            del os.environ["MACARON_STATE_DIR"]


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


def table(results: Results, kind: str) -> Iterator[str]:
    """Yield a line for each measure: both figures, their ratio, and whether that is good enough."""
    for name, (unit, what) in MEASURES.items():
        target = _target(kind, name)
        mine, other = results.median(target.cell), results.median(target.other)
        ratio = results.ratio(target.cell, target.other)
        verdict = "pass" if ratio <= LIMIT else "FAIL"
        yield f"{verdict}  {mine:9.1f} {other:9.1f} {unit}  {ratio:5.2f}x  (to beat: {LIMIT:.2f}x)  {what}"
