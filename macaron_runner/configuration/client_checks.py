"""What the keys of one client together, or a closer look at one, can get wrong: part of checks.

Not for types and unknown keys (problems), nor for the documents of clients, which are looked at as those of `apis`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from macaron_runner.configuration.clients import Client, Credential, Retries
from macaron_runner.configuration.keys import join_key
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.configuration.subject import Subject
from macaron_runner.diagnostics import Diagnostic

_SCHEMES: Final = ("http", "https")


def check_clients(subject: Subject) -> Iterator[Diagnostic]:
    """Yield everything that is wrong, or doubtful, in `clients:`."""
    for name, client in subject.config.clients.items():
        path = ("clients", name)
        yield from _document(subject, path)
        yield from _url(subject, (*path, "url"), client.url, path_allowed=True)
        yield from _url(subject, (*path, "proxy"), client.proxy, path_allowed=False)
        yield from _base_path(subject, path, client)
        yield from _auth(subject, (*path, "auth"), client)
        yield from _patience(subject, path, client)
        yield from _files(subject, (*path, "tls"), client)


def _document(subject: Subject, path: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Look whether there is exactly one document: the client's own, or that of the API of the name."""
    name = path[-1]
    served = name in {"ping", *subject.names("apis")}
    if subject.says(*path, "spec") and served:
        yield subject.problem(
            "MAC220",
            (*path, "spec"),
            f'the client "{name}" has a document, and the API "{name}" another',
            hint="leave out spec to call that API elsewhere, or give the client another name",
        )
    elif not subject.says(*path, "spec") and not served:
        yield subject.problem(
            "MAC221",
            path,
            f'the client "{name}" has no document',
            hint=f"write spec: apis/{name}.yaml; only where an API of this service has the name it may be left out",
            key=True,
        )


def _url(
    subject: Subject, path: tuple[str, ...], url: Sensitive | None, *, path_allowed: bool
) -> Iterator[Diagnostic]:
    if url is None:
        return
    fault = _fault(url.reveal(), path_allowed=path_allowed)
    if fault:
        shown = f' "{url}"' if not url.names and "@" not in url.literal else ""
        message = f"{join_key(path)}{shown}: {fault}"
        problem = subject.problem("MAC222", path, message, hint="write it as http://inventory:8080")
        yield replace(problem, confidential="@" in url.literal and not url.names)


def _fault(text: str, *, path_allowed: bool) -> str:
    """Return what is wrong with a URL, in words that show nothing of it; "" for nothing."""
    try:
        parts = urlsplit(text)
        port_is_good = parts.port != 0
    except ValueError:
        return "its host is broken, or its port no number from 1 to 65535"
    if not port_is_good:
        return "its port is no number from 1 to 65535"
    if parts.scheme not in _SCHEMES or "://" not in text:
        return "it begins with neither http:// nor https://"
    if not parts.hostname:
        return "it has no host"
    if not text.isascii() or any(character.isspace() or not character.isprintable() for character in text):
        return "it holds characters that a URL has not"
    if parts.query or parts.fragment:
        return "it has a query or a fragment"
    if path_allowed and "@" in parts.netloc:
        return "it has a user or a password: what a client shows is said by auth"
    return "it has a path" if parts.path.strip("/") and not path_allowed else ""


def _base_path(subject: Subject, path: tuple[str, ...], client: Client) -> Iterator[Diagnostic]:
    has_path = client.url is not None and bool(urlsplit(client.url.reveal()).path.strip("/"))
    if client.base_path is not None and has_path:
        message = f"{join_key(path)}: url has a path already"
        yield subject.problem("MAC223", (*path, "base_path"), message, hint="leave one of the two out")


def _auth(subject: Subject, path: tuple[str, ...], client: Client) -> Iterator[Diagnostic]:
    if client.auth == "backend" and not subject.names("auth"):
        message = f"{join_key(path)}: this service issues no tokens of its own, for auth: is empty"
        yield subject.problem("MAC224", path, message, hint="declare a verifier of type jwt")
    if not isinstance(client.auth, Credential):
        return
    given = [key for key in Credential.model_fields if subject.says(*path, key)]
    if len(given) > 1 or not subject.names(*path):  # else what there is has a fault of its own
        what = " and ".join(given) or "neither token nor api_key"
        problem = subject.problem("MAC224", path, f"{join_key(path)} has {what}", hint="give exactly one")
        values = (client.auth.token, client.auth.api_key)
        is_in_clear = any(value is not None and not value.names for value in values)
        yield replace(problem, confidential=is_in_clear)
    yield from _credential(subject, path, client.auth)


def _credential(subject: Subject, path: tuple[str, ...], credential: Credential) -> Iterator[Diagnostic]:
    for key in Credential.model_fields:
        value: Sensitive | None = getattr(credential, key)
        where = (*path, key)
        if value is not None and not value.reveal():
            yield subject.problem("MAC224", where, f"{join_key(where)} is empty")
        elif value is not None and not value.names:
            message = f"{join_key(where)} stands in the file"
            hint = f'write {key}: "${{secret:name}}", and declare the name under secrets'
            yield replace(subject.warning("MAC210", where, message, hint), confidential=True)


def _patience(subject: Subject, path: tuple[str, ...], client: Client) -> Iterator[Diagnostic]:
    """Warn of durations that never pass, because others end before."""
    retries = client.retries if isinstance(client.retries, Retries) else Retries.model_construct()
    pairs = (
        (("connect_timeout",), client.connect_timeout, "timeout", client.timeout),
        (("retries", "backoff"), retries.backoff, "max_backoff", retries.max_backoff),
    )
    for keys, seconds, other, limit in pairs:
        if seconds > limit and subject.says(*path, *keys):
            message = f"{join_key((*path, *keys))} is longer than {other}, which ends before"
            yield subject.warning("MAC239", (*path, *keys), message)


def _files(subject: Subject, path: tuple[str, ...], client: Client) -> Iterator[Diagnostic]:
    for key in ("ca", "certificate", "key"):
        file = getattr(client.tls, key)
        if file is not None and not os.path.isfile(subject.directory / file):  # noqa: PTH113 - raises at odd names
            yield subject.problem("MAC240", (*path, key), f'the file "{file}" is not there')
    if (
        client.tls.key is not None
        and client.tls.certificate is None
        and not subject.says(*path, "certificate")
    ):
        yield subject.problem(
            "MAC240", (*path, "key"), "a key without its certificate", hint="name the certificate as well"
        )
