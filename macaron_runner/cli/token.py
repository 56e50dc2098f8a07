"""`macaron token`: a token that the service accepts, for curl and for tests."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any, Final

from macaron_runner.auth.tokens import Issuer
from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import load_sound
from macaron_runner.configuration.values import parse_duration
from macaron_runner.errors import UsageError
from macaron_runner.processes.state import StateDirectory

_OURS: Final = ("iss", "sub", "aud", "iat", "exp")


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
        "--lifetime", type=duration, metavar="DURATION", help="default: the verifier's token_lifetime"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the token on stdout, alone on its line."""
    selection = selection_of(arguments)
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    verifiers = load_sound(selection, secret_keeper=state.secret).config.auth
    if not verifiers:
        raise UsageError(f"{selection.file} has no auth: section, so there are no tokens")
    name = arguments.verifier or next(iter(verifiers))
    if name not in verifiers:
        raise UsageError(
            f'there is no verifier "{name}" in {selection.file}; there are: {", ".join(verifiers)}'
        )
    issuer = Issuer.of({name: verifiers[name]})
    assert issuer is not None  # it was made from one verifier
    try:
        token = issuer.issue(arguments.user, claims=dict(arguments.claims), lifetime=arguments.lifetime)
    except ValueError as error:
        raise UsageError(str(error)) from None
    print(token)
    return 0


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    if name in _OURS:
        raise argparse.ArgumentTypeError(f"{name} is set by macaron; see --user, --lifetime and --verifier")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def duration(text: str) -> float:
    """Return the seconds of a duration as "1h", for options that are one."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not {error}") from None
