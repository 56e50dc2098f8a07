"""`macaron call`: one operation of an API, called from the shell where it is served."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Final

from macaron_runner.cli.call_answer import show
from macaron_runner.cli.call_arguments import body_of, values_of
from macaron_runner.cli.call_curl import curl_command
from macaron_runner.cli.call_target import Target, find_target
from macaron_runner.cli.selection import describe_layers, selection_of
from macaron_runner.cli.token import duration
from macaron_runner.clients.failures import CannotSend, ClientError, InvalidAnswer, RemoteError
from macaron_runner.clients.options import Options
from macaron_runner.display import printable
from macaron_runner.errors import DependencyMissing, UsageError

_EPILOG: Final = """\
  macaron call shop create_order x_shop=main --body @order.json --token users:alice
  macaron call shop get_stock skus=TEA-01 skus=CUP-01 --format table
  macaron call shop list_orders 'created={"after": "2026-01-01T00:00:00Z"}' --env staging

Arrays are given item by item or as JSON, objects as JSON. An API of clients: is called where that says, one of the
service's own where server.bind says, or at --url. Exit codes: 0 fine; 1 an error came back, its body is on stdout;
2 the call makes no sense; 69 nobody could be asked.
"""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add what is called, with what, as whom, and how the answer is shown."""
    parser.add_argument("api", metavar="API", help="an API of apis: or clients:")
    parser.add_argument("operation", metavar="OPERATION", help="as its client calls it: create_order")
    parser.add_argument(
        "words",
        nargs="*",
        default=[],
        metavar="NAME=VALUE|FILE",
        help="parameters; a word without = is the macaron.yaml",
    )
    describe_layers(parser)
    parser.add_argument("--body", metavar="JSON|@FILE", help="the body: JSON or text, @FILE, or @- for stdin")
    parser.add_argument("--content-type", metavar="TYPE", help="its media type, where there are several")
    parser.add_argument(
        "--token",
        metavar="VERIFIER:USER",
        help="call with a new token for a user (as macaron token), or with a token itself; @FILE, @- read it",
    )
    parser.add_argument("--url", metavar="URL", help="where the API is served")
    parser.add_argument("--timeout", type=duration, metavar="DURATION", help="default: that of the client")
    parser.add_argument("--format", choices=("json", "table"), default="json", help="default: json")
    parser.add_argument(
        "--curl", action="store_true", help="call nothing; print the command of curl that would do the same"
    )
    parser.add_argument("--reveal", action="store_true", help="--curl: print credentials, too")
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def execute(arguments: argparse.Namespace) -> int:
    """Print what came back; see the exit codes. Raises UsageError, DependencyMissing, BadConfiguration."""
    if arguments.reveal and not arguments.curl:
        raise UsageError("--reveal is for --curl")
    parameters = _settle(arguments)
    logging.getLogger("macaron.clients").addHandler(logging.NullHandler())  # what it tells, _failed tells
    target = find_target(selection_of(arguments), arguments)
    values = values_of(parameters, target.operation, target.api.schemas)
    body = body_of(arguments.body, target.operation, arguments.content_type, target.api.schemas)
    options = Options(timeout=arguments.timeout, content_type=arguments.content_type)
    try:
        if arguments.curl:
            return _printed(
                curl_command(target, body, values, options, reveal=arguments.reveal), reveal=arguments.reveal
            )
        result = target.called(options)(*body, **values)
    except (TypeError, CannotSend) as error:
        raise UsageError(str(error)) from None
    if isinstance(result, ClientError):
        return _failed(result, target, arguments.format)
    show(result.value, arguments.format)
    return 0


def _settle(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the parameters as they were given; the other word is the file. Raises UsageError where there are two."""
    parameters = [
        (name, value) for name, equals, value in (word.partition("=") for word in arguments.words) if equals
    ]
    files = [word for word in arguments.words if "=" not in word]
    if len(files) > 1:
        raise UsageError(
            f"{files[1]!r} is no parameter (NAME=VALUE), and {files[0]} is the macaron.yaml already"
        )
    arguments.file = files[0] if files else None
    return parameters


def _printed(command: str, *, reveal: bool) -> int:
    """Print a command; to `reveal` what is in it, past what hides the secrets of a service."""
    if reveal:
        sys.stdout.flush()
        sys.stdout.buffer.write(f"{command}\n".encode())
    else:
        print(command)
    return 0


def _failed(error: ClientError, target: Target, form: str) -> int:
    """Show what the other side said on stdout, and what is wrong on stderr.

    Raises UsageError where nothing was sent, DependencyMissing where nothing came.
    """
    name = target.compiled.title
    places = "".join(f"\n  {each.location}{each.pointer}: {each.message}" for each in error.errors)
    if isinstance(error, CannotSend):
        raise UsageError(f"{name} cannot be called so:{places or f' {error.description}'}")
    if not isinstance(error, RemoteError | InvalidAnswer):
        reason = error.__cause__ or error.description
        raise DependencyMissing(f"{name} could not be asked at {target.origin}: {reason} ({error.code})")
    if isinstance(error, RemoteError):
        show(error.remote_body, form)
    said = f"macaron: {name} failed: {error.status} {error.code}: {error.description}{places}"
    print(printable(said, keep="\n"), file=sys.stderr)
    return 1
