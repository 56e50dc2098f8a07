"""Instructions a request takes, counted under valgrind: the same on a busy machine as on a quiet one.

`python -m tests.benchmarks.instructions PEER:W1,W2…` is what runs under valgrind. It makes each peer in a child of its
own, which forks once more for every count: FEW requests and MANY, from the same state of memory. What lies between the
two counts is the requests and nothing else. Not for what a server adds (end_to_end).
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.in_process import EVEN, prepared
from tests.benchmarks.peers import EVERYONE, Peer
from tests.benchmarks.results import Results

FEW: Final = 10
MANY: Final = 60
LARGE_FEW: Final = 1
LARGE_MANY: Final = 4
"""For W5, whose requests are two hundred times as long."""

DEADLINE: Final = 1800.0
"""Seconds after which a count is given up: a peer that starts threads may not live on in a child."""

_COUNTED: Final = re.compile(r"^==(\d+)== I\s+refs:\s+([\d,]+)$", re.MULTILINE)


class Job(NamedTuple):
    """What a child of the counted process did: so many requests of a workload to a peer."""

    pid: int
    peer: str
    workload: str
    requests: int


def count(wanted: Mapping[str, Iterable[str]]) -> Results:
    """Return instructions a request: of peers by name, which workloads. Raises RuntimeError where valgrind fails."""
    with tempfile.TemporaryDirectory(prefix="macaron-benchmark-") as folder:
        log = Path(folder) / "valgrind.log"
        words = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        words += [f"--log-file={log}", sys.executable, "-m", __name__]
        ended = subprocess.run(
            [*words, *(f"{name}:{','.join(workloads)}" for name, workloads in wanted.items())],
            env={**os.environ, **EVEN},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        if ended.returncode:
            raise RuntimeError(f"valgrind ended with {ended.returncode}: {log.read_text()[-2000:]}")
        jobs = [Job(*json.loads(line)) for line in ended.stdout.splitlines()]
        return results_of(jobs, dict(read_counts(log.read_text())))


def read_counts(log: str) -> Iterator[tuple[int, int]]:
    """Yield the instructions of each process that ended, as cachegrind logged them."""
    for pid, instructions in _COUNTED.findall(log):
        yield int(pid), int(instructions.replace(",", ""))


def results_of(jobs: Iterable[Job], instructions: dict[int, int]) -> Results:
    """Return what lies between the two counts of each cell, a request."""
    results = Results("instructions")
    first: dict[tuple[str, str], Job] = {}
    for job in jobs:
        few = first.setdefault((job.peer, job.workload), job)
        if few is not job:
            more = instructions[job.pid] - instructions[few.pid]
            results.add((job.peer, job.workload), more / (job.requests - few.requests))
    return results


def main() -> None:
    """Be the process that is counted."""
    words = [word.split(":") for word in sys.argv[1:]]
    wanted = {EVERYONE[name]: workloads.split(",") for name, workloads in words}
    for peer in wanted:
        peer.load()  # once, here: each child has it then
    for peer, workloads in wanted.items():
        in_child(functools.partial(count_peer, peer, workloads))


def count_peer(peer: Peer, workloads: Iterable[str]) -> None:
    """Be a peer's process: send requests from a child for every count."""
    os.environ.update(peer.environ)
    for workload, send in prepared(peer, workloads).items():
        for requests in (LARGE_FEW, LARGE_MANY) if workload == "W5" else (FEW, MANY):
            pid = in_child(functools.partial(send, requests))
            print(json.dumps(Job(pid, peer.name, workload, requests)), flush=True)


def in_child(work: Callable[[], object]) -> int:
    """Do it in a child, and wait; return the child's pid. A child that fails ends this process as well."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        sys.exit(1)
    return pid


if __name__ == "__main__":
    main()
