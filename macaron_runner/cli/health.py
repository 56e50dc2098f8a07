"""`macaron health`: asks the running processes whether they get their work done.

A container's probe runs it every few seconds, so asking workers loads no configuration: their heartbeats are files.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.processes.findings import Finding, all_well, as_json, find_workers
from macaron_runner.processes.state import StateDirectory

PATIENCE: Final = 5.0
"""Seconds that the web may take over each step of answering."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add whom to ask, and what."""
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
    parser.add_argument(
        "--at",
        metavar="ADDRESS",
        help="where the web listens, as 127.0.0.1:8080; default: what server.bind says, for which the"
        " configuration is loaded",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def execute(arguments: argparse.Namespace) -> int:
    """Print a line a process; return 0 where all is well, 1 where it is not, or nothing runs."""
    findings = _ask_web(arguments) if arguments.kind == "web" else _ask_workers(arguments)
    print(as_json(findings) if arguments.format == "json" else "\n".join(map(str, findings)))
    return 0 if all_well(findings) else 1


def _ask_workers(arguments: argparse.Namespace) -> tuple[Finding, ...]:
    state = StateDirectory.find(Path(selection_of(arguments).file).absolute().parent, os.environ)
    return find_workers(state.health_directory, arguments.pool, ready=arguments.ready)


def _ask_web(arguments: argparse.Namespace) -> tuple[Finding, ...]:
    from macaron_runner.processes.asking import ask

    address = arguments.at or _address_of_web(arguments)
    well, why = ask(address, "/health/ready" if arguments.ready else "/health/live", PATIENCE)
    return (Finding(well, "web", 0, "answers" if well else "does not answer", why),)


def _address_of_web(arguments: argparse.Namespace) -> str:
    from macaron_runner.cli.terminal import load_sound
    from macaron_runner.processes.plan import bind_addresses

    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    return bind_addresses(load_sound(selection, secret_keeper=state.secret))[0]
