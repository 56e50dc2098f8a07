"""`macaron run`: the main job. Checks everything, plans the processes, and keeps them running."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from macaron_runner.cli.reloading import Reloader
from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import colored, hide_secrets
from macaron_runner.diagnostics import near_word, raise_errors
from macaron_runner.errors import UsageError
from macaron_runner.inspection.inspect import inspect_files
from macaron_runner.openapi.cache import ParsedCache
from macaron_runner.processes.plan import has_embedded_broker, plan
from macaron_runner.processes.spawn import exec_process
from macaron_runner.processes.state import ENVIRONMENT_KEY, StateDirectory
from macaron_runner.processes.supervisor import run
from macaron_runner.processes.volatile import fate_of
from macaron_runner.processes.words import hide_values
from macaron_runner.rendering import render_text

if TYPE_CHECKING:
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.processes.process import Process


_HOW_TO_KEEP: Final = f"mount a volume there, or name another folder with {ENVIRONMENT_KEY}"


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and which part of the service to run."""
    describe_selection(parser)
    parser.add_argument(
        "--only",
        choices=("web", "worker", "scheduler", "broker"),
        help="run one part; the embedded broker is not brought along then",
    )
    parser.add_argument("--pool", metavar="NAME", help="with --only worker: the workers of this pool alone")
    parser.add_argument(
        "--reload",
        action="store_true",
        help="for development: when Python, a document or macaron.yaml changes, what it concerns begins anew",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the service until a signal stops it; one process alone takes our place instead."""
    hide_values(arguments.overrides)
    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    cache = ParsedCache(state.documents_directory, state.make)
    inspection = inspect_files(selection, environ=os.environ, secret_keeper=state.secret, cache=cache)
    configuration = inspection.configuration
    hide_secrets(configuration)
    warnings = raise_errors(inspection.diagnostics)
    assert configuration is not None  # there were no errors
    if warnings:
        print(render_text(warnings, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    planned = partial(
        plan, python=sys.executable, state=state, only=arguments.only, pool=_pool(configuration, arguments)
    )
    processes = planned(configuration)
    if not processes:
        raise UsageError(_nothing_to_run(configuration, arguments.only))
    if has_embedded_broker(configuration) and not _brings_broker(processes):
        print(f"macaron: the embedded broker is expected at {state.broker_socket}", file=sys.stderr)
    if (what := _kept_here(configuration, processes)) and (fate := fate_of(state.path, os.environ)):
        print(f"macaron: {what} are lost {fate}; {_HOW_TO_KEEP}", file=sys.stderr)
    locks = [state.lock()] if _brings_broker(processes) else []
    if len(processes) == 1 and not arguments.reload:
        exec_process(processes[0], os.environ, keep=locks)
    # A prefix before a JSON object would spoil it for whatever collects the log.
    labels = configuration.config.observability.logs.format == "text"
    redact = configuration.redactor.redact_bytes
    if not arguments.reload:
        return run(processes, os.environ, locks=locks, labels=labels, redact=redact)
    reloader = Reloader(inspection, state, planned)
    code = run(processes, os.environ, locks=locks, labels=labels, redact=redact, changes=reloader)
    if reloader.must_begin_anew:
        os.execv(sys.executable, [sys.executable, "-m", "macaron_runner.cli", *sys.argv[1:]])  # noqa: S606
    return code


def _pool(configuration: Configuration, arguments: argparse.Namespace) -> str | None:
    """Return the one pool that is wanted. Raises UsageError where that means nothing."""
    pool: str | None = arguments.pool
    if pool is not None and arguments.only != "worker":
        raise UsageError("--pool says which workers run, and goes with --only worker")
    tasks = configuration.config.tasks
    if pool is not None and tasks is not None and pool not in tasks.pools:
        known = f"there are: {', '.join(tasks.pools)}"
        raise UsageError(
            f'there is no pool "{pool}" under tasks.pools; {near_word(pool, tasks.pools) or known}'
        )
    return pool


def _brings_broker(processes: tuple[Process, ...]) -> bool:
    return any(process.role == "broker" for process in processes)


def _kept_here(configuration: Configuration, processes: tuple[Process, ...]) -> str:
    """Return what of the service's tasks must outlast these processes in the state directory; "" for nothing."""
    if _brings_broker(processes):
        return "tasks that wait"
    tasks = configuration.config.tasks
    keeps = tasks is not None and tasks.when_broker_is_away == "keep"
    return "calls that are kept while the broker is away" if keeps else ""


def _nothing_to_run(configuration: Configuration, role: str) -> str:
    missing = {"scheduler": "tasks.schedules", "broker": "embedded broker"}.get(role, "tasks")
    return f"there is no {role} to run: {configuration.selection.file} has no {missing}"
