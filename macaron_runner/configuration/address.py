"""Addresses to listen on, as `server.bind` writes them. Not for opening them (processes.listeners)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from macaron_runner.configuration.model import MacaronConfig
    from macaron_runner.configuration.source import Path

_LONGEST_SOCKET: Final = 107  # sun_path of Linux's unix(7), without the zero byte at its end
_TCP: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")

_LOOPBACK: Final = ("127.", "localhost:", "[::1]:", "unix:")
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that are this very machine, as macaron.yaml and URLs name them."""


def listened_on(config: MacaronConfig) -> Iterator[tuple[Path, str]]:
    """Yield every address that the service listens on, with its place in macaron.yaml."""
    bind = config.server.bind
    if isinstance(bind, str):
        yield ("server", "bind"), bind
    else:
        for index, text in enumerate(bind):
            yield ("server", "bind", index), text
    for name, pool in config.tasks.pools.items() if config.tasks is not None else ():
        if pool.health_bind is not None:
            yield ("tasks", "pools", name, "health_bind"), pool.health_bind


def check_address(text: str) -> str:
    """Return one spelling of an address, for comparing. Raises ValueError with what is wrong with it.

    "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "unix:/run/shop.sock"; port 0 lets the system choose.
    """
    if text.startswith("unix:"):
        return _socket(text.removeprefix("unix:"))
    match = _TCP.fullmatch(text)
    if match is None:
        raise ValueError("write host:port, [ipv6]:port or unix:/path")
    if int(match["port"]) > 65535:
        raise ValueError(f"the port {match['port']} is larger than 65535")
    host = match["host"].lower()
    if host.startswith("["):
        host = _ipv6(host)
    elif re.fullmatch(r"[0-9.]+", host):
        _check_ipv4(host)
    return f"{host}:{int(match['port'])}"


def port_of(addresses: Iterable[str]) -> int | None:
    """Return the port by which others reach what listens on these addresses: the first that is not loopback only.

    Where all are, the first port of all; None where there is no port, or the system chooses.
    """
    ports = [(is_loopback(each), int(each.rpartition(":")[2])) for each in addresses if _TCP.fullmatch(each)]
    chosen = [port for _, port in sorted(ports, key=lambda found: found[0])]
    return chosen[0] if chosen and chosen[0] else None


def is_loopback(address: str) -> bool:
    """Tell whether only the machine itself, or the container, reaches an address: of loopback, or a Unix socket."""
    return address.startswith(_LOOPBACK)


def _socket(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("the path of a Unix socket begins with /")
    if len(path.encode()) > _LONGEST_SOCKET:
        raise ValueError(f"the path of a Unix socket has at most {_LONGEST_SOCKET} bytes")
    return f"unix:{path}"


def _check_ipv4(host: str) -> None:
    try:
        ipaddress.IPv4Address(host)
    except ipaddress.AddressValueError:
        raise ValueError(f"{host} is no IPv4 address") from None


def _ipv6(host: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1])}]"
    except ipaddress.AddressValueError:
        raise ValueError(f"{host} is no IPv6 address") from None
