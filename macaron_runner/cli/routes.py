"""`macaron routes`: what a service answers, by path; who answers, who may ask, within which limits."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.table import table, table_width
from macaron_runner.cli.terminal import colored, hide_secrets
from macaron_runner.configuration.written import size
from macaron_runner.diagnostics import BadConfiguration, near_word
from macaron_runner.display import columns, printable
from macaron_runner.errors import UsageError
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.inspection.routes import HEALTH, Route, routes_of
from macaron_runner.rendering import render_text

_HEAD = ("METHOD", "PATH", "API", "OPERATION", "HANDLER", "CALLERS", "LIMITS")
_PLACE = "WHERE"


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file, the form of the list, and which API it is about."""
    describe_selection(parser)
    parser.add_argument("--format", choices=("json", "text"), default="text", help="the form of the list")
    parser.add_argument("--api", metavar="NAME", help="only the operations of this API")


def execute(arguments: argparse.Namespace) -> int:
    """Print the routes on stdout; return 1 where the service has errors, which are told on stderr.

    What can be known in spite of them is printed all the same.
    """
    inspection = inspect_service(selection_of(arguments), environ=os.environ)
    hide_secrets(inspection.configuration)
    if inspection.configuration is None:
        raise BadConfiguration(inspection.diagnostics)
    routes = [route for route in routes_of(inspection) if arguments.api in (None, route.api)]
    if not routes and arguments.api is not None:
        _refuse_unknown(arguments.api, inspection)
    if arguments.format == "json":
        print(json.dumps([route.to_json() for route in routes], indent=2, ensure_ascii=False))
    else:
        print(_text(routes, _terminal_width()))
    if inspection.sound:
        return 0
    print(render_text(inspection.diagnostics, color=colored(sys.stderr)), file=sys.stderr)
    return 1


def _refuse_unknown(name: str, inspection: Inspection) -> None:
    """Raise UsageError where the service has no such API; it may have one without operations."""
    assert inspection.configuration is not None
    known = ["ping", HEALTH, *inspection.configuration.config.apis]
    if name not in known:
        hint = near_word(name, known) or f"there are: {', '.join(known)}"
        raise UsageError(f'there is no API "{name}" in {inspection.selection.file}; {hint}')


def _terminal_width() -> int | None:
    """Return the width of the terminal, None where stdout is none: whatever reads it, gets everything."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _text(routes: Sequence[Route], width: int | None) -> str:
    """Return the widest form that fits: a table with the places of the functions, one without, or two lines a route."""
    if not routes:
        return ""
    rows = [_HEAD, *(_cells(route) for route in routes)]
    places = [_PLACE, *(str(_shown(route)) for route in routes)]
    whole = [(*row, place) for row, place in zip(rows, places, strict=True)]
    for candidate in (whole, rows):
        if width is None or table_width(candidate) <= width:
            return table(candidate)
    return "\n".join(_stacked(row, width or 80) for row in rows[1:])


def _cells(route: Route) -> tuple[str, ...]:
    api = f"{route.api} (built in)" if route.builtin else route.api
    words = (route.method, route.path, api, route.operation, route.handler or _stand_in(route))
    return tuple(printable(word) or "-" for word in (*words, str(route.callers), _limits(route)))


def _stand_in(route: Route) -> str:
    """Return who answers where no function of the service does."""
    if route.mocked:
        return "mock"
    return "macaron" if route.builtin else ""


def _limits(route: Route) -> str:
    words = ["deprecated"] * route.deprecated
    if route.body_limit is not None:
        words.append(f"{', '.join(route.media_types)} up to {size(route.body_limit)}".strip())
    elif route.media_types:
        words.append(f"{', '.join(route.media_types)} of any length")
    if route.slow_call is not None:
        words.append(f"slow after {route.slow_call:g}s")
    return "; ".join(words)


def _shown(route: Route) -> str:
    return printable(f"{route.location.file}:{route.location.line}") if route.location else "-"


def _stacked(row: tuple[str, ...], width: int) -> str:
    """Return a route on a line, and what is to be known of it indented below, broken where the terminal ends."""
    method, path, *rest = row
    lines = [f"{method} {path}", "  "]
    for word in (each for each in rest if each != "-"):
        separator = " · " if lines[-1].strip() else ""
        if columns(lines[-1] + separator + word) > width and lines[-1].strip():
            lines.append("  ")
            separator = ""
        lines[-1] += separator + word
    return "\n".join(lines)
