"""`macaron check`: everything that can be known without starting, as diagnostics."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from macaron_runner.assembly import read_documents
from macaron_runner.cli.files import describe_selection, load_selected, selection_of
from macaron_runner.cli.terminal import colored
from macaron_runner.configuration.load import Configuration
from macaron_runner.diagnostics import BadConfiguration, Diagnostic, render_github, render_json, render_text


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and the form of the report."""
    describe_selection(parser)
    parser.add_argument("--format", choices=sorted(_RENDERERS), default="text", help="the form of the report")


def execute(arguments: argparse.Namespace) -> int:
    """Print what was found on stdout; return 1 where there is anything, 0 where there is nothing."""
    try:
        found = survey(load_selected(selection_of(arguments)))
    except BadConfiguration as problem:
        found = problem.diagnostics
    report = _RENDERERS[arguments.format](found)
    if report:
        print(report)
    if not found:
        print("macaron: no problems found", file=sys.stderr)
    return 1 if found else 0


def survey(configuration: Configuration) -> tuple[Diagnostic, ...]:
    """Return everything found in the files behind a configuration, without importing any of the service's code."""
    from macaron_runner.server.gunicorn import check_settings as check_server_settings
    from macaron_runner.tasks.settings import check_settings as check_task_settings

    _, found = read_documents(configuration)
    return (
        *configuration.warnings,
        *found,
        *check_server_settings(configuration),
        *check_task_settings(configuration),
    )


def _text(found: Sequence[Diagnostic]) -> str:
    return render_text(found, color=colored(sys.stdout))


_RENDERERS: Final[Mapping[str, Callable[[Sequence[Diagnostic]], str]]] = {
    "text": _text,
    "json": render_json,
    "github": render_github,
}
