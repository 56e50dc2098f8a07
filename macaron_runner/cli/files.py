"""The arguments by which every verb is told which macaron.yaml to use, and the loading of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from macaron_runner.configuration.load import load
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import Selection, select


def describe_selection(parser: argparse.ArgumentParser) -> None:
    """Add FILE, --env and --set."""
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="default: $MACARON_CONFIG, else ./macaron.yaml"
    )
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
    """Return which configuration the command was asked for."""
    return select(arguments.file, arguments.env, arguments.overrides, environ=os.environ, cwd=Path.cwd())


def load_selected(selection: Selection, secret_keeper: Callable[[str], str] | None = None) -> Configuration:
    """Return the configuration. Raises BadConfiguration with everything that is wrong."""
    return load(selection, environ=os.environ, secret_keeper=secret_keeper)
