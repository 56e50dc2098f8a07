"""Whether a service's broker and store can be reached now: one connection, opened and closed.

Not for queueing (sending.queue), nor for what is kept in the store (store).
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from macaron_runner.configuration.loaded import Configuration
from macaron_runner.configuration.sensitive import Sensitive
from macaron_runner.errors import DependencyMissing
from macaron_runner.tasks.brokers.embedded import find_server
from macaron_runner.tasks.brokers.kinds import broker_kind

DEADLINE: Final = 3.0
"""Seconds that reaching the broker may take, the name of its host looked up included."""

_REFUSED: Final = "it refuses this user or password"
_DEFAULT_PORTS: Final = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


def obstacle(configuration: Configuration, deadline: float = DEADLINE) -> str:
    """Return why the broker of a service with `tasks:` cannot be used now, in a sentence; "" where it can.

    Of the embedded broker it is asked only whether its program is there: it starts with the service.
    """
    tasks = configuration.config.tasks
    assert tasks is not None, "only a service with tasks: has a broker"
    if broker_kind(tasks) == "embedded":
        return _no_server()
    return _in_time(_connect, configuration, tasks.broker, "the broker", deadline)


def store_obstacle(configuration: Configuration, deadline: float = DEADLINE) -> str:
    """Return why `tasks.store` cannot be used now, in a sentence; "" where it can, or the broker is the store."""
    tasks = configuration.config.tasks
    if tasks is None or tasks.store is None:
        return ""
    return _in_time(_ask_store, configuration, tasks.store, "the store", deadline)


def _in_time(
    connect: Callable[[Configuration, float], None],
    configuration: Configuration,
    url: Sensitive,
    noun: str,
    deadline: float,
) -> str:
    outcome: list[str] = []

    def attempt() -> None:
        try:
            connect(configuration, deadline)
            outcome.append("")
        except Exception as error:  # each transport has errors of its own
            outcome.append(_reason(error, url, deadline))

    # In a thread, because looking up a host's name obeys no timeout; it is left behind, and ends by itself.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(deadline + 0.5)
    reason = outcome[0] if outcome else _silent(deadline)
    return f"{_shown(url, noun)} cannot be used: {reason}" if reason else ""


def _no_server() -> str:
    try:
        find_server()
    except DependencyMissing as error:
        return str(error)
    return ""


def _connect(configuration: Configuration, deadline: float) -> None:
    from macaron_runner.tasks.celery_app import create_celery

    celery = create_celery(configuration.config, Path(), deadline)
    with celery.connection_for_write(connect_timeout=deadline) as connection:
        connection.ensure_connection(
            max_retries=1, interval_start=0, interval_step=0, timeout=math.ceil(deadline)
        )


def _ask_store(configuration: Configuration, deadline: float) -> None:
    from macaron_runner.tasks.store import open_store

    store = open_store(configuration.config, Path(), deadline)
    assert store is not None, "it was named"
    with store.client as client:
        client.ping()


def _reason(error: BaseException, url: Sensitive, deadline: float) -> str:
    """Return why connecting failed: the first cause that says something to people."""
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    if names & {
        "AuthenticationError",
        "AccessRefused",
        "AuthenticationWrongNumberOfArgsError",
        "NoPermissionError",
    }:
        return _REFUSED
    for cause in reversed(causes):
        if isinstance(cause, socket.gaierror):
            return "there is no host of this name"
        if isinstance(cause, TimeoutError):
            return _silent(deadline)
        if isinstance(cause, ssl.SSLError):
            return f"TLS fails: {cause.reason or cause}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[:1].lower() + cause.strerror[1:]
    if names & {"InvalidResponse"}:
        return f"what answers there does not speak {urlsplit(str(url)).scheme}"
    if names & {"NotAllowed"}:
        return "it has no such virtual host, or does not let this user in"
    return _without_secrets(f"{type(causes[-1]).__name__}: {causes[-1]}", url)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _silent(deadline: float) -> str:
    return f"no answer within {deadline:g} s"


def _shown(url: Sensitive, noun: str) -> str:
    """Return the broker or store as messages may show it: its host and port where the file says them in clear."""
    parts = urlsplit(str(url))
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:  # a secret stands in it
        port = None
    if not parts.hostname or port is None or "‹" in parts.netloc.rpartition("@")[2]:
        return f"{noun} {' '.join(f'‹secret {name}›' for name in url.names)}".rstrip()
    return f"{noun} at {parts.hostname}:{port}"


def _without_secrets(text: str, url: Sensitive) -> str:
    """Return a text without any secret of a URL, as it stands there or decoded, and without its password."""
    secrets = [part[1] for part in url.parts if not isinstance(part, str)]
    password = urlsplit(url.reveal()).password or ""
    for secret in {*secrets, *map(unquote, secrets), password, unquote(password)} - {""}:
        text = text.replace(secret, "‹secret›")
    return text
