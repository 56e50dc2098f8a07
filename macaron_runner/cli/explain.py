"""`macaron explain`: where the value of a key comes from; or, given a diagnostic's code, what that means."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from macaron_runner.cli.selection import describe_selection, selection_of
from macaron_runner.cli.terminal import colored, hide_secrets
from macaron_runner.errors import UsageError

if TYPE_CHECKING:
    from macaron_runner.inspection.explained import Explained

_CODE = re.compile(r"mac\d+", re.IGNORECASE)


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the key or code, the file, and the form of what is told."""
    parser.add_argument(
        "key",
        nargs="?",
        metavar="KEY",
        help='as server.workers, auth.users.keys.main, apis."a.b", tasks.pools.*; or MAC214; default: all codes',
    )
    describe_selection(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the form of what is told")


def execute(arguments: argparse.Namespace) -> int:
    """Print what there is to tell on stdout. Raises UsageError for a key that does not exist, BadConfiguration."""
    if arguments.key is None:
        return _list_codes(as_json=arguments.format == "json")
    if _CODE.fullmatch(arguments.key):
        return _explain_code(arguments.key.upper(), as_json=arguments.format == "json")
    told = _explain_key(arguments)
    if arguments.format == "json":
        print(json.dumps(told.to_json(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(told.to_text()))
    return 0


def _list_codes(*, as_json: bool) -> int:
    from macaron_runner.explanations import index

    codes = index()
    lines = [f"{code}  {title}" for code, title in codes.items()]
    print(json.dumps(codes, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
    return 0


def _explain_code(code: str, *, as_json: bool) -> int:
    from macaron_runner.codes import CODES
    from macaron_runner.explanations import explain_code

    try:
        text = explain_code(code, color=not as_json and colored(sys.stdout))
    except KeyError:
        # No near code is offered: numbers that look alike mean nothing alike.
        raise UsageError(f"there is no diagnostic {code}; macaron explain lists all codes") from None
    whole = {"code": code, "title": CODES[code], "explanation": text}
    print(json.dumps(whole, indent=2, ensure_ascii=False) if as_json else text)
    return 0


def _explain_key(arguments: argparse.Namespace) -> Explained:
    from macaron_runner.configuration.keys import UnknownKeyError
    from macaron_runner.configuration.load import examine
    from macaron_runner.diagnostics import BadConfiguration, has_errors
    from macaron_runner.inspection.explained import explained

    configuration, problems = examine(selection_of(arguments), environ=os.environ)
    hide_secrets(configuration)
    if configuration is None:
        raise BadConfiguration(problems)
    if has_errors(problems):
        file = configuration.selection.file
        print(f"macaron: {file} has errors (see macaron check); this is its sound part", file=sys.stderr)
    try:
        now = datetime.now(UTC)
        return explained(configuration, arguments.key, environ=os.environ, now=now, problems=problems)
    except UnknownKeyError as error:
        raise UsageError(str(error)) from None
