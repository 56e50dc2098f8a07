"""`python -m macaron_runner.entries worker … --pool NAME`: runs the tasks of one pool's queues.

Not for what a worker does (tasks.running.worker).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress

from macaron_runner.configuration.model import Pool
from macaron_runner.configuration.selection import Selection
from macaron_runner.entries.prepared import prepare
from macaron_runner.entries.start import settle
from macaron_runner.errors import UsageError
from macaron_runner.processes.capacity import memory_share, pool_concurrency, read_limits
from macaron_runner.processes.listeners import inherited
from macaron_runner.tasks.brokers.kinds import POWERS, broker_kind
from macaron_runner.tasks.running.worker import PoolWorker, run


def main(words: Sequence[str]) -> int:
    """Run tasks until told to stop. Raises BadConfiguration, UsageError."""
    *selected, option, name = words
    if option != "--pool":
        raise UsageError(f"the last words must be --pool NAME, not {option} {name}")
    selection = Selection.parse(selected, os.environ)
    prepared = prepare(selection, keeping=True)
    pools = prepared.section.pools
    if name not in pools:
        raise UsageError(f"{selection.file} has no pool {name!r} under tasks.pools")
    with suppress(OSError):  # where it cannot be made, the worker says so
        prepared.state.make()
    worker = PoolWorker(
        name,
        pools[name],
        count_processes(pools[name], len(pools)),
        health=prepared.state.health_directory,
        private_queue=POWERS[broker_kind(prepared.section)].private_queues,
        listener=health_listener(os.environ),
    )
    if prepared.celery.keeper is not None:
        prepared.state.open()
        prepared.celery.keeper.watch()
    settle()
    return run(prepared.celery, worker)


def health_listener(environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket of the pool's health_bind, which is inherited; None where it has none."""
    descriptors = inherited(environ)
    return socket.socket(fileno=descriptors[0]) if descriptors else None


def count_processes(pool: Pool, pools: int) -> int:
    """Return the pool's concurrency; for `auto`, what CPU and memory allow beside the web and other pools."""
    if pool.concurrency != "auto":
        return pool.concurrency
    return int(pool_concurrency(read_limits(), share=memory_share(pools)))
