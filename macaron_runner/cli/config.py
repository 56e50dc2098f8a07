"""`macaron config`: the configuration as it counts, with the place every value comes from."""

from __future__ import annotations

import argparse
import sys

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import load_sound
from macaron_runner.configuration.effective import render_json, render_yaml


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and the form of what is printed."""
    describe_selection(parser)
    parser.add_argument("--defaults", action="store_true", help="print also what nobody set")
    parser.add_argument(
        "--format",
        choices=("yaml", "json"),
        default="yaml",
        help="yaml: origins as comments; json: origins under x-origins",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the configuration on stdout. Raises BadConfiguration where it has errors."""
    configuration = load_sound(selection_of(arguments))
    if arguments.format == "json":
        print(render_json(configuration, defaults=arguments.defaults))
    else:
        sys.stdout.write(render_yaml(configuration, defaults=arguments.defaults))
    return 0
