"""The arguments by which every verb is told which macaron.yaml to use. Not for loading it (configuration.load)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from macaron_runner.configuration.selection import Selection, select
from macaron_runner.errors import DependencyMissing


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
    """Return which configuration the command was asked for. Raises DependencyMissing without working directory."""
    try:
        directory = Path.cwd()
    except FileNotFoundError:
        raise DependencyMissing("the working directory does not exist any more") from None
    return select(arguments.file, arguments.env, arguments.overrides, environ=os.environ, cwd=directory)
