"""Calls of a client's operation, in a thread or in a coroutine, below arguments and models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from macaron_runner.clients.caller import Caller
from macaron_runner.clients.decorated import Decorate
from macaron_runner.clients.options import NO_OPTIONS, Options
from macaron_runner.clients.outgoing import Outgoing
from macaron_runner.clients.remote import Remote, over_http
from macaron_runner.configuration.clients import Client
from macaron_runner.openapi.operation import SecurityScheme

Ask: TypeAlias = Callable[[Caller, Outgoing, Options], Any]


def remote_at(
    origin: str, schemes: dict[str, SecurityScheme] | None = None, folder: Path = Path(), **settings: Any
) -> Remote:
    """Return the other side of a client that macaron.yaml describes so."""
    section = Client(spec="stock.yaml", **settings)
    return Remote("shop", section, over_http(section, origin, folder.joinpath), schemes or {})


def in_a_thread(caller: Caller, outgoing: Outgoing, options: Options = NO_OPTIONS) -> Any:
    """Call in this thread."""
    return caller(outgoing, options)


def in_a_coroutine(caller: Caller, outgoing: Outgoing, options: Options = NO_OPTIONS) -> Any:
    """Call in a coroutine, on a loop of its own."""
    return asyncio.run(caller.aio(outgoing, options))


def caller_of(remote: Remote, outgoing: Outgoing, decorate: Decorate | None = None) -> Caller:
    """Return what calls the operation of a request."""
    return Caller(remote, outgoing.operation, decorate)
