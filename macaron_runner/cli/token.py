"""`macaron token`: a token that the service accepts, for curl and for tests."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from macaron_runner.auth.tokens import Issuer
from macaron_runner.cli.files import describe_selection, load_selected, selection_of
from macaron_runner.configuration.values import parse_duration
from macaron_runner.errors import UsageError
from macaron_runner.processes.state import StateDirectory


def describe(parser: argparse.ArgumentParser) -> None:
    """Add whom the token is for, what it claims, and how long it lasts."""
    describe_selection(parser)
    parser.add_argument("--user", required=True, metavar="ID", help="the user the token is for (its sub)")
    parser.add_argument(
        "--claim",
        dest="claims",
        action="append",
        default=[],
        type=_claim,
        metavar="NAME=VALUE",
        help="a further claim; the value is JSON or plain text (may be repeated)",
    )
    parser.add_argument(
        "--verifier", metavar="NAME", help="the verifier of auth: it is for; default: the first"
    )
    parser.add_argument(
        "--lifetime", type=_lifetime, metavar="DURATION", help="default: the verifier's token_lifetime"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the token on stdout, alone on its line."""
    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load_selected(selection, state.secret)
    verifiers = configuration.config.auth
    name = arguments.verifier or next(iter(verifiers), None)
    if name not in verifiers:
        known = ", ".join(verifiers) or "none"
        raise UsageError(
            f"there is no verifier {name or ''!r} under auth: in {selection.file} (there: {known})"
        )
    issuer = Issuer.of({name: verifiers[name]})
    assert issuer is not None  # it was made from one verifier
    print(issuer.issue(arguments.user, claims=dict(arguments.claims), lifetime=arguments.lifetime))
    return 0


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _lifetime(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not {error}") from None
