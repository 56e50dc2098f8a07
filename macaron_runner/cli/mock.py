"""`macaron mock`: an API from its document alone, every answer an example or made up. No macaron.yaml, no code."""

from __future__ import annotations

import argparse
import os
import sys

from macaron_runner.cli.terminal import colored
from macaron_runner.configuration.loaded import Configuration
from macaron_runner.diagnostics import BadConfiguration, Diagnostic
from macaron_runner.display import printable
from macaron_runner.entries.mock import MockedDocuments, read_mocks, serve_mocks
from macaron_runner.errors import UsageError
from macaron_runner.openapi.operation import Api
from macaron_runner.processes.listeners import open_listeners, with_listeners
from macaron_runner.rendering import render_text


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the documents, and where they are served."""
    parser.add_argument("documents", nargs="+", metavar="DOCUMENT", help="Swagger 2.0 or OpenAPI documents")
    parser.add_argument(
        "--host", metavar="HOST", default="127.0.0.1", help="where to listen; default: 127.0.0.1"
    )
    parser.add_argument("--port", metavar="PORT", help="default: $PORT, else 8080")
    parser.add_argument(
        "--base-path",
        metavar="PATH",
        help="what stands before every path, in place of what the document says",
    )
    parser.add_argument(
        "--no-strict", action="store_true", help="serve what no error of a faulty document is about"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Serve the documents until a signal stops it. Raises BadConfiguration with everything wrong with them."""
    for file in arguments.documents:
        if "://" in file:
            raise UsageError(f"nothing is fetched: save {file} as a file, and name that")
        if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises at odd names
            raise UsageError(
                f'"{file}" is not a file' if os.path.lexists(file) else f'there is no file "{file}"'
            )
    mocked = MockedDocuments(
        tuple(arguments.documents),
        _address(arguments.host, _port(arguments.port)),
        arguments.base_path,
        strict=not arguments.no_strict,
    )
    configuration = mocked.configure(os.environ)
    apis, doubts = _read(configuration, strict=mocked.strict)
    if doubts:
        print(render_text(doubts, color=colored(sys.stderr)), end="\n\n", file=sys.stderr)
    environ = _listening(mocked.bind)
    for api in apis:
        print(f"macaron: {_told(api, mocked.bind)}", file=sys.stderr, flush=True)
    serve_mocks(configuration, apis, environ)
    return 0


def _read(configuration: Configuration, *, strict: bool) -> tuple[tuple[Api, ...], tuple[Diagnostic, ...]]:
    """Return what is served, and warnings. Raises BadConfiguration, which says where less strictness may help."""
    try:
        return read_mocks(configuration)
    except BadConfiguration as problem:
        if strict and any(each.code.startswith("MAC3") for each in problem.diagnostics):
            problem.add_note("--no-strict serves the operations that no error is about")
        raise


def _listening(bind: str) -> dict[str, str]:
    """Return the environment that hands on a socket, open from now on. Raises DependencyMissing."""
    with open_listeners((bind,)) as listeners:
        return with_listeners(os.environ, [os.dup(each) for each in listeners.descriptors((bind,))])


def _port(given: str | None) -> int:
    text = given or os.environ.get("PORT") or "8080"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise UsageError(f'"{text}" is no port: it is a whole number from 1 to 65535')
    return int(text)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


def _told(api: Api, bind: str) -> str:
    """Return in a line what is served where."""
    count = len(api.operations)
    title = printable(f"{api.title} {api.version}".strip())
    operations = f"{count} operation{'' if count == 1 else 's'}"
    return f"{operations} of {title} ({printable(api.file)}) on http://{bind}{api.base_path or '/'}"
