"""`macaron check`: everything that can be known without starting, as diagnostics."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from macaron_runner.assembly import read_documents
from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import colored
from macaron_runner.configuration.load import Configuration, examine
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import Diagnostic, render_github, render_json, render_text


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and the form of the report."""
    describe_selection(parser)
    parser.add_argument("--format", choices=sorted(_RENDERERS), default="text", help="the form of the report")


def execute(arguments: argparse.Namespace) -> int:
    """Print what was found on stdout; return 1 where there is anything, 0 where there is nothing."""
    _, found = survey(selection_of(arguments))
    report = _RENDERERS[arguments.format](found)
    if report:
        print(report)
    if not found:
        print("macaron: no problems found", file=sys.stderr)
    return 1 if found else 0


def survey(
    selection: Selection, secret_keeper: Callable[[str], str] | None = None
) -> tuple[Configuration | None, tuple[Diagnostic, ...]]:
    """Return the configuration, and everything found in its files, without importing any of the service's code.

    What is good in a faulty macaron.yaml is looked at as well: whoever mends it wants to see everything at
    once. The configuration is for running only where nothing found is an error. Raises what `secret_keeper` does.
    """
    from macaron_runner.server.gunicorn import check_settings as check_server_settings
    from macaron_runner.tasks.settings import check_settings as check_task_settings

    configuration, found = examine(selection, environ=os.environ, secret_keeper=secret_keeper)
    if configuration is None:
        return None, found
    _, in_documents = read_documents(configuration)
    in_settings = (*check_server_settings(configuration), *check_task_settings(configuration))
    return configuration, (*found, *in_documents, *in_settings)


def _text(found: Sequence[Diagnostic]) -> str:
    return render_text(found, color=colored(sys.stdout))


_RENDERERS: Final[Mapping[str, Callable[[Sequence[Diagnostic]], str]]] = {
    "text": _text,
    "json": render_json,
    "github": render_github,
}
