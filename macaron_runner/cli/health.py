"""`macaron health`: asks the running processes whether they get their work done.

A container's probe runs it every few seconds, so asking workers loads no configuration: their heartbeats are files.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.processes import heartbeat
from macaron_runner.processes.heartbeat import Heartbeat
from macaron_runner.processes.state import StateDirectory

PATIENCE: Final = 5.0
"""Seconds that the web may take to answer."""


class Finding(NamedTuple):
    """What is known of one process: whether all is well, its name and pid (0: unknown), how it fares, and why."""

    well: bool
    name: str
    pid: int
    condition: str
    why: str

    def __str__(self) -> str:
        of = f" (pid {self.pid})" if self.pid else ""
        return f"{self.name}{of}: {self.condition}: {self.why}"


def describe(parser: argparse.ArgumentParser) -> None:
    """Add what is asked, and how."""
    parser.add_argument("kind", choices=("worker", "web"), help="whom to ask")
    describe_selection(parser)
    parser.add_argument(
        "--pool", metavar="NAME", help="the pool of the workers; default: every pool that runs here"
    )
    parser.add_argument(
        "--ready",
        action="store_true",
        help="ask whether they get work done at present; default: whether they must be replaced, which"
        " they need not be while the broker is away, or while they start or stop",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def execute(arguments: argparse.Namespace) -> int:
    """Print a line a process; return 0 where all is well, 1 where it is not, or nothing runs."""
    findings = tuple(_web(arguments) if arguments.kind == "web" else _workers(arguments))
    well = all(finding.well for finding in findings)
    if arguments.format == "json":
        print(json.dumps({"well": well, "processes": [finding._asdict() for finding in findings]}))
    else:
        print("\n".join(map(str, findings)))
    return 0 if well else 1


def _workers(arguments: argparse.Namespace) -> Iterator[Finding]:
    state = StateDirectory.find(Path(selection_of(arguments).file).absolute().parent, os.environ)
    name = f"worker-{arguments.pool}" if arguments.pool else "worker-"
    found = [
        each
        for each in heartbeat.read_all(state.health_directory, name)
        if not arguments.pool or each.name == name
    ]
    for each in found:
        yield _finding(each, ready=arguments.ready)
    if not found:
        which = f" of the pool {arguments.pool}" if arguments.pool else ""
        why = f"no worker{which} tells of itself in {state.health_directory}"
        yield Finding(well=False, name=name.rstrip("-"), pid=0, condition="gone", why=why)


def _finding(found: Heartbeat, *, ready: bool) -> Finding:
    now = time.monotonic()
    fault = found.fault(now)
    well = found.is_ready(now) if ready else not fault
    condition = heartbeat.Condition.DEAF if fault else found.condition
    return Finding(well, found.name, found.pid, condition, fault or found.why)


def _web(arguments: argparse.Namespace) -> Iterator[Finding]:
    from macaron_runner.cli.terminal import load_sound
    from macaron_runner.processes.asking import ask
    from macaron_runner.processes.plan import bind_addresses

    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load_sound(selection, secret_keeper=state.secret)
    path = "/health/ready" if arguments.ready else "/health/live"
    address = bind_addresses(configuration)[0]
    well, why = ask(address, path, PATIENCE)
    yield Finding(well, "web", 0, "answers" if well else "does not answer", why)
