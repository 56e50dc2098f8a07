"""Rules of `macaron audit` about APIs and their documents: who may call what, and what is not checked.

Each takes the service and yields risks. Not for whether a security scheme has a verifier (check tells that).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from macaron_runner.diagnostics import Location, Severity
from macaron_runner.inspection.audited import Audited, Risk, is_loopback
from macaron_runner.inspection.inspection import InspectedApi
from macaron_runner.openapi.document import Document
from macaron_runner.openapi.operation import Operation, SecurityScheme
from macaron_runner.openapi.reading import Endpoint, Reading
from macaron_runner.openapi.references import Node

_SAY: Final = "write security: [] where that is meant"


def unsaid_operations(audited: Audited) -> Iterator[Risk]:
    """Find operations that say nothing of who may call them, in a document that says it of others."""
    for api in _own(audited):
        if _says_it_of_all(api) or not _says_it_of_some(api):
            continue
        written = {(each.path, each.method): each for each in _endpoints(api.document)}
        for inspected in api.operations:
            operation = inspected.operation
            endpoint = written.get((operation.path, operation.method))
            guarded = inspected.handler is not None and inspected.handler.marker == "required"
            if endpoint is None or guarded or endpoint.operation.has("security"):
                continue
            message = f'"{operation.name}" does not say who may call it: it is open to everyone'
            yield Risk(message, operation.location, operation.name, f"name a security scheme, or {_SAY}")


def unsaid_apis(audited: Audited) -> Iterator[Risk]:
    """Find documents that nowhere say a word about security; operations that write are the reason to."""
    for api in _own(audited):
        if _says_it_of_all(api) or _says_it_of_some(api) or not api.operations:
            continue
        writes = any(each.operation.method not in ("GET", "HEAD", "OPTIONS") for each in api.operations)
        message = f'the document of the API "{api.name}" says nothing of who may call it: all of it is open'
        yield Risk(
            message,
            api.document.locate(("paths",), key=True),
            f"apis.{api.name}",
            f"name security schemes, or {_SAY}, at the top of the document",
            None if writes else Severity.LOW,
        )


def _says_it_of_all(api: InspectedApi) -> bool:
    """Tell whether a document has requirements, or none of them, for every operation that has none of its own."""
    return "security" in api.document.tree


def _says_it_of_some(api: InspectedApi) -> bool:
    return any(endpoint.operation.has("security") for endpoint in _endpoints(api.document))


def keys_in_urls(audited: Audited) -> Iterator[Risk]:
    """Find API keys in the query: logs, histories and proxies keep URLs."""
    for api, scheme in _schemes_in_use(audited):
        if scheme.type == "apiKey" and scheme.carrier == "query":
            message = f'the API key "{scheme.name}" travels in the URL, which logs and proxies keep'
            yield _about_scheme(api, scheme, message, "let it travel in a header: in: header")


def clear_credentials(audited: Audited) -> Iterator[Risk]:
    """Find passwords (HTTP basic) of an API whose document names a server without TLS."""
    for api, scheme in _schemes_in_use(audited):
        if (scheme.type, scheme.scheme.lower()) == ("http", "basic") and list(_plain_servers(api.document)):
            message = f'passwords of "{scheme.name}" travel in clear: the document names a server without TLS'
            yield _about_scheme(api, scheme, message, "serve it over https only, and say so")


def unused_scopes(audited: Audited) -> Iterator[Risk]:
    """Find OAuth2 scopes that callers can get and that no operation asks for."""
    for api in _own(audited):
        asked = {
            (use.scheme, scope)
            for each in api.operations
            for requirement in each.operation.security
            for use in requirement
            for scope in use.scopes
        }
        for scheme in api.api.security_schemes.values():
            unused = [scope for scope in scheme.scopes if (scheme.name, scope) not in asked]
            if scheme.type == "oauth2" and unused:
                words = ", ".join(f'"{scope}"' for scope in unused)
                message = f"no operation asks for the scope{'s' if len(unused) > 1 else ''} {words}"
                yield _about_scheme(api, scheme, message, "take it away, or ask for it where it should count")


def plain_servers(audited: Audited) -> Iterator[Risk]:
    """Find servers of documents that are http and not this machine: clients send their tokens there."""
    for api in _own(audited):
        for url, place in _plain_servers(api.document):
            message = f'the document sends clients, and their credentials, to "{url}" without TLS'
            yield Risk(message, place, f"apis.{api.name}", "write https")


def unchecked_responses(audited: Audited) -> Iterator[Risk]:
    """Find `validate_responses: none`: fields that no document promises reach clients unnoticed."""
    for name, api in audited.config.apis.items():
        if api.validate_responses == "none":
            message = (
                f'what "{name}" answers is not looked at: fields that were never meant for clients can leak'
            )
            path = ("apis", name, "validate_responses")
            yield audited.risk(message, path, "write log, or enforce")


def mocked_operations(audited: Audited) -> Iterator[Risk]:
    """Find `on_missing_handler: mock` outside development: made-up answers look like real ones."""
    for name in audited.config.apis:
        if audited.said("apis", name, "on_missing_handler") == "mock" and audited.outside_development:
            message = (
                f'operations of "{name}" without handler are answered with examples, as if they were true'
            )
            yield audited.risk(message, ("apis", name, "on_missing_handler"), "write error")


def served_crash(audited: Audited) -> Iterator[Risk]:
    """Find the built-in crash API: everyone may make the service fail."""
    for name, api in audited.config.apis.items():
        if api.spec == "macaron:crash":
            message = "the crash API lets everyone make the service fail and fill its log"
            severity = None if audited.outside_development else Severity.LOW
            yield audited.risk(message, ("apis", name, "spec"), "keep it to development", severity=severity)


def _own(audited: Audited) -> Iterator[InspectedApi]:
    return (api for api in audited.inspection.apis if not api.builtin)


def _endpoints(document: Document) -> Iterator[Endpoint]:
    return Reading(document).endpoints()


def _schemes_in_use(audited: Audited) -> Iterator[tuple[InspectedApi, SecurityScheme]]:
    for api in _own(audited):
        used = {scheme for each in api.operations for scheme in _schemes_of(each.operation)}
        yield from ((api, scheme) for name, scheme in api.api.security_schemes.items() if name in used)


def _schemes_of(operation: Operation) -> set[str]:
    return {use.scheme for requirement in operation.security for use in requirement}


def _about_scheme(api: InspectedApi, scheme: SecurityScheme, message: str, help_: str) -> Risk:
    return Risk(message, scheme.location, f"apis.{api.name}.security.{scheme.name}", help_)


def _plain_servers(document: Document) -> Iterator[tuple[str, Location]]:
    """Yield the servers of a document that clients reach without TLS on a network, and where they stand."""
    root = Node(document.source, (), document.tree)
    if document.specification == "2.0":
        host = root.text("host")
        if host and "http" in root.texts("schemes") and not is_loopback(_host_of(f"http://{host}")):
            index = root.texts("schemes").index("http")
            yield f"http://{host}", document.locate(("schemes", index))
        return
    for server in root.child("servers").elements():
        url = server.text("url")
        if url.lower().startswith("http://") and not is_loopback(_host_of(url)):
            yield url, server.child("url").locate()


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
