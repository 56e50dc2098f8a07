"""`macaron run`: the main job. Checks everything, plans the processes, and keeps them running."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from macaron_runner.cli.check import survey
from macaron_runner.cli.files import describe_selection, load_selected, selection_of
from macaron_runner.cli.terminal import colored
from macaron_runner.diagnostics import raise_errors, render_text
from macaron_runner.errors import UsageError
from macaron_runner.processes.plan import has_embedded_broker, plan
from macaron_runner.processes.spawn import exec_process
from macaron_runner.processes.state import StateDirectory
from macaron_runner.processes.supervisor import run

if TYPE_CHECKING:
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.processes.process import Process


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and which part of the service to run."""
    describe_selection(parser)
    parser.add_argument(
        "--only",
        choices=("web", "worker", "scheduler"),
        help="run one part; the embedded broker runs elsewhere then",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the service until a signal stops it; one process alone takes our place instead."""
    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load_selected(selection, state.secret)
    warnings = raise_errors(survey(configuration))
    if warnings:
        print(render_text(warnings, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    processes = plan(configuration, python=sys.executable, state=state, only=arguments.only)
    if not processes:
        raise UsageError(_nothing_to_run(configuration, arguments.only))
    return _run(processes, state, shares_state=has_embedded_broker(configuration))


def _run(processes: tuple[Process, ...], state: StateDirectory, *, shares_state: bool) -> int:
    brings_broker = any(process.role == "broker" for process in processes)
    if shares_state and not brings_broker:
        print(f"macaron: the embedded broker is expected at {state.broker_socket}", file=sys.stderr)
    if len(processes) == 1:
        exec_process(processes[0], os.environ)
    return run(processes, os.environ, locks=[state.lock()] if brings_broker else ())


def _nothing_to_run(configuration: Configuration, role: str) -> str:
    missing = "tasks.schedules" if role == "scheduler" else "tasks"
    return f"there is no {role} to run: {configuration.selection.file} has no {missing}"
