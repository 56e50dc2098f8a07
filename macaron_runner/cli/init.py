"""`macaron init`: a new service that runs and passes its own tests, from a template or from an API document."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

from macaron_runner.cli.terminal import colored
from macaron_runner.errors import UsageError
from macaron_runner.rendering import render_text
from macaron_runner.scaffold.adopt import Adopted, from_document
from macaron_runner.scaffold.files import clashes, write
from macaron_runner.scaffold.names import dns_label, package_name
from macaron_runner.scaffold.service import listed
from macaron_runner.scaffold.template import TEMPLATES, from_template


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the folder, the service's name, and what the service is made from."""
    parser.add_argument("directory", nargs="?", default=".", metavar="DIRECTORY", help="default: this one")
    parser.add_argument("--name", metavar="NAME", help="the service's name; default: the folder's")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--from",
        dest="document",
        metavar="FILE",
        help="serve this Swagger 2.0 or OpenAPI document: it is copied, and gets a handler for each operation",
    )
    source.add_argument(
        "--template",
        choices=sorted(TEMPLATES),
        default="minimal",
        help="; ".join(f"{name}: {text}" for name, text in TEMPLATES.items()),
    )


def execute(arguments: argparse.Namespace) -> int:
    """Write the service, or nothing at all; print what was written on stdout, and what to do next on stderr."""
    directory = Path(arguments.directory)
    name = _service_name(arguments.name, directory)
    made = _make(arguments, directory, name)
    taken = clashes(directory, made.files)
    if taken:
        raise UsageError(
            f"nothing was written, for this is in {directory} already:\n{listed(taken)}"
            "choose another folder, or move these away"
        )
    if made.warnings:
        print(render_text(made.warnings, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    write(directory, made.files)
    print("\n".join((directory / file.path).as_posix() for file in made.files))
    print(_talk(directory, made), file=sys.stderr)
    return 0


def _service_name(given: str | None, directory: Path) -> str:
    """Return the name of the service. Raises UsageError where there is none that a service may have."""
    name = dns_label(directory.absolute().resolve().name) if given is None else given
    if name and dns_label(name) == name:
        return name
    if given is None:
        raise UsageError(f'no name can be made of the folder "{directory}"; give one: --name NAME')
    near = f", as {dns_label(given)}" if dns_label(given) else ""
    raise UsageError(
        f'"{given}" is no name for a service: it is a DNS label (lower-case letters, digits and -, first a letter, '
        f"at most 63){near}"
    )


def _make(arguments: argparse.Namespace, directory: Path, name: str) -> Adopted:
    installed = frozenset(packages_distributions())
    package = package_name(name, installed)
    macaron = f"macaron-runner~={'.'.join(version('macaron-runner').split('.')[:2])}"
    if arguments.document is None:
        return Adopted(tuple(from_template(arguments.template, name, package, macaron)), (), ())
    if "://" in arguments.document:
        raise UsageError(f"nothing is fetched: save {arguments.document} as a file, and name that")
    path = Path(arguments.document)
    return from_document(path, directory, name, package, macaron=macaron, installed=installed)


def _talk(directory: Path, made: Adopted) -> str:
    lines = []
    if made.unserved:
        count = f"{len(made.unserved)} operation{'s are' if len(made.unserved) > 1 else ' is'}"
        lines.append(
            f"macaron: {count} not served, for no verifier of this version can guard what "
            f"the document protects (x-no-bind-server in the copy): {', '.join(made.unserved)}"
        )
    folder = os.fspath(directory)
    lines.append("macaron: the service is written; next:")
    file = "" if folder == "." else f" {shlex.quote((directory / 'macaron.yaml').as_posix())}"
    lines.append(f"  macaron run{file}")
    lines.append("  pytest" if folder == "." else f"  pytest {shlex.quote(folder)}")
    return "\n".join(lines)
