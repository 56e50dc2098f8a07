"""CPU time of applications that are called without a server, each in a process of its own; they take turns.

`python -m tests.benchmarks.in_process PEER` is such a process: it reads lines "W2 100" and answers each with the
nanoseconds of CPU, user and system, that so many requests took.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.benchmarks.calls import Repeat, caller_of
from tests.benchmarks.peers import EVERYONE, Peer
from tests.benchmarks.results import Results
from tests.benchmarks.workloads import WORKLOADS

ROOT: Final = Path(__file__).parents[2]

EVEN: Final = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
"""What every process has in its environment: sets are in the same order in all of them."""


def prepared(peer: Peer, workloads: Iterable[str]) -> Mapping[str, Repeat]:
    """Return what sends each workload to a peer's application, every answer looked at and all of it warm."""
    caller = caller_of(peer.create())
    found = {name: caller.prepare(WORKLOADS[name]) for name in workloads if name in peer.workloads}
    for name, repeat in found.items():
        status, answer = repeat(20)
        assert WORKLOADS[name].answers(status, answer), f"{peer.name} {name}: {status} {answer[:500]!r}"
    gc.collect()
    peer.settle()
    return found


class Called:
    """A peer's process, for the length of a `with` block."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def __enter__(self) -> Called:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, self.peer.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environ_of(self.peer),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def nanoseconds(self, workload: str, count: int) -> int:
        """Return the CPU time of so many requests."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(workload, count, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.peer.name} does not answer as it should; what it said is above")
        return int(line)


def environ_of(peer: Peer) -> dict[str, str]:
    """Return the environment of a peer's processes: nothing of macaron's but what the peer has."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MACARON_")}
    return {**inherited, **EVEN, **peer.environ}


def measure(peers: Iterable[Peer], workloads: Iterable[str], rounds: int, seconds: float) -> Results:
    """Return microseconds of CPU a request: in each round every peer works about `seconds` on each workload."""
    results = Results("CPU us")
    with ExitStack() as stack:
        processes = [stack.enter_context(Called(peer)) for peer in peers]
        turns = [
            (process, workload, count_for(process, workload, seconds))
            for workload in workloads
            for process in processes
            if workload in process.peer.workloads
        ]
        for _ in range(rounds):
            for process, workload, count in turns:
                taken = process.nanoseconds(workload, count)
                results.add((process.peer.name, workload), taken / 1000 / count)
    return results


def count_for(process: Called, workload: str, seconds: float) -> int:
    """Return how many requests take about so long."""
    count, taken = 1, 0
    while taken < 5_000_000:
        count *= 4
        taken = process.nanoseconds(workload, count)
    return max(1, int(count * seconds * 1e9 / taken))


def main() -> None:
    """Be a peer's process."""
    peer = EVERYONE[sys.argv[1]]
    repeats = prepared(peer, peer.workloads)
    for line in sys.stdin:
        workload, count = line.split()
        began = time.process_time_ns()
        repeats[workload](int(count))
        print(time.process_time_ns() - began, flush=True)


if __name__ == "__main__":
    main()
