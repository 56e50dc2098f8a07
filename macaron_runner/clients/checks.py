"""What is wrong with a client as its section of macaron.yaml and its document together say it. Pure.

Not for the section alone (configuration), nor for the document (documents).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from macaron_runner.clients.naming import BOUND_BY, operation_name
from macaron_runner.configuration.clients import Client, Credential
from macaron_runner.diagnostics import Diagnostic, Location, Severity

if TYPE_CHECKING:
    from macaron_runner.openapi.operation import Api, Operation

Locate: TypeAlias = Callable[..., Location]
"""Gives the place of a path of keys in macaron.yaml."""

_HTTP: Final = ("http", "https")


def check_client(name: str, settings: Client, api: Api, locate: Locate) -> Iterator[Diagnostic]:
    """Yield what is wrong with a client of `clients:` (MAC803, MAC804) and with its operations (MAC801, MAC802)."""
    if settings.url is None and served_at(api) is None:
        yield Diagnostic(
            "MAC803",
            f'nothing says where the API "{name}" is served: its document names no absolute URL',
            locate("clients", name, key=True),
            help=f"write url: http://{name}:8080",
        )
    has_key = isinstance(settings.auth, Credential) and settings.auth.api_key is not None
    if has_key and not any(each.type == "apiKey" for each in api.security_schemes.values()):
        yield Diagnostic(
            "MAC804",
            f'the document of "{name}" does not say where an API key goes: it has no such security scheme',
            locate("clients", name, "auth", "api_key", key=True),
            help="give token: instead, or describe the scheme in the document",
        )
    yield from check_operations(api.operations)


def served_at(api: Api) -> str | None:
    """Return the first absolute URL at which a document says that its API is served; None where it names none."""
    urls = (server.default_url for server in api.servers)
    return next((url for url in urls if urlsplit(url).scheme in _HTTP and urlsplit(url).hostname), None)


def check_operations(operations: Iterable[Operation]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the names of operations in clients."""
    firsts: dict[str, Operation] = {}
    for operation in operations:
        bound = operation.extensions.get(BOUND_BY)
        if bound is not None and not (isinstance(bound, str) and bound.isidentifier()):
            yield Diagnostic(
                "MAC801",
                f"the {BOUND_BY} of {operation.name} is no name in Python",
                operation.location,
                help="write one word, as get_item",
            )
        if bound is None:
            continue
        name = operation_name(operation)
        first = firsts.setdefault(name, operation)
        if first is not operation:
            yield _clash(name, operation, first)


def _clash(name: str, operation: Operation, first: Operation) -> Diagnostic:
    place = first.location
    return Diagnostic(
        "MAC802",
        f'{operation.name} gets a number in clients: "{name}" is {first.name}',
        operation.location,
        help=f"give one of them another name: {BOUND_BY}: …",
        severity=Severity.WARNING,
        related=((place, f'"{name}" as well'),) if place is not None else (),
    )
