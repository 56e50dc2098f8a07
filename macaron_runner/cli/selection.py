"""The arguments by which every verb is told which macaron.yaml to use. Not for loading it (configuration.load)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from macaron_runner.configuration.selection import DEFAULT_FILE, Selection, select
from macaron_runner.errors import DependencyMissing


def describe_selection(parser: argparse.ArgumentParser) -> None:
    """Add FILE, --env and --set."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="a macaron.yaml, or the folder it is in; default: $MACARON_CONFIG, else ./macaron.yaml",
    )
    describe_layers(parser)


def describe_selections(parser: argparse.ArgumentParser) -> None:
    """Add FILE…, --env and --set, which count for each of the files."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="one macaron.yaml or more, or their folders; default: $MACARON_CONFIG, else ./macaron.yaml",
    )
    describe_layers(parser)


def describe_layers(parser: argparse.ArgumentParser) -> None:
    """Add --env and --set, for a verb that is told the file in a way of its own."""
    parser.add_argument("--env", metavar="ENV", help="merge macaron.ENV.yaml over it; default: $MACARON_ENV")
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one value, as server.workers=4 (may be repeated)",
    )


def selection_of(arguments: argparse.Namespace) -> Selection:
    """Return which configuration the command was asked for. Raises DependencyMissing without working directory."""
    return selection_at(arguments.file, arguments.env, arguments.overrides)


def selections_of(arguments: argparse.Namespace) -> tuple[Selection, ...]:
    """Return the configurations the command was asked for, by name, each once. Raises what `selection_of` does."""
    found = {selection_at(file, arguments.env, arguments.overrides) for file in arguments.files or [None]}
    return tuple(sorted(found, key=lambda selection: selection.file))


def selection_at(file: str | None, environment: str | None, overrides: Sequence[str] = ()) -> Selection:
    """Return the configuration of a file, or of a folder's. Raises DependencyMissing without working directory."""
    try:
        directory = Path.cwd()
    except FileNotFoundError:
        raise DependencyMissing("the working directory does not exist any more") from None
    found = select(file, environment, overrides, environ=os.environ, cwd=directory)
    if not os.path.isdir(found.file):  # noqa: PTH112 - Path.is_dir raises at odd names
        return found
    return replace(found, file=os.path.normpath(f"{found.file}/{DEFAULT_FILE}"))
