"""`macaron build`: the container image of a service, named by its version and, where asked, brought to its registry."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import colored, hide_secrets
from macaron_runner.configuration.at_target import see
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.deploy.hands import Hands
from macaron_runner.deploy.image.build import Built, image_of
from macaron_runner.deploy.image.finding import ENGINES
from macaron_runner.deploy.image.order import Order
from macaron_runner.deploy.image.preparing import write_context
from macaron_runner.diagnostics import Diagnostic, raise_errors
from macaron_runner.errors import UsageError
from macaron_runner.inspection.inspect import inspect_service
from macaron_runner.inspection.inspection import Inspection
from macaron_runner.rendering import render_text

_LATER: Final = frozenset(("MAC110", "MAC113"))
"""What is absent here - a variable, a secret - may be there where the image runs."""
_NOW: Final = frozenset(("service", "build"))
"""Sections that count while it is built."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the file, what becomes of the image, and what builds it."""
    describe_selection(parser)
    parser.add_argument("--push", action="store_true", help="bring it to the registry that build.image names")
    parser.add_argument(
        "--allow-dirty", action="store_true", help="build what is in no commit, too; the tag then says -dirty"
    )
    parser.add_argument("--engine", choices=ENGINES, help="what builds it; default: the first that is there")
    parser.add_argument(
        "--output",
        metavar="DIRECTORY",
        help="build nothing: write the Dockerfile and all it needs into a new folder",
    )
    parser.add_argument(
        "--sbom",
        metavar="PATH",
        help="where the bill of materials goes (CycloneDX); default: below the state directory",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the commands, and run none that acts")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text: the image's name alone"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the image's name on stdout, what is done on stderr. Raises BadConfiguration, CommandError."""
    order = order_of(inspected(arguments), allow_dirty=arguments.allow_dirty)
    hands = Hands(_tell, os.environ, dry_run=arguments.dry_run)
    if arguments.output is not None:
        write_context(order, hands, _new_folder(arguments.output), base=order.build.base)
        return 0
    bill = Path(arguments.sbom) if arguments.sbom else None
    built = image_of(order, hands, push=arguments.push, engine=arguments.engine or "", bill=bill)
    print(_as_json(built) if arguments.format == "json" else built.image.reference)
    return 0


def inspected(arguments: argparse.Namespace) -> Inspection:
    """Return the inspection of a service that can be built; what is doubtful is told. Raises BadConfiguration."""
    inspection = inspect_service(selection_of(arguments), environ=os.environ)
    hide_secrets(inspection.configuration)
    found = [each for each in inspection.diagnostics if not _is_for_later(each)]
    if warnings := raise_errors(found):
        print(render_text(warnings, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    return inspection


def order_of(inspection: Inspection, *, allow_dirty: bool) -> Order:
    """Return what is to be built of a service. Raises UsageError."""
    assert inspection.configuration is not None  # it has no errors
    others = _at_targets(inspection.configuration)
    return Order.of(inspection.configuration, inspection.read, allow_dirty=allow_dirty, others=others)


def _at_targets(configuration: Configuration) -> Iterator[Configuration]:
    deploy = configuration.config.deploy
    for name in deploy.targets if deploy is not None else ():
        if (seen := see(configuration.selection, name).configuration) is not None:
            yield seen


def _is_for_later(diagnostic: Diagnostic) -> bool:
    pointer = diagnostic.location.pointer if diagnostic.location is not None else ()
    return diagnostic.code in _LATER and not (pointer and pointer[0] in _NOW)


def _new_folder(name: str) -> Path:
    """Return a folder that is not there yet, or empty."""
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{name} is there already, and not an empty folder")
    return folder


def _as_json(built: Built) -> str:
    image = built.image
    found = {"image": image.name, "tag": image.tag, "digest": image.digest, "reference": image.reference}
    return json.dumps({**found, "sbom": str(built.bill) if built.bill is not None else None}, indent=2)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
