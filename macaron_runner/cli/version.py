"""`macaron version`: the version of a service, bare, as scripts take it. Not that of macaron (`macaron --version`)."""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib.metadata import version

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.configuration.interpolate import Failed
from macaron_runner.configuration.load import examine
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file and the form of the answer."""
    describe_selection(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="text: the version alone; json: the service, its version, and those of macaron and Python",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the version on stdout. Raises BadConfiguration where the file does not tell it."""
    configuration = _known(selection_of(arguments))
    if arguments.format == "text":
        print(configuration.version)
        return 0
    facts = {
        "service": configuration.config.service.name,
        "version": configuration.version,
        "macaron": version("macaron-runner"),
        "python": platform.python_version(),
    }
    print(json.dumps(facts, indent=2, ensure_ascii=False))
    return 0


def _known(selection: Selection) -> Configuration:
    """Return the configuration as far as it tells the version; secrets and other variables may be absent."""
    configuration, problems = examine(selection, environ=os.environ)
    if configuration is None:
        raise BadConfiguration(problems)
    service = configuration.merged.value.get("service")
    if not isinstance(service, dict) or any(isinstance(each, Failed) for each in service.values()):
        raise BadConfiguration(problems)
    return configuration
