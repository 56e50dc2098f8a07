"""How long `macaron check` takes: `python -m tests.benchmarks.check_speed` prints wall time and memory.

A program, no test: what a machine takes is no property of the code. To beat: 0.3 s for the sample service, 2 s and
300 MB for a thousand operations, 10 s for fifty services.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.support.big_service import ENVIRON, write_big_service

ROOT = Path(__file__).parents[2]
HELLOWORLD = ROOT / "sample_services" / "helloworld"
RUNS = 5


def measure(*words: str) -> tuple[float, float]:
    """Return the best wall time in seconds of a few runs, and the largest memory in MB."""
    command = [sys.executable, "-m", "macaron_runner.cli", "check", "--no-ports", *words]
    environ = {**os.environ, **ENVIRON, "PYTHONPATH": str(ROOT)}
    times, peaks = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        process = os.posix_spawn(
            sys.executable,
            command,
            environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
        )
        _, status, usage = os.wait4(process, 0)
        times.append(time.perf_counter() - began)
        peaks.append(usage.ru_maxrss / 1024)
        assert os.waitstatus_to_exitcode(status) == 0, "nothing is wrong with these services"
    return min(times), max(peaks)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        big = write_big_service(folder, 1000)
        fleet = [folder / f"service{number}" for number in range(50)]
        for place in fleet:
            shutil.copytree(HELLOWORLD, place)
        for name, words in {
            "helloworld": [str(HELLOWORLD)],
            "1 000 operations": [str(big)],
            "50 services": [str(place) for place in fleet],
        }.items():
            seconds, megabytes = measure(*words)
            print(f"{name:20} {seconds:6.2f} s {megabytes:6.0f} MB")


if __name__ == "__main__":
    main()
