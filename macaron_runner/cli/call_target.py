"""What `macaron call` calls: an operation, where it is served, and as whom. Not for its arguments (call_arguments)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from macaron_runner import context
from macaron_runner.assembly import extend_python_path
from macaron_runner.cli.call_arguments import read_given
from macaron_runner.cli.terminal import load_sound
from macaron_runner.clients.checks import served_at
from macaron_runner.clients.client import BlockingOperation
from macaron_runner.clients.configured import at_base_path, compile_client, way_to
from macaron_runner.clients.options import Options
from macaron_runner.clients.redirects import origin_of
from macaron_runner.configuration.clients import Client
from macaron_runner.diagnostics import near_word, raise_errors
from macaron_runner.documents import base_path_of, read_apis, read_client_documents, read_documents
from macaron_runner.errors import UsageError
from macaron_runner.processes.addresses import UnixAddress, parse_address
from macaron_runner.processes.state import StateDirectory

if TYPE_CHECKING:
    import argparse

    from macaron_runner.clients.operations import CompiledOperation
    from macaron_runner.configuration.loaded import Configuration
    from macaron_runner.configuration.selection import Selection
    from macaron_runner.openapi.operation import Api, Operation, Schema


@dataclass(frozen=True, slots=True)
class Token:
    """What a call shows: the token, and the words of the shell that give one like it, where there are some."""

    text: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """An operation to call, the origin that it is at, and the token that it is shown."""

    api: Api
    compiled: CompiledOperation
    settings: Client
    origin: str
    token: Token | None
    resolve: Callable[[str], Path]

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.compiled.operation

    def called(self, options: Options) -> BlockingOperation:
        """Return what calls it; its result is a Result or an error."""
        token = self.token.text if self.token is not None else None
        return BlockingOperation(
            self.compiled, options.changed({"token": token, "whole": True, "raise_errors": False})
        )


def find_target(selection: Selection, arguments: argparse.Namespace) -> Target:
    """Return what a command line names. Raises UsageError, BadConfiguration."""
    state = StateDirectory.find(Path(selection.file).absolute().parent, os.environ)
    configuration = load_sound(selection, secret_keeper=state.secret)
    extend_python_path(configuration)  # x-decorate-request may name functions of the service
    token = _token(arguments.token, configuration, selection)
    context.activate(_service(configuration))
    settings = configuration.config.clients.get(arguments.api) or Client.model_construct()
    api = _api(arguments.api, configuration)
    url = _url(arguments.url, settings, api, configuration)
    api = at_base_path(api, url.path.rstrip("/") or base_path_of(settings))
    origin = origin_of(url)
    assert origin is not None  # as _url saw
    way = way_to(origin, configuration, api.name, settings)
    operations = compile_client(configuration, api, _Plain(), settings, way)
    if arguments.operation not in operations:
        hint = near_word(arguments.operation, operations) or f"there are: {', '.join(operations) or 'none'}"
        raise UsageError(f'the API "{api.name}" has no operation "{arguments.operation}"; {hint}')
    compiled = operations[arguments.operation]
    if token is None and settings.auth == "backend" and configuration.config.auth:
        name = next(iter(configuration.config.auth))
        token = _made_token(name, configuration.config.service.name, configuration, selection)
    return Target(api, compiled, settings, origin, token, configuration.resolve)


class _Plain:
    """Stands for models: what comes back stays JSON."""

    def adapt(self, schema: Schema) -> Callable[[Any], Any]:  # noqa: ARG002 - Modelling
        """Return what makes a value of a JSON value: itself."""
        return _same

    def annotation(self, schema: Schema) -> str:  # noqa: ARG002 - Modelling
        """Return what a value is in Python; nobody asks."""
        return "Any"


def _same(value: Any) -> Any:
    return value


def _service(configuration: Configuration) -> context.Service:
    """Return the service as far as a call needs it: who issues its tokens."""
    from macaron_runner.auth.tokens import Issuer

    config = configuration.config
    return context.Service(config.service.name, configuration.version, tokens=Issuer.of(config.auth))


def _api(name: str, configuration: Configuration) -> Api:
    documents, found = read_documents(configuration)
    of_clients, found_in_clients = read_client_documents(configuration)
    known = {each.name: each for each in (*documents, *of_clients)}
    raise_errors((*found, *found_in_clients))
    if name not in known:
        hint = near_word(name, known) or f"there are: {', '.join(known)}"
        raise UsageError(f'there is no API "{name}" in {configuration.selection.file}; {hint}')
    apis, found = read_apis([known[name]])
    raise_errors(found)
    return apis[name]


def _url(given: str | None, settings: Client, api: Api, configuration: Configuration) -> SplitResult:
    """Return where an API is: as the command line says, macaron.yaml, or its document. Raises UsageError."""
    if given is not None:
        text, wrong = given, f"{given!r} is no URL as http://127.0.0.1:8080"
    elif settings.url is not None:
        text, wrong = settings.url.reveal(), f"the url of clients.{api.name} is none"
    elif settings.spec is None:
        text, wrong = _own_address(configuration), "server.bind is no address that a URL leads to"
    else:
        text, wrong = served_at(api) or "", f"nothing says where {api.name} is served; give a URL: --url"
    url = urlsplit(text)
    if origin_of(url) is None:
        raise UsageError(wrong)
    return url


def _own_address(configuration: Configuration) -> str:
    """Return where the service listens, for those on its machine. Raises UsageError where that is a Unix socket."""
    bind = configuration.config.server.bind
    address = parse_address(bind if isinstance(bind, str) else bind[0])
    if isinstance(address, UnixAddress):
        raise UsageError(f"the service listens at {address}, where no URL leads; give one: --url")
    return f"http://{address.reachable}"


def _token(given: str | None, configuration: Configuration, selection: Selection) -> Token | None:
    """Return the token that is meant: VERIFIER:USER makes one. Raises UsageError."""
    if given is None:
        return None
    name, colon, user = given.partition(":")
    if given.startswith("@") or not colon:
        return Token(read_given(given).decode("utf-8", "replace").strip())
    verifiers = configuration.config.auth
    if name not in verifiers:
        known = ", ".join(verifiers) or "none"
        raise UsageError(f'there is no verifier "{name}" in {selection.file}; there are: {known}')
    return _made_token(name, user, configuration, selection)


def _made_token(name: str, user: str, configuration: Configuration, selection: Selection) -> Token:
    """Return a new token for a user. Raises UsageError."""
    from macaron_runner.auth.tokens import Issuer

    issuer = Issuer.of({name: configuration.config.auth[name]})
    assert issuer is not None  # it was made from one verifier
    try:
        text = issuer.issue(user)
    except ValueError as error:
        raise UsageError(str(error)) from None
    chosen = ("--env", selection.environment) if selection.environment else ()
    return Token(text, ("macaron", "token", "--user", user, "--verifier", name, *chosen, selection.file))
